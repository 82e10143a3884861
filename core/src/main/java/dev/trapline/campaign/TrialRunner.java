// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.KernelActivity;
import dev.trapline.environment.Environment;
import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.Node;
import dev.trapline.host.MachineSample;
import dev.trapline.run.MachineUse;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Outcome;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/// Runs one trial from start to end: server, readiness proven, client, end of both, results read. A
/// trial that fails is a trial with a failure; only what makes every trial impossible is thrown.
public final class TrialRunner {
  /// The role of the side that listens.
  public static final String SERVER = "server";

  /// The role of the side that connects.
  public static final String CLIENT = "client";

  private final Function<CaptureTarget, Capture> captures;
  private final String leaseId;
  private final Campaign campaign;

  /// @param captures starts a capture for a traced trial
  /// @param leaseId by which what is started is found after a crash
  /// @param campaign that the trials are of
  public TrialRunner(Function<CaptureTarget, Capture> captures, String leaseId, Campaign campaign) {
    this.captures = captures;
    this.leaseId = leaseId;
    this.campaign = campaign;
  }

  /// What a trial leaves.
  public record Finished(Trial trial, List<RoleTally> tallies) {}

  /// @param order position in the run, from 1
  /// @param raw an existing folder for what the tools print
  /// @throws InterruptedException after everything that was started has been ended
  public Finished run(
      Campaign.PlannedTrial planned, int order, Environment.Prepared place, Path raw)
      throws InterruptedException {
    Instant startedAt = Instant.now();
    MachineSample before = MachineSample.take();
    long start = System.nanoTime();
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    SortedMap<String, VmmSample> monitors = new TreeMap<>();
    long monitorNanos = 0;
    Outcome outcome = null;
    String failure = null;
    CaptureResult captured = null;
    try {
      place.ready();
      machines(place)
          .forEach((role, machine) -> monitors.put(role, VmmSample.take(machine.threads())));
      TrialFiles files = new TrialFiles(raw);
      TrialSides sides = new TrialSides(planned, place, files, campaign, leaseId);
      try {
        sides.arm();
        try (Capture capture = planned.traced() ? captures.apply(target(place)) : null) {
          try {
            sides.run(capture);
          } catch (TraplineException refused) {
            failure = failureOf(refused);
          }
          if (capture != null) {
            captured = capture.stop();
          }
        }
        if (failure == null) {
          sides.finish(roles);
          outcome = TrialOutcome.read(planned, files);
        }
      } finally {
        sides.endAll();
      }
    } catch (TraplineException refused) {
      failure = failure == null ? failureOf(refused) : failure;
    } finally {
      monitorNanos = nanosSince(monitors, place);
      place.rest();
    }
    long durationNanos = System.nanoTime() - start;
    if (captured != null) {
      CaptureResult seen = captured;
      roles.replaceAll((role, use) -> use.observed(seen.kvm().get(role), seen.rates().get(role)));
    }
    Trial trial =
        new Trial(
            planned.id(),
            planned.environment().name(),
            planned.test().name(),
            planned.repeat(),
            order,
            planned.traced(),
            startedAt,
            durationNanos,
            outcome,
            failure,
            roles,
            captured == null ? Completeness.COMPLETE : captured.completeness(),
            captured == null ? KernelActivity.UNKNOWN : captured.activity(),
            MachineUse.between(before, MachineSample.take(), monitorNanos),
            outcome == null ? List.<InvariantResult>of() : outcome.invariants());
    return new Finished(trial, captured == null ? List.of() : tallies(planned, place, captured));
  }

  /// Virtual machines that stand, by role.
  private static SortedMap<String, GuestMachine> machines(Environment.Prepared place) {
    SortedMap<String, GuestMachine> machines = new TreeMap<>();
    if (place.server() instanceof Node.Guest guest) {
      machines.put(SERVER, guest.machine());
    }
    if (place.client() instanceof Node.Guest guest) {
      machines.put(CLIENT, guest.machine());
    }
    return machines;
  }

  /// CPU time of virtual machines over the whole trial, which are no children that have ended; of a
  /// machine that has died since, it is not known.
  private static long nanosSince(SortedMap<String, VmmSample> before, Environment.Prepared place) {
    long nanos = 0;
    for (var machine : machines(place).entrySet()) {
      VmmSample earlier = before.get(machine.getKey());
      if (earlier != null) {
        for (ThreadUse thread : VmmSample.take(machine.getValue().threads()).since(earlier)) {
          nanos += thread.cpuNanos() == null ? 0 : thread.cpuNanos();
        }
      }
    }
    return nanos;
  }

  private static String failureOf(TraplineException refused) {
    return refused.code() + ": " + refused.getMessage();
  }

  /// Machines that stand already, and what is started besides; or only that.
  private static CaptureTarget target(Environment.Prepared place) {
    SortedMap<String, SortedSet<Integer>> standing = new TreeMap<>();
    machines(place)
        .forEach((role, machine) -> standing.put(role, new TreeSet<>(List.of(machine.pid()))));
    return standing.isEmpty() ? new CaptureTarget.Launched() : new CaptureTarget.Roles(standing);
  }

  private static List<RoleTally> tallies(
      Campaign.PlannedTrial planned, Environment.Prepared place, CaptureResult captured) {
    List<RoleTally> tallies = new ArrayList<>();
    for (String role : List.of(SERVER, CLIENT)) {
      Tally tally = captured.byRole().getOrDefault(role, Tally.EMPTY);
      String node = role.equals(SERVER) ? place.server().name() : place.client().name();
      tallies.add(
          new RoleTally(
              planned.id(),
              planned.environment().name(),
              planned.test().name(),
              node,
              role,
              new Tally(tally.counts(), captured.completeness())));
    }
    return tallies;
  }
}
