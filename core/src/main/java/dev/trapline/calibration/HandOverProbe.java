// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.trapline.host.LibC;
import dev.trapline.host.SyscallLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// Two threads that wake each other in turn; half of a round trip is a hand-over.
final class HandOverProbe implements Probe {
  /// Round trips before the clock starts: the peer must have begun to wait.
  private static final int UNTIMED = 3;

  private static final int BATCHES = 15;
  private static final int ROUND_TRIPS = 10;
  private static final long DEADLINE_SECONDS = 20;

  private final String name;
  private final int peerCpu;
  private final SyscallLoop ours;
  private final SyscallLoop theirs;

  private HandOverProbe(
      String name,
      int peerCpu,
      List<SyscallLoop.Call> ours,
      List<SyscallLoop.Call> theirs,
      Arena arena)
      throws LibC.Failure {
    this.name = name;
    this.peerCpu = peerCpu;
    this.ours = new SyscallLoop(ours, arena);
    this.theirs = new SyscallLoop(theirs, arena);
  }

  /// A byte each way through two pipes.
  static HandOverProbe byPipe(String name, int peerCpu, Arena arena) throws LibC.Failure {
    Kernel.Pair there = Kernel.pipe(arena);
    Kernel.Pair back = Kernel.pipe(arena);
    long buffer = Kernel.memory(arena, 8).address();
    long peerBuffer = Kernel.memory(arena, 8).address();
    return new HandOverProbe(
        name,
        peerCpu,
        List.of(
            SyscallLoop.Call.of(Kernel.WRITE, there.second(), buffer, 1),
            SyscallLoop.Call.of(Kernel.READ, back.first(), buffer, 1)),
        List.of(
            SyscallLoop.Call.of(Kernel.READ, there.first(), peerBuffer, 1),
            SyscallLoop.Call.of(Kernel.WRITE, back.second(), peerBuffer, 1)),
        arena);
  }

  /// Eight bytes each way through two eventfds.
  static HandOverProbe byEventDescriptor(String name, int peerCpu, Arena arena)
      throws LibC.Failure {
    int there = Kernel.eventDescriptor(arena);
    int back = Kernel.eventDescriptor(arena);
    MemorySegment one = Kernel.memory(arena, 8);
    one.set(JAVA_LONG, 0, 1);
    long buffer = Kernel.memory(arena, 8).address();
    long peerBuffer = Kernel.memory(arena, 8).address();
    return new HandOverProbe(
        name,
        peerCpu,
        List.of(
            SyscallLoop.Call.of(Kernel.WRITE, there, one.address(), 8),
            SyscallLoop.Call.of(Kernel.READ, back, buffer, 8)),
        List.of(
            SyscallLoop.Call.of(Kernel.READ, there, peerBuffer, 8),
            SyscallLoop.Call.of(Kernel.WRITE, back, one.address(), 8)),
        arena);
  }

  /// Two words, each set by the one that wakes and cleared by the one that waited. A wait that
  /// comes after the word was set fails at once, as it should, and is no hand-over lost.
  static HandOverProbe byFutex(String name, int peerCpu, Arena arena) throws LibC.Failure {
    MemorySegment there = Kernel.memory(arena, 64);
    MemorySegment back = Kernel.memory(arena, 64);
    MemorySegment one = Kernel.memory(arena, 64);
    one.set(JAVA_LONG, 0, 1);
    MemorySegment zero = Kernel.memory(arena, 64);
    return new HandOverProbe(
        name,
        peerCpu,
        List.of(wake(there, one), await(back, zero)),
        List.of(await(there, zero), wake(back, one)),
        arena);
  }

  private static SyscallLoop.Call wake(MemorySegment word, MemorySegment one) {
    return SyscallLoop.Call.of(Kernel.FUTEX, word.address(), Kernel.FUTEX_WAKE_PRIVATE, 1)
        .withCopyBefore(new SyscallLoop.Copy(word, one, 1));
  }

  private static SyscallLoop.Call await(MemorySegment word, MemorySegment zero) {
    return SyscallLoop.Call.of(Kernel.FUTEX, word.address(), Kernel.FUTEX_WAIT_PRIVATE, 0)
        .withCopyAfter(new SyscallLoop.Copy(word, zero, 1));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void round(Samples samples) throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(1);
    AtomicReference<Throwable> trouble = new AtomicReference<>();
    Thread peer =
        Thread.ofPlatform()
            .name("calibrate-peer")
            .daemon()
            .start(() -> {
              try {
                LibC.runOnlyOn(List.of(peerCpu));
                ready.countDown();
                theirs.run(UNTIMED + (long) BATCHES * ROUND_TRIPS);
              } catch (LibC.Failure | RuntimeException failure) {
                trouble.set(failure);
                ready.countDown();
              }
            });
    ready.await();
    if (trouble.get() != null) {
      throw Checks.failed(name, String.valueOf(trouble.get().getMessage()));
    }
    ours.run(UNTIMED);
    double[] batches = new double[BATCHES];
    for (int batch = 0; batch < BATCHES; batch++) {
      long start = System.nanoTime();
      ours.run(ROUND_TRIPS);
      batches[batch] = System.nanoTime() - start;
    }
    double nanos = Samples.median(batches) / (2.0 * ROUND_TRIPS);
    peer.join(TimeUnit.SECONDS.toMillis(DEADLINE_SECONDS));
    if (peer.isAlive()) {
      throw Checks.failed(name, "the other thread did not come to its end");
    }
    samples.cost(name, nanos);
  }
}
