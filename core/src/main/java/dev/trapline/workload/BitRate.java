// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

/// A rate of data. Bits, and powers of ten: "Gbit/s" is 10^9 bits per second for every tool read
/// here.
///
/// @param bitsPerSecond not negative, finite
public record BitRate(double bitsPerSecond) {
  /// Checks the range.
  public BitRate {
    if (!(bitsPerSecond >= 0) || Double.isInfinite(bitsPerSecond)) {
      throw new IllegalArgumentException(bitsPerSecond + " bits per second");
    }
  }

  /// In units of 10^9 bits per second.
  public double gigabitsPerSecond() {
    return bitsPerSecond / 1e9;
  }
}
