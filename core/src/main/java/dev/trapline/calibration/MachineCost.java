// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.statistics.MedianInterval;

/// What one operation costs on this machine, in nanoseconds of wall time with nothing to wait for.
/// Not what it costs inside a program whose data has left the caches: that costs more.
///
/// @param name as in [MachineCosts], such as `null-syscall`
/// @param description what was measured and how it was placed, in one sentence
/// @param nanos over rounds; each value is of one round
public record MachineCost(String name, String description, MedianInterval nanos) {
  /// Of every figure here, in JSON.
  public static final String UNIT = "ns";

  /// The median.
  public double medianNanos() {
    return nanos.median();
  }
}
