// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.GuestProgram;
import dev.trapline.environment.Node;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.VmmUse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A program in a guest. What it took from this machine is what its monitor took.
final class GuestSide extends DistantSide {
  private final Node.Guest node;
  private final GuestMachine.Listening listening;
  private @Nullable GuestProgram program;
  private @Nullable SortedMap<String, Long> countersBefore;
  private @Nullable VmmSample before;
  private @Nullable List<ThreadUse> threads;

  /// @param listening of a server; [GuestMachine.Listening#NOT] of a client
  GuestSide(
      String name,
      Node.Guest node,
      List<String> command,
      GuestMachine.Listening listening,
      TrialFiles files) {
    super(name, command, files);
    this.node = node;
    this.listening = listening;
  }

  @Override
  public boolean isCarried() {
    return true;
  }

  @Override
  public void arm() throws InterruptedException {
    // Asking a monitor is work of the monitor's, so it is done here and not when measuring begins.
    countersBefore = node.machine().networkCounters();
    program = node.machine().arm(command(), listening);
  }

  /// The guest has no clock of ours: it is told when the moment has come.
  @Override
  public void go(@Nullable Instant at) throws InterruptedException {
    Side.awaitMoment(at);
    armed().go();
  }

  private GuestProgram armed() {
    GuestProgram known = program;
    if (known == null) {
      throw new IllegalStateException(name() + " was never armed");
    }
    return known;
  }

  @Override
  public void measureFrom() {
    before = VmmSample.take(node.machine().threads());
  }

  @Override
  public void measureTo() {
    threads = VmmSample.take(node.machine().threads()).since(Objects.requireNonNull(before));
  }

  @Override
  public boolean isListening(String transport, int port) {
    return armed().isListening();
  }

  @Override
  public boolean isAlive() {
    return program != null && program.isAlive();
  }

  @Override
  public boolean await(Duration limit) throws InterruptedException {
    return armed().await(limit);
  }

  /// An emulated guest on a busy machine has little of a CPU.
  @Override
  public Duration grace() {
    return Duration.ofSeconds(20);
  }

  @Override
  Duration killedWithin() {
    return Duration.ofSeconds(20);
  }

  @Override
  void signal(int number) throws InterruptedException {
    armed().signal(number);
  }

  @Override
  public int exitCode() throws InterruptedException {
    // 137 is what a killed program has, and this one was told to be.
    return armed().isAlive() ? KILLED : armed().end().exitCode();
  }

  @Override
  public RoleUse use() throws InterruptedException {
    GuestProgram.End end = armed().isAlive() ? null : armed().end();
    List<ThreadUse> uses = Objects.requireNonNull(threads);
    return new RoleUse(
        node.name(),
        command(),
        end == null ? null : Integer.valueOf(end.exitCode()),
        sum(uses, ThreadUse::cpuNanos),
        sum(uses, ThreadUse::voluntarySwitches),
        sum(uses, ThreadUse::involuntarySwitches),
        new VmmUse(
            node.machine().command(),
            node.machine().pid(),
            uses,
            end == null ? null : end.cpuNanos(),
            counted()),
        null,
        null);
  }

  /// What the monitor counted of the network card since the program was armed.
  private @Nullable SortedMap<String, Long> counted() {
    SortedMap<String, Long> after = node.machine().networkCounters();
    if (countersBefore == null || after == null) {
      return null;
    }
    SortedMap<String, Long> during = new TreeMap<>();
    after.forEach((name, count) -> during.put(name, count - countersBefore.getOrDefault(name, 0L)));
    return during;
  }

  /// What is unknown of one thread is unknown of all.
  private static @Nullable Long sum(
      List<ThreadUse> threads, Function<ThreadUse, @Nullable Long> figure) {
    long sum = 0;
    for (ThreadUse thread : threads) {
      Long value = figure.apply(thread);
      if (value == null) {
        return null;
      }
      sum += value;
    }
    return threads.isEmpty() ? null : Objects.requireNonNull(Long.valueOf(sum));
  }

  @Override
  void deliver(Path standardOutput, Path standardError) throws InterruptedException {
    armed().deliver(standardOutput, standardError);
  }
}
