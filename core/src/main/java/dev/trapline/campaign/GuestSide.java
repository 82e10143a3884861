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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A program in a guest. What it took from this machine is what its monitor took.
final class GuestSide implements Side {
  private static final int SIGINT = 2;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /// A killed program is gone at once; the guest may be slow to say so.
  private static final Duration KILLED_WITHIN = Duration.ofSeconds(20);

  private final Node.Guest node;
  private final List<String> command;
  private final Path standardOutput;
  private final Path standardError;
  private final VmmSample before;
  private final @Nullable SortedMap<String, Long> countersBefore;
  private final GuestProgram program;
  private GuestProgram.@Nullable End end;

  private GuestSide(
      Node.Guest node,
      List<String> command,
      Path standardOutput,
      Path standardError,
      VmmSample before,
      @Nullable SortedMap<String, Long> countersBefore,
      GuestProgram program) {
    this.node = node;
    this.command = command;
    this.standardOutput = standardOutput;
    this.standardError = standardError;
    this.before = before;
    this.countersBefore = countersBefore;
    this.program = program;
  }

  static GuestSide start(
      Node.Guest node,
      List<String> command,
      GuestMachine.Listening listening,
      Path standardOutput,
      Path standardError)
      throws InterruptedException {
    SortedMap<String, Long> counters = node.machine().networkCounters();
    VmmSample before = VmmSample.take(node.machine().threads());
    GuestProgram program = node.machine().start(command, listening);
    return new GuestSide(node, command, standardOutput, standardError, before, counters, program);
  }

  @Override
  public boolean isListening(String transport, int port) {
    return program.isListening();
  }

  @Override
  public boolean isAlive() {
    return program.isAlive();
  }

  @Override
  public Optional<Integer> await(Duration limit) throws InterruptedException {
    Optional<GuestProgram.End> ended = program.await(limit);
    ended.ifPresent(value -> end = value);
    return ended.map(GuestProgram.End::exitCode);
  }

  /// An emulated guest on a busy machine has little of a CPU.
  @Override
  public Duration grace() {
    return Duration.ofSeconds(20);
  }

  @Override
  public void interrupt() throws InterruptedException {
    program.signal(SIGINT);
  }

  @Override
  public int end(Duration grace) throws InterruptedException {
    program.signal(SIGTERM);
    Optional<Integer> code = await(grace);
    if (code.isEmpty()) {
      program.signal(SIGKILL);
      code = await(KILLED_WITHIN);
    }
    // 137 is what a killed program has, and this one was told to be.
    return code.orElse(128 + SIGKILL);
  }

  @Override
  public RoleUse use() {
    List<ThreadUse> threads = VmmSample.take(node.machine().threads()).since(before);
    GuestProgram.End known = end;
    return new RoleUse(
        node.name(),
        command,
        known == null ? null : Integer.valueOf(known.exitCode()),
        sum(threads, ThreadUse::cpuNanos),
        sum(threads, ThreadUse::voluntarySwitches),
        sum(threads, ThreadUse::involuntarySwitches),
        new VmmUse(
            node.machine().command(),
            node.machine().pid(),
            threads,
            known == null ? null : known.cpuNanos(),
            counted()),
        null,
        null);
  }

  /// What the monitor counted of the network card since the program was started.
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
  public void collect() throws InterruptedException {
    program.deliver(standardOutput, standardError);
  }
}
