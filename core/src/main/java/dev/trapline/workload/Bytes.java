// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

/// An amount of data. A type of its own because tools disagree on what a "GByte" is: iperf3's is
/// 2^30 bytes, a network vendor's 10^9, and mixing them is an error of 7.4%.
///
/// @param count how many bytes; not negative
public record Bytes(long count) {
  private static final double BYTES_PER_GIBIBYTE = 1L << 30;
  private static final double BYTES_PER_GIGABYTE = 1e9;

  /// Checks the sign.
  public Bytes {
    if (count < 0) {
      throw new IllegalArgumentException(count + " bytes");
    }
  }

  /// In units of 2^30 bytes, written GiB.
  public double gibibytes() {
    return count / BYTES_PER_GIBIBYTE;
  }

  /// In units of 10^9 bytes, written GB.
  public double gigabytes() {
    return count / BYTES_PER_GIGABYTE;
  }
}
