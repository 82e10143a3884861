// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for what has no descriptor to wait on.
final class Waiting {
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private Waiting() {}

  /// Whether it came about in time.
  static boolean until(long limitNanos, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limitNanos;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
    return true;
  }
}
