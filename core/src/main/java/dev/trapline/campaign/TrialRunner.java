// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Runs one trial from start to end: server, readiness proven, client, end of both, results read. A
/// trial that fails is a trial with a failure; only what makes every trial impossible is thrown.
public final class TrialRunner {
  /// The role of the side that listens.
  public static final String SERVER = "server";

  /// The role of the side that connects.
  public static final String CLIENT = "client";

  private final Counting counting;
  private final String leaseId;
  private final Campaign campaign;
  private final ClockWatch clocks = new ClockWatch();

  /// How traced trials are counted.
  ///
  /// @param here starts a capture on this machine
  /// @param source name of the source, for other machines
  /// @param level likewise
  public record Counting(
      Function<CaptureTarget, Capture> here, String source, CaptureLevel level) {}

  /// @param counting of traced trials
  /// @param leaseId by which what is started is found after a crash
  /// @param campaign that the trials are of
  public TrialRunner(Counting counting, String leaseId, Campaign campaign) {
    this.counting = counting;
    this.leaseId = leaseId;
    this.campaign = campaign;
  }

  /// What a trial leaves.
  ///
  /// @param remarks what the reader of the run should know, a line each
  public record Finished(Trial trial, List<RoleTally> tallies, List<String> remarks) {
    /// Keeps copies.
    public Finished {
      tallies = List.copyOf(tallies);
      remarks = List.copyOf(remarks);
    }

    /// Without remarks.
    public Finished(Trial trial, List<RoleTally> tallies) {
      this(trial, tallies, List.of());
    }
  }

  /// @param order position in the run, from 1
  /// @param raw an existing folder for what the tools print
  /// @throws InterruptedException after everything that was started has been ended
  public Finished run(
      Campaign.PlannedTrial planned, int order, Environment.Prepared place, Path raw)
      throws InterruptedException {
    Instant startedAt = Instant.now();
    MachineSample before = MachineSample.take();
    long start = System.nanoTime();
    Course course = new Course();
    SortedMap<String, VmmSample> monitors = new TreeMap<>();
    long monitorNanos = 0;
    List<Node> clientNodes = TrialSides.clientNodes(planned, place);
    List<Node> nodes = new ArrayList<>(List.of(place.server()));
    nodes.addAll(clientNodes);
    RemoteHalves halves = new RemoteHalves(nodes, campaign.cpus());
    try {
      place.ready();
      halves.measureFrom(before);
      machines(place)
          .forEach((role, machine) -> monitors.put(role, VmmSample.take(machine.threads())));
      TrialFiles files = new TrialFiles(raw);
      TrialSides sides = new TrialSides(planned, place, files, leaseId, halves, clocks);
      try (halves) {
        try {
          measure(planned, place, halves, sides, files, course);
        } finally {
          sides.endAll();
        }
      }
    } catch (TraplineException refused) {
      course.fail(refused);
    } finally {
      monitorNanos = nanosSince(monitors, place);
      place.rest();
    }
    long durationNanos = System.nanoTime() - start;
    CaptureResult captured = course.captured;
    if (captured != null) {
      course.roles.replaceAll(
          (role, use) -> use.observed(captured.kvm().get(role), captured.rates().get(role)));
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
            course.outcome,
            course.failure,
            course.roles,
            captured == null ? Completeness.COMPLETE : captured.completeness(),
            captured == null ? KernelActivity.UNKNOWN : captured.activity(),
            halves.isEmpty()
                ? MachineUse.between(before, MachineSample.take(), monitorNanos)
                : course.elsewhere,
            invariants(course.outcome, course.started));
    return new Finished(
        trial,
        captured == null ? List.of() : tallies(planned, place.server(), clientNodes, captured),
        course.remarks);
  }

  /// What a trial has come to so far. What is known when it fails is kept.
  private static final class Course {
    private final SortedMap<String, RoleUse> roles = new TreeMap<>();
    private @Nullable Outcome outcome;
    private @Nullable String failure;
    private @Nullable CaptureResult captured;

    /// What machines other than this one did meanwhile.
    private MachineUse elsewhere = MachineUse.UNKNOWN;

    private List<InvariantResult> started = List.of();
    private List<String> remarks = List.of();

    /// The first failure is the one that is told: others follow from it.
    private void fail(TraplineException refused) {
      if (failure == null) {
        failure = refused.code() + ": " + refused.getMessage();
      }
    }
  }

  /// From the arming of the sides to what they measured.
  private void measure(
      Campaign.PlannedTrial planned,
      Environment.Prepared place,
      RemoteHalves halves,
      TrialSides sides,
      TrialFiles files,
      Course course)
      throws InterruptedException {
    boolean traced = planned.traced();
    sides.arm();
    try (Capture capture =
        traced && halves.isBesideLocal() ? counting.here.apply(target(place)) : null) {
      try {
        halves.begin(traced ? counting.source : null, traced ? counting.level : null);
        sides.run(capture);
      } catch (TraplineException refused) {
        course.fail(refused);
      }
      course.captured = counted(capture, halves, traced, course.failure == null);
    }
    course.remarks = sides.clockRemarks();
    if (course.failure == null) {
      course.elsewhere = halves.measureTo();
      course.started = sides.startInvariant();
      sides.finish(course.roles);
      course.outcome = TrialOutcome.read(planned, files);
    }
  }

  private static List<InvariantResult> invariants(
      @Nullable Outcome outcome, List<InvariantResult> started) {
    if (outcome == null) {
      return List.of();
    }
    List<InvariantResult> all = new ArrayList<>(outcome.invariants());
    all.addAll(started);
    return all;
  }

  /// What was counted here and elsewhere. If the trial has failed, a machine that took part may be
  /// gone: then what others counted is half of the truth, and left out.
  private static @Nullable CaptureResult counted(
      @Nullable Capture capture, RemoteHalves halves, boolean traced, boolean whole)
      throws InterruptedException {
    CaptureResult here = capture == null ? null : capture.stop();
    if (!traced || halves.isEmpty()) {
      return here;
    }
    if (!whole) {
      return null;
    }
    List<MergedCapture.Part> parts = new ArrayList<>(halves.stop());
    if (here != null) {
      parts.add(new MergedCapture.Part(RemoteHalves.localId(), here));
    }
    return MergedCapture.of(parts);
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

  /// Machines that stand already, and what is started besides; or only that.
  private static CaptureTarget target(Environment.Prepared place) {
    SortedMap<String, SortedSet<Integer>> standing = new TreeMap<>();
    machines(place)
        .forEach((role, machine) -> standing.put(role, new TreeSet<>(List.of(machine.pid()))));
    return standing.isEmpty() ? new CaptureTarget.Launched() : new CaptureTarget.Roles(standing);
  }

  private static List<RoleTally> tallies(
      Campaign.PlannedTrial planned, Node server, List<Node> clients, CaptureResult captured) {
    List<RoleTally> tallies = new ArrayList<>();
    for (String role : List.of(SERVER, CLIENT)) {
      Tally tally = captured.byRole().getOrDefault(role, Tally.EMPTY);
      SequencedSet<String> names = new LinkedHashSet<>();
      (role.equals(SERVER) ? List.of(server) : clients).forEach(node -> names.add(node.name()));
      tallies.add(
          new RoleTally(
              planned.id(),
              planned.environment().name(),
              planned.test().name(),
              String.join("+", names),
              role,
              new Tally(tally.counts(), captured.completeness())));
    }
    return tallies;
  }
}
