// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.host.LibC;
import dev.trapline.host.SyscallLoop;
import java.lang.foreign.Arena;

/// One call over and over, that never waits and changes nothing.
final class LoopProbe implements Probe {
  /// Long enough that reading the clock does not count, and short enough that on a busy machine
  /// most batches see no other program: the median of a round's batches is what the call costs
  /// alone.
  static final long BATCH_NANOS = 150_000;

  private static final int BATCHES = 15;
  private static final int UNROLLED = 16;

  private final String name;
  private final long at;
  private final long expected;
  private final SyscallLoop loop;
  private long repeats;

  /// @param at place in a sweep; negative for a cost
  /// @param expected what the call returns
  LoopProbe(String name, long at, SyscallLoop.Call call, long expected, Arena arena)
      throws LibC.Failure {
    this.name = name;
    this.at = at;
    this.expected = expected;
    this.loop = new SyscallLoop(java.util.Collections.nCopies(UNROLLED, call), arena);
  }

  @Override
  public String name() {
    return at < 0 ? name : name + " at " + at;
  }

  @Override
  public void round(Samples samples) {
    if (repeats == 0) {
      long cold = timed(5);
      long once = Math.max(1, Math.min(cold, timed(5)) / 5);
      repeats = Math.clamp(BATCH_NANOS / once, 1, 10_000);
    }
    double[] batches = new double[BATCHES];
    for (int batch = 0; batch < BATCHES; batch++) {
      batches[batch] = timed(repeats);
    }
    double nanos = Samples.median(batches) / (repeats * UNROLLED);
    Checks.returned(name(), loop, 0, expected);
    if (at < 0) {
      samples.cost(name, nanos);
    } else {
      samples.sweep(name, at, nanos);
    }
  }

  private long timed(long times) {
    long start = System.nanoTime();
    loop.run(times);
    return System.nanoTime() - start;
  }
}
