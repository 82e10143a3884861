// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.environment.AllAtOnce;
import dev.trapline.environment.ClockReading;
import dev.trapline.environment.Node;
import dev.trapline.environment.NodeFacts;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.environment.RemoteTrial;
import dev.trapline.host.MachineSample;
import dev.trapline.run.MachineUse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What a trial needs of other machines, one half on each: what is started there, what is counted
/// there, their clocks, and what each machine did on the whole. What is asked of several machines
/// is asked of all at once, so that a trial on eight takes no longer than one on two.
final class RemoteHalves implements AutoCloseable {
  /// From the order to begin to the moment that is told: an order that has not arrived by then is
  /// late, and the spread of the starts says so.
  private static final Duration LEAST_LEAD = Duration.ofMillis(300);

  private static final Duration LEAD_PER_CLIENT = Duration.ofMillis(20);

  private final Map<String, Half> halves = new LinkedHashMap<>();
  private final CpuSets cpus;
  private final String localId;

  /// Whether this machine takes part too.
  private final boolean besideLocal;

  /// The server's node, and those of the clients.
  private final List<Node> nodes;

  private @Nullable MachineSample localBefore;

  /// One machine's.
  private static final class Half {
    private final Node.Remote node;
    private @Nullable MachineSample before;
    private @Nullable MachineSample after;
    private @Nullable RemoteTrial trial;
    private @Nullable ClockReading clock;
    private @Nullable CaptureResult result;

    private Half(Node.Remote node) {
      this.node = node;
    }

    private ClockReading clock() {
      return Objects.requireNonNull(clock);
    }

    private RemoteTrial trial() {
      return Objects.requireNonNull(trial);
    }

    /// Nodes of one boot are one machine; one that does not tell is one of its own.
    private String machineId() {
      return node.machine().facts().getOrDefault("boot-id", "node " + node.name());
    }
  }

  /// Nothing is asked of anybody yet.
  ///
  /// @param nodes the server's, then those of the clients
  RemoteHalves(List<Node> nodes, CpuSets cpus) {
    this.nodes = List.copyOf(nodes);
    this.cpus = cpus;
    boolean local = false;
    for (Node node : nodes) {
      if (node instanceof Node.Remote remote) {
        halves.putIfAbsent(remote.name(), new Half(remote));
      } else {
        local = true;
      }
    }
    besideLocal = local;
    localId = halves.isEmpty() ? "" : localId();
  }

  /// Whether all of the trial is on this machine.
  boolean isEmpty() {
    return halves.isEmpty();
  }

  /// Whether some of the trial is on this machine.
  boolean isBesideLocal() {
    return besideLocal;
  }

  /// Notes what the machines have done so far. To be called before anything is started.
  ///
  /// @param here what this machine has done so far
  void measureFrom(MachineSample here) throws InterruptedException {
    localBefore = here;
    onEach(half -> half.before = half.node.machine().sample());
  }

  /// Begins all halves; a failure of one leaves the others to [#close].
  ///
  /// @param source null for a control trial
  /// @param level null for a control trial
  void begin(@Nullable String source, @Nullable CaptureLevel level) throws InterruptedException {
    onEach(half -> half.trial = half.node.machine().begin(source, level));
  }

  /// Reads all clocks.
  ///
  /// @return by node's name
  Map<String, ClockReading> readClocks() throws InterruptedException {
    onEach(half -> half.clock = half.node.machine().clock());
    Map<String, ClockReading> readings = new TreeMap<>();
    halves.forEach((name, half) -> readings.put(name, half.clock()));
    return readings;
  }

  /// A moment of our clock by which all orders to begin can have arrived. After [#readClocks].
  Instant startMoment(int clients) {
    long slowest = 0;
    for (Half half : halves.values()) {
      slowest = Math.max(slowest, 2 * half.clock().errorNanos());
    }
    return Instant.now()
        .plus(LEAST_LEAD)
        .plus(LEAD_PER_CLIENT.multipliedBy(clients))
        .plusNanos(4L * clients * slowest);
  }

  /// Starts a program there.
  ///
  /// @param at moment of our clock; null for at once
  RemoteProgram start(
      Node.Remote node, String name, String role, List<String> command, @Nullable Instant at)
      throws InterruptedException {
    Half half = half(node);
    return half.trial()
        .start(name, role, command, cpusOf(role, node), at == null ? null : half.clock().there(at));
  }

  /// The CPUs that a side is bound to: those that were named, or, if the other side is on the same
  /// machine, one half of that machine's.
  ///
  /// @return empty for any
  List<Integer> cpusOf(String role, Node node) {
    boolean serves = role.equals(TrialRunner.SERVER);
    List<Integer> here = serves ? cpus.server() : cpus.client();
    if (isEmpty() || !cpus.halved()) {
      return here;
    }
    String machine = machineId(node);
    List<Node> others = serves ? nodes.subList(1, nodes.size()) : nodes.subList(0, 1);
    if (others.stream().noneMatch(other -> machineId(other).equals(machine))) {
      return List.of();
    }
    return machine.equals(localId) || !(node instanceof Node.Remote remote)
        ? here
        : half(remote.machine().facts().get("cpus"), serves);
  }

  /// The lower half of so many CPUs, or the upper one.
  private static List<Integer> half(@Nullable String count, boolean lower) {
    int all = count != null && count.matches("[0-9]{1,4}") ? Integer.parseInt(count) : 0;
    int half = all / 2;
    return IntStream.range(lower ? 0 : half, lower ? half : half == 0 ? 0 : all).boxed().toList();
  }

  private String machineId(Node node) {
    return node instanceof Node.Remote remote ? half(remote).machineId() : localId;
  }

  private Half half(Node.Remote node) {
    return Objects.requireNonNull(halves.get(node.name()));
  }

  /// When something began there, by our clock.
  Side.Started started(Node.Remote node, Instant there) {
    ClockReading clock = half(node).clock();
    return new Side.Started(there.minus(Duration.ofNanos(clock.offsetNanos())), clock.errorNanos());
  }

  /// Ends the counting everywhere.
  ///
  /// @return what was counted, with the machine that it was counted on
  List<MergedCapture.Part> stop() throws InterruptedException {
    onEach(half -> half.result = half.trial().stopCapture());
    List<MergedCapture.Part> parts = new ArrayList<>();
    for (Half half : halves.values()) {
      if (half.result != null) {
        parts.add(new MergedCapture.Part(half.machineId(), half.result));
      }
    }
    return parts;
  }

  /// What the machines that took part did, all together: to be called when everything has ended.
  /// Several nodes of one machine are that machine once.
  MachineUse measureTo() throws InterruptedException {
    if (isEmpty()) {
      return MachineUse.UNKNOWN;
    }
    onEach(half -> half.after = half.node.machine().sample());
    MachineSample localAfter = MachineSample.take();
    Map<String, List<Half>> byMachine = new LinkedHashMap<>();
    halves
        .values()
        .forEach(half ->
            byMachine.computeIfAbsent(half.machineId(), unseen -> new ArrayList<>()).add(half));
    MachineUse sum = null;
    if (besideLocal && !byMachine.containsKey(localId)) {
      sum = MachineUse.between(Objects.requireNonNull(localBefore), localAfter, 0);
    }
    for (Map.Entry<String, List<Half>> machine : byMachine.entrySet()) {
      Half first = machine.getValue().getFirst();
      long ownOfOthers = 0;
      for (Half half : machine.getValue()) {
        if (half.before == null || half.after == null) {
          return MachineUse.UNKNOWN;
        }
        ownOfOthers += half == first ? 0 : own(half.before, half.after);
      }
      if (machine.getKey().equals(localId)) {
        ownOfOthers += own(Objects.requireNonNull(localBefore), localAfter);
      }
      MachineUse use =
          MachineUse.between(
              Objects.requireNonNull(first.before),
              Objects.requireNonNull(first.after),
              ownOfOthers);
      sum = sum == null ? use : sum.plus(use);
    }
    return sum == null ? MachineUse.UNKNOWN : sum;
  }

  private static long own(MachineSample before, MachineSample after) {
    return before.ownNanos().isPresent() && after.ownNanos().isPresent()
        ? after.ownNanos().getAsLong() - before.ownNanos().getAsLong()
        : 0;
  }

  /// Of the machine that we run on.
  static String localId() {
    return NodeFacts.machine().getOrDefault("boot-id", "this machine");
  }

  /// Ends what runs there still. It throws nothing.
  @Override
  public void close() {
    for (Half half : halves.values()) {
      if (half.trial != null) {
        half.trial.close();
      }
    }
  }

  /// All at once; comes back when all are done, with the first failure.
  private void onEach(AllAtOnce.Task<Half> task) throws InterruptedException {
    for (TraplineException failure : AllAtOnce.on(halves.values(), task).values()) {
      throw failure;
    }
  }
}
