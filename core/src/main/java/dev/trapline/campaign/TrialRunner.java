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
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.MachineSample;
import dev.trapline.run.MachineUse;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.ToolOutput;
import dev.trapline.workload.Workload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  private static final Duration READY_WITHIN = Duration.ofSeconds(30);
  private static final Duration READY_POLL = Duration.ofMillis(10);

  /// iperf3 says goodbye within a round trip; a tracer that stops every call needs longer.
  private static final Duration END_WITHIN = Duration.ofSeconds(20);

  /// Exit codes above this are of programs that a signal ended.
  private static final int SIGNALLED = 128;

  private static final int QUOTED_CHARACTERS = 300;

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
    Outcome outcome = null;
    String failure = null;
    CaptureResult captured = null;
    try {
      place.ready();
      List<Side> sides = new ArrayList<>();
      try (Capture capture = planned.traced() ? captures.apply(target(place)) : null) {
        try {
          runBothSides(planned, place, raw, capture, roles, sides);
        } catch (TraplineException refused) {
          failure = failureOf(refused);
        }
        if (capture != null) {
          captured = capture.stop();
        }
      }
      if (failure == null) {
        for (Side side : sides) {
          side.collect();
        }
        outcome = outcome(planned, raw);
      }
    } catch (TraplineException refused) {
      failure = failure == null ? failureOf(refused) : failure;
    } finally {
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
            MachineUse.between(before, MachineSample.take(), ofMonitors(roles)),
            outcome == null ? List.<InvariantResult>of() : outcome.invariants());
    return new Finished(trial, captured == null ? List.of() : tallies(planned, place, captured));
  }

  /// CPU time of virtual machines, which are no children that have ended.
  private static long ofMonitors(SortedMap<String, RoleUse> roles) {
    long nanos = 0;
    for (RoleUse use : roles.values()) {
      if (use.vmm() != null && use.cpuNanos() != null) {
        nanos += use.cpuNanos();
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
    if (place.server() instanceof Node.Guest guest) {
      standing.put(SERVER, new TreeSet<>(List.of(guest.machine().pid())));
    }
    if (place.client() instanceof Node.Guest guest) {
      standing.put(CLIENT, new TreeSet<>(List.of(guest.machine().pid())));
    }
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

  private void runBothSides(
      Campaign.PlannedTrial planned,
      Environment.Prepared place,
      Path raw,
      @Nullable Capture capture,
      SortedMap<String, RoleUse> roles,
      List<Side> sides)
      throws InterruptedException {
    int clients = planned.test().clients();
    if (clients > 1
        && (place.server() instanceof Node.Guest || place.client() instanceof Node.Guest)) {
      throw new TraplineException(
          "CLIENTS-IN-GUESTS",
          clients + " clients at once are not run in virtual machines yet.",
          "clients: 1 for tests in virtual machines");
    }
    List<Workload> workloads = workloads(planned);
    Workload workload = planned.workload();
    String address = place.server().address();
    List<Side> servers = new ArrayList<>();
    List<Side> running = new ArrayList<>();
    try {
      for (int number = 0; number < clients; number++) {
        Workload own = workloads.get(number);
        Side server =
            start(
                own.serverCommand(address),
                place.server(),
                SERVER,
                number,
                new GuestMachine.Listening(own.readinessTransport(), own.port()),
                raw,
                capture);
        servers.add(server);
        sides.add(server);
        awaitReady(server, own, raw, nameOf(SERVER, number));
      }
      for (int number = 0; number < clients; number++) {
        Side client =
            start(
                workloads.get(number).clientCommand(address),
                place.client(),
                CLIENT,
                number,
                GuestMachine.Listening.NOT,
                raw,
                capture);
        running.add(client);
        sides.add(client);
      }
      List<Integer> clientCodes = new ArrayList<>();
      for (int number = 0; number < clients; number++) {
        Side client = running.get(number);
        Optional<Integer> clientEnd = awaitClient(client, servers.get(number), workload);
        if (clientEnd.isEmpty()) {
          client.end(client.grace());
          throw new TraplineException(
              "CLIENT-TIMEOUT",
              workload.name()
                  + " did not end within "
                  + END_WITHIN.plusSeconds(workload.durationSeconds()).toSeconds()
                  + " s, and was ended."
                  + said(client, raw, nameOf(CLIENT, number)),
              "look at " + raw);
        }
        clientCodes.add(clientEnd.get());
      }
      roles.put(CLIENT, together(running));
      for (Side server : servers) {
        if (!workload.serverEndsByItself()) {
          server.interrupt();
        }
      }
      List<Integer> diedServers = new ArrayList<>();
      for (Side server : servers) {
        Optional<Integer> serverEnd = server.await(server.grace());
        boolean endedByItself = workload.serverEndsByItself() && serverEnd.isPresent();
        int serverCode = serverEnd.isPresent() ? serverEnd.get() : server.end(server.grace());
        if (endedByItself && serverCode > SIGNALLED) {
          diedServers.add(serverCode);
        }
      }
      roles.put(SERVER, together(servers));
      if (!diedServers.isEmpty()) {
        // Before the client is asked: it only knows that its connection broke.
        throw new TraplineException(
            "SERVER-DIED",
            workload.name()
                + " (server) ended with "
                + diedServers.getFirst()
                + " under its client.",
            "run the trial again; see dmesg for an out-of-memory kill");
      }
      for (int number = 0; number < clients; number++) {
        int code = clientCodes.get(number);
        if (code != 0) {
          throw new TraplineException(
              "CLIENT-FAILED",
              workload.name()
                  + " (client) ended with "
                  + code
                  + "."
                  + said(running.get(number), raw, nameOf(CLIENT, number)),
              "look at " + raw);
        }
      }
    } finally {
      // Whatever went wrong: nothing that was started here is left.
      for (Side client : running) {
        if (client.isAlive()) {
          client.end(client.grace());
        }
      }
      for (Side server : servers) {
        if (server.isAlive()) {
          server.end(server.grace());
        }
      }
    }
  }

  /// One for each client and its server, on ports that follow each other.
  private static List<Workload> workloads(Campaign.PlannedTrial planned) {
    Workload first = planned.workload();
    List<Workload> all = new ArrayList<>(List.of(first));
    for (int number = 1; number < planned.test().clients(); number++) {
      all.add(first.onPort(first.port() + number));
    }
    return all;
  }

  /// The name of a side's files: `client`, and `client-2` of the second.
  private static String nameOf(String role, int number) {
    return number == 0 ? role : role + "-" + (number + 1);
  }

  private static Outcome outcome(Campaign.PlannedTrial planned, Path raw) {
    List<Outcome> outcomes = new ArrayList<>();
    List<Workload> workloads = workloads(planned);
    for (int number = 0; number < workloads.size(); number++) {
      outcomes.add(
          workloads
              .get(number)
              .parse(outputOf(raw, nameOf(CLIENT, number)), outputOf(raw, nameOf(SERVER, number))));
    }
    if (outcomes.size() == 1) {
      return outcomes.getFirst();
    }
    List<Throughput> parts = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      if (!(outcome instanceof Throughput throughput)) {
        throw new TraplineException(
            "CLIENTS-NOT-ADDABLE",
            "the outcomes of several clients of "
                + planned.workload().name()
                + " have no sum: each has a latency of its own.",
            "clients: 1 for this test");
      }
      parts.add(throughput);
    }
    return Throughput.together(parts);
  }

  /// What the programs of one side took together; the command is the first one's.
  private static RoleUse together(List<Side> sides) {
    RoleUse sum = sides.getFirst().use();
    for (Side side : sides.subList(1, sides.size())) {
      RoleUse use = side.use();
      Integer code = sum.exitCode();
      sum =
          new RoleUse(
              sum.node(),
              sum.command(),
              code == null || code != 0 ? code : use.exitCode(),
              sum(sum.cpuNanos(), use.cpuNanos()),
              sum(sum.voluntarySwitches(), use.voluntarySwitches()),
              sum(sum.involuntarySwitches(), use.involuntarySwitches()));
    }
    return sum;
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    return one == null || other == null ? null : Long.valueOf(one + other);
  }

  /// Ends early if the server dies under the client, which may otherwise wait for ever.
  private static Optional<Integer> awaitClient(Side client, Side server, Workload workload)
      throws InterruptedException {
    long deadline =
        System.nanoTime() + END_WITHIN.plusSeconds(workload.durationSeconds()).toNanos();
    while (System.nanoTime() < deadline) {
      Optional<Integer> ended = client.await(Duration.ofMillis(100));
      if (ended.isPresent()) {
        return ended;
      }
      if (!server.isAlive()) {
        // Throws if it was the machine that died: no client would ever be told.
        server.await(Duration.ZERO);
      }
      if (!server.isAlive() && !workload.serverEndsByItself()) {
        client.end(client.grace());
        throw new TraplineException(
            "SERVER-DIED",
            workload.name() + " (server) ended while its client was still sending.",
            "run the trial again; see dmesg for an out-of-memory kill");
      }
    }
    return Optional.empty();
  }

  private Side start(
      List<String> command,
      Node node,
      String role,
      int number,
      GuestMachine.Listening listening,
      Path raw,
      @Nullable Capture capture)
      throws InterruptedException {
    String name = nameOf(role, number);
    return switch (node) {
      case Node.Local local -> {
        Launch launch =
            Launch.background(
                    command, output(raw, name), error(raw, name), local.networkNamespace(), leaseId)
                .onCpus(role.equals(SERVER) ? campaign.cpus().server() : campaign.cpus().client());
        yield new LocalSide(
            node.name(),
            command,
            capture == null ? ChildProcess.start(launch) : capture.launch(launch, role));
      }
      case Node.Guest guest ->
          GuestSide.start(guest, command, listening, output(raw, name), error(raw, name));
      case Node.Remote remote ->
          throw new TraplineException(
              "CAMPAIGN-REMOTE",
              "trials on " + remote.name() + " are not run yet.",
              "take the environment of the kind hosts out of the campaign");
    };
  }

  private static Path output(Path raw, String role) {
    return raw.resolve(role + ".stdout");
  }

  private static Path error(Path raw, String role) {
    return raw.resolve(role + ".stderr");
  }

  private static ToolOutput outputOf(Path raw, String role) {
    return new ToolOutput(output(raw, role), error(raw, role));
  }

  private static void awaitReady(Side server, Workload workload, Path raw, String name)
      throws InterruptedException {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (System.nanoTime() < deadline) {
      if (server.isListening(workload.readinessTransport(), workload.port())) {
        return;
      }
      Optional<Integer> ended = server.await(READY_POLL);
      if (ended.isPresent()) {
        throw new TraplineException(
            "SERVER-NOT-READY",
            workload.name()
                + " (server) ended with "
                + ended.get()
                + " before it listened on port "
                + workload.port()
                + "."
                + said(server, raw, name),
            "is the port in use? ss -lntup | grep " + workload.port());
      }
    }
    server.end(server.grace());
    throw new TraplineException(
        "SERVER-NOT-READY",
        workload.name()
            + " (server) does not listen on port "
            + workload.port()
            + " after "
            + READY_WITHIN.toSeconds()
            + " s."
            + said(server, raw, name),
        "look at " + raw);
  }

  /// The end of what a side printed: where tools say why.
  private static String said(Side side, Path raw, String name) throws InterruptedException {
    side.collect();
    StringBuilder words = new StringBuilder();
    for (Path file : List.of(error(raw, name), output(raw, name))) {
      try {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
          String end = text.substring(Math.max(0, text.length() - QUOTED_CHARACTERS));
          words.append(" It said: ").append(end.replaceAll("\\s+", " ")).append('.');
        }
      } catch (IOException unreadable) {
        words.append(" What it said cannot be read: ").append(unreadable.getMessage()).append('.');
      }
    }
    return words.toString();
  }
}
