// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.report.Printable;
import dev.trapline.report.Quantity;
import dev.trapline.run.Trial;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Throughput;
import java.io.PrintWriter;
import java.util.Locale;

/// One line per trial on standard error, with the time that is left.
final class Progress {
  /// What a trial takes beyond its traffic, until trials have shown it.
  private static final double EXPECTED_OVERHEAD_SECONDS = 0.7;

  private final PrintWriter err;
  private final int total;
  private final long start = System.nanoTime();
  private final double expectedSeconds;
  private int finished;

  Progress(PrintWriter err, int total, int durationSeconds) {
    this.err = err;
    this.total = total;
    this.expectedSeconds = durationSeconds + EXPECTED_OVERHEAD_SECONDS;
    err.printf(
        Locale.ROOT, "trapline: %d trials, about %s%n", total, time(total * expectedSeconds));
  }

  void starting(String id) {
    err.printf(Locale.ROOT, "[%2d/%d] %-28s ", finished + 1, total, Printable.terminal(id));
    err.flush();
  }

  void finished(Trial trial) {
    finished++;
    String figure =
        switch (trial.outcome()) {
          case Throughput throughput -> Quantity.bitRate(throughput.goodput().bitsPerSecond());
          case BidirectionalThroughput both -> Quantity.bitRate(both.goodput().bitsPerSecond());
          case Latency latency -> Quantity.nanos(latency.meanNanos());
          case MessageRate rate -> Quantity.count(rate.messagesPerSecond()) + "/s";
          case null -> "FAILED";
        };
    double spent = (System.nanoTime() - start) / 1e9;
    double left = spent / finished * (total - finished);
    err.printf(Locale.ROOT, "%14s   %s left%n", figure, time(left));
  }

  void done() {
    err.printf(Locale.ROOT, "trapline: done in %s%n", time((System.nanoTime() - start) / 1e9));
  }

  static String time(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60
        ? whole + " s"
        : String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60);
  }
}
