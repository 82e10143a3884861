// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

/// What a metric is counted in, before it is divided by anything.
public enum MetricUnit {
  /// Time.
  NANOSECONDS("ns"),
  /// A rate of payload.
  BITS_PER_SECOND("bit/s"),
  /// Calls, exits, switches.
  COUNT("1"),
  /// Payload.
  BYTES("B"),
  /// CPU time over time: how many CPUs were busy.
  CPUS("CPUs");

  private final String symbol;

  MetricUnit(String symbol) {
    this.symbol = symbol;
  }

  /// As it stands in files; `1` for a plain number.
  public String symbol() {
    return symbol;
  }
}
