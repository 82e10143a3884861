// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.environment.Environment;
import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.Node;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.run.RoleUse;
import dev.trapline.run.VmmUse;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// The programs of one trial, in the order that keeps all but the test itself out of a capture:
///
/// 1. [#arm], before the capture: servers in guests are started and proven ready; clients in guests
///    wait for one byte.
/// 2. [#run], in it: everything else is started; the clients go, and are awaited. What carries a
///    guest is measured until then. A server that is counted itself also ends here.
/// 3. [#finish], after it: servers in guests are ended, and everybody is asked how it went.
///
/// [#endAll] ends whatever is left, at any time.
final class TrialSides {
  private static final Duration READY_WITHIN = Duration.ofSeconds(30);
  private static final Duration READY_POLL = Duration.ofMillis(10);
  private static final Duration ENDED_POLL = Duration.ofMillis(100);

  /// iperf3 says goodbye within a round trip; a tracer that stops every call needs longer.
  private static final Duration END_WITHIN = Duration.ofSeconds(20);

  /// Exit codes above this are of programs that a signal ended.
  private static final int SIGNALLED = 128;

  private final Workload workload;
  private final List<Workload> workloads;
  private final TrialFiles files;
  private final String leaseId;
  private final RemoteHalves halves;
  private final List<Side> servers = new ArrayList<>();
  private final List<Side> clients = new ArrayList<>();
  private final List<Side> endedByItself = new ArrayList<>();
  private final ClockWatch clocks;
  private List<String> clockRemarks = List.of();
  private @Nullable Capture capture;

  /// Nothing is started yet.
  TrialSides(
      Campaign.PlannedTrial planned,
      Environment.Prepared place,
      TrialFiles files,
      String leaseId,
      RemoteHalves halves,
      ClockWatch clocks) {
    this.workload = planned.workload();
    this.workloads = TrialOutcome.workloads(planned);
    this.files = files;
    this.leaseId = leaseId;
    this.halves = halves;
    this.clocks = clocks;
    String address = place.server().address();
    for (int number = 0; number < TrialOutcome.servers(planned); number++) {
      Workload own = workloads.get(number);
      servers.add(
          side(
              TrialRunner.SERVER,
              number,
              place.server(),
              own.serverCommand(address),
              new GuestMachine.Listening(own.readinessTransport(), own.port())));
    }
    List<Node> clientNodes = clientNodes(planned, place);
    for (int number = 0; number < workloads.size(); number++) {
      clients.add(
          side(
              TrialRunner.CLIENT,
              number,
              clientNodes.get(number),
              workloads.get(number).clientCommand(address),
              GuestMachine.Listening.NOT));
    }
  }

  /// Where each client of a trial runs: on the place's clients in turn.
  static List<Node> clientNodes(Campaign.PlannedTrial planned, Environment.Prepared place) {
    List<Node> nodes = new ArrayList<>();
    for (int number = 0; number < planned.test().clients(); number++) {
      nodes.add(place.clients().get(number % place.clients().size()));
    }
    return nodes;
  }

  private Side side(
      String role, int number, Node node, List<String> command, GuestMachine.Listening listening) {
    String name = TrialFiles.nameOf(role, number);
    return switch (node) {
      case Node.Local local ->
          new LocalSide(
              name,
              node.name(),
              Launch.background(
                      command,
                      files.output(name),
                      files.error(name),
                      local.networkNamespace(),
                      leaseId)
                  .onCpus(halves.cpusOf(role, local)),
              launch -> launched(launch, role));
      case Node.Guest guest -> new GuestSide(name, guest, command, listening, files);
      case Node.Remote remote -> new RemoteSide(name, role, remote, command, halves, files);
    };
  }

  private ChildProcess launched(Launch launch, String role) {
    return capture == null ? ChildProcess.start(launch) : capture.launch(launch, role);
  }

  /// To be called before the capture.
  void arm() throws InterruptedException {
    for (int number = 0; number < servers.size(); number++) {
      if (servers.get(number).isCarried()) {
        startServer(number);
      }
    }
    for (Side client : clients) {
      if (client.isCarried()) {
        client.arm();
      }
    }
  }

  /// To be called while the capture runs. What was started is ended if it fails.
  ///
  /// @param counting null if the trial is not traced
  void run(@Nullable Capture counting) throws InterruptedException {
    capture = counting;
    boolean done = false;
    try {
      all().forEach(Side::measureFrom);
      for (int number = 0; number < servers.size(); number++) {
        if (!servers.get(number).isCarried()) {
          startServer(number);
        }
      }
      for (Side client : clients) {
        if (!client.isCarried()) {
          client.arm();
        }
      }
      startClients();
      for (int number = 0; number < clients.size(); number++) {
        awaitClient(clients.get(number), servers.get(Math.min(number, servers.size() - 1)));
      }
      all().forEach(Side::measureTo);
      endServers(false);
      done = true;
    } finally {
      if (!done) {
        endAll();
      }
    }
  }

  /// Clients of which some are on other machines begin at one moment, which each is told by its own
  /// machine's clock. Those here are last, since telling them takes until the moment has come.
  private void startClients() throws InterruptedException {
    clockRemarks = halves.isEmpty() ? List.of() : clocks.jumps(halves.readClocks());
    Instant at =
        halves.isEmpty() || clients.size() == 1 ? null : halves.startMoment(clients.size());
    for (Side client : clients) {
      if (client instanceof RemoteSide) {
        client.go(at);
      }
    }
    for (Side client : clients) {
      if (!(client instanceof RemoteSide)) {
        client.go(at);
      }
    }
  }

  /// What is to be told of the clocks of other machines, a line each.
  List<String> clockRemarks() {
    return clockRemarks;
  }

  /// `synchronised-start`: several clients, of which some are on other machines, began within a
  /// tenth of the test's duration of each other, as far as the clocks are known; otherwise they
  /// were not at work at the same time, and what is told of all of them together is of none. To be
  /// asked when all have ended.
  ///
  /// @return empty where there is nothing to synchronise, or a start is not known
  List<InvariantResult> startInvariant() {
    if (halves.isEmpty() || clients.size() == 1) {
      return List.of();
    }
    List<Side.Started> starts = new ArrayList<>();
    for (Side client : clients) {
      Side.Started started = client.startedAt();
      if (started == null) {
        return List.of();
      }
      starts.add(started);
    }
    return List.of(
        StartSpread.of(starts).invariant(Duration.ofSeconds(workload.durationSeconds())));
  }

  /// To be called after the capture, if [#run] did not fail.
  ///
  /// @param roles what each took is put here, also if a program is found to have failed
  void finish(SortedMap<String, RoleUse> roles) throws InterruptedException {
    endServers(true);
    List<Integer> clientCodes = new ArrayList<>();
    for (Side client : clients) {
      clientCodes.add(client.exitCode());
    }
    roles.put(TrialRunner.CLIENT, together(clients));
    List<Integer> died = new ArrayList<>();
    for (Side server : servers) {
      int code = server.exitCode();
      if (endedByItself.contains(server) && code > SIGNALLED) {
        died.add(code);
      }
    }
    roles.put(TrialRunner.SERVER, together(servers));
    if (!died.isEmpty()) {
      // Before the client is asked: it only knows that its connection broke.
      throw new TraplineException(
          "SERVER-DIED",
          workload.name() + " (server) ended with " + died.getFirst() + " under its client.",
          "run the trial again; see dmesg for an out-of-memory kill");
    }
    for (int number = 0; number < clients.size(); number++) {
      int code = clientCodes.get(number);
      if (code != 0) {
        throw new TraplineException(
            "CLIENT-FAILED",
            workload.name()
                + " (client) ended with "
                + code
                + "."
                + files.said(clients.get(number)),
            "look at " + files.raw());
      }
    }
    for (Side side : all()) {
      side.collect();
    }
  }

  private List<Side> all() {
    List<Side> all = new ArrayList<>(servers);
    all.addAll(clients);
    return all;
  }

  private void startServer(int number) throws InterruptedException {
    Side server = servers.get(number);
    server.arm();
    server.go(null);
    awaitReady(server, workloads.get(number));
  }

  private void awaitReady(Side server, Workload own) throws InterruptedException {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (System.nanoTime() < deadline) {
      if (server.isListening(own.readinessTransport(), own.port())) {
        return;
      }
      if (server.await(READY_POLL)) {
        throw new TraplineException(
            "SERVER-NOT-READY",
            own.name()
                + " (server) ended with "
                + server.exitCode()
                + " before it listened on port "
                + own.port()
                + "."
                + files.said(server),
            "is the port in use? ss -lntup | grep " + own.port());
      }
    }
    server.end();
    throw new TraplineException(
        "SERVER-NOT-READY",
        own.name()
            + " (server) does not listen on port "
            + own.port()
            + " after "
            + READY_WITHIN.toSeconds()
            + " s."
            + files.said(server),
        "look at " + files.raw());
  }

  /// Ends early if the server dies under the client, which may otherwise wait for ever.
  private void awaitClient(Side client, Side server) throws InterruptedException {
    Duration limit = END_WITHIN.plusSeconds(workload.durationSeconds());
    long deadline = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < deadline) {
      if (client.await(ENDED_POLL)) {
        return;
      }
      if (!server.isAlive()) {
        // Throws if it was the machine that died: no client would ever be told.
        server.await(Duration.ZERO);
      }
      if (!server.isAlive() && !workload.serverEndsByItself()) {
        client.end();
        throw new TraplineException(
            "SERVER-DIED",
            workload.name() + " (server) ended while its client was still sending.",
            "run the trial again; see dmesg for an out-of-memory kill");
      }
    }
    client.end();
    throw new TraplineException(
        "CLIENT-TIMEOUT",
        workload.name()
            + " did not end within "
            + limit.toSeconds()
            + " s, and was ended."
            + files.said(client),
        "look at " + files.raw());
  }

  private void endServers(boolean carried) throws InterruptedException {
    List<Side> ending = servers.stream().filter(side -> side.isCarried() == carried).toList();
    if (!workload.serverEndsByItself()) {
      for (Side server : ending) {
        server.interrupt();
      }
    }
    for (Side server : ending) {
      if (!server.await(server.grace())) {
        server.end();
      } else if (workload.serverEndsByItself()) {
        endedByItself.add(server);
      }
    }
  }

  /// What the programs of one side took together; the command is the first one's. Programs in one
  /// guest have one monitor, which is counted once.
  private static RoleUse together(List<Side> sides) throws InterruptedException {
    RoleUse sum = sides.getFirst().use();
    SequencedSet<String> nodes = new LinkedHashSet<>(List.of(sum.node()));
    for (Side side : sides.subList(1, sides.size())) {
      RoleUse use = side.use();
      nodes.add(use.node());
      Integer code = sum.exitCode();
      Integer worst = code == null || code != 0 ? code : use.exitCode();
      VmmUse carrier = sum.vmm();
      sum =
          carrier == null
              ? new RoleUse(
                  String.join("+", nodes),
                  sum.command(),
                  worst,
                  sum(sum.cpuNanos(), use.cpuNanos()),
                  sum(sum.voluntarySwitches(), use.voluntarySwitches()),
                  sum(sum.involuntarySwitches(), use.involuntarySwitches()))
              : new RoleUse(
                  sum.node(),
                  sum.command(),
                  worst,
                  sum.cpuNanos(),
                  sum.voluntarySwitches(),
                  sum.involuntarySwitches(),
                  new VmmUse(
                      carrier.command(),
                      carrier.pid(),
                      carrier.threads(),
                      sum(
                          carrier.guestToolCpuNanos(),
                          use.vmm() == null ? null : use.vmm().guestToolCpuNanos()),
                      carrier.networkCounters()),
                  null,
                  null);
    }
    return sum;
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    return one == null || other == null ? null : Long.valueOf(one + other);
  }

  /// Ends what still runs, clients first. A machine that has died has nothing left to end.
  void endAll() throws InterruptedException {
    List<Side> left = new ArrayList<>(clients);
    left.addAll(servers);
    for (Side side : left) {
      if (side.isAlive()) {
        side.end();
      }
    }
  }
}
