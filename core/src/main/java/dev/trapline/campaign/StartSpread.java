// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.workload.InvariantResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// How far apart the clients of a trial began.
///
/// @param clients how many
/// @param nanos from the first start to the last, by the clocks as they are known
/// @param errorNanos the most that this can be wrong by, either way: twice the largest error of a
///   clock
record StartSpread(int clients, long nanos, long errorNanos) {
  /// Clients that began further apart than this part of the duration did not work at one time.
  private static final double PART_OF_DURATION = 0.1;

  /// @param starts at least one
  static StartSpread of(List<Side.Started> starts) {
    Instant first = starts.getFirst().at();
    Instant last = first;
    long error = 0;
    for (Side.Started start : starts) {
      first = start.at().isBefore(first) ? start.at() : first;
      last = start.at().isAfter(last) ? start.at() : last;
      error = Math.max(error, start.errorNanos());
    }
    return new StartSpread(starts.size(), Duration.between(first, last).toNanos(), 2 * error);
  }

  /// Whether they began together, as far as the clocks can tell.
  InvariantResult invariant(Duration duration) {
    double limit = PART_OF_DURATION * duration.toNanos();
    return new InvariantResult(
        "synchronised-start",
        nanos - errorNanos <= limit,
        String.format(
            Locale.ROOT,
            "%d clients started within %.3f ms +- %.3f ms, limit %.0f ms",
            clients,
            nanos / 1e6,
            errorNanos / 1e6,
            limit / 1e6),
        null);
  }
}
