// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// What a figure of a trial is, without the figure.
///
/// @param id its whole name, such as `latency.p99`, `latency.server.work` or
///   `latency.server.calls.read/tun`; the grammar is in docs/reference/compare.md
/// @param test `throughput` or `latency`; with what tells apart two workloads of that test in one
///   run, if there are two
/// @param subject whose it is: `outcome`, `server`, `client`, or `machine` for what cannot be
///   attributed to a side
/// @param label in words, without test and subject: `half-RTT p99`, `calls read/tun`
/// @param unit of the numerator
/// @param per what it is divided by: `message`, `GiB`, `second`, `call`; null for a figure that is
///   not divided
/// @param family rows that are tested together
/// @param better which way is better
/// @param traced whether it needs a traced trial; others are of the untraced control trials where
///   there are any
/// @param kind of the call of a detail row of calls or work, in words; null for others
public record Metric(
    String id,
    String test,
    String subject,
    String label,
    MetricUnit unit,
    @Nullable String per,
    Family family,
    Better better,
    boolean traced,
    @Nullable String kind)
    implements Comparable<Metric> {
  /// The subject of outcomes.
  public static final String OUTCOME = "outcome";

  /// The subject of what no side can be charged with.
  public static final String MACHINE = "machine";

  private static final Comparator<Metric> ORDER =
      Comparator.comparing(Metric::test, Comparator.reverseOrder())
          .thenComparing(Metric::family)
          .thenComparing(Metric::id);

  /// Rows that are looked at as one question, and whose `p` are adjusted together.
  public enum Family {
    /// What the workload achieved.
    OUTCOME,
    /// What it cost in all: calls, work, CPU, exits, switches.
    COST,
    /// The same by kind of call, by reason, by thread.
    DETAIL
  }

  /// Which way is better.
  public enum Better {
    /// Such as a latency, or a cost.
    LOWER,
    /// Such as a goodput.
    HIGHER,
    /// It depends: bytes per call.
    NEITHER
  }

  @Override
  public int compareTo(Metric other) {
    return ORDER.compare(this, other);
  }
}
