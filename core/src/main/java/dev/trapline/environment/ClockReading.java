// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// How far another machine's wall clock is ahead of ours, by questions and answers over the way
/// that there is: Cristian, "Probabilistic clock synchronization", Distributed Computing 3 (1989).
/// The answer was given somewhere between question and arrival, so half of the shortest round trip
/// bounds the error, however lopsided the way.
///
/// @param offsetNanos its clock minus ours; negative if it is behind
/// @param errorNanos the most that this can be wrong by, drift during the measurement left aside
public record ClockReading(long offsetNanos, long errorNanos) {
  /// One question and its answer.
  ///
  /// @param askedNanos our wall clock when it was asked, nanoseconds since 1970
  /// @param answeredNanos its wall clock when it answered
  /// @param heardNanos our wall clock when the answer had come, by way of the monotonic clock
  public record Exchange(long askedNanos, long answeredNanos, long heardNanos) {
    private long roundTripNanos() {
      return heardNanos - askedNanos;
    }
  }

  /// From the exchange with the shortest round trip, which is the one that says most.
  ///
  /// @throws IllegalArgumentException if there is none
  public static ClockReading of(List<Exchange> exchanges) {
    Exchange best =
        exchanges.stream()
            .min(java.util.Comparator.comparingLong(Exchange::roundTripNanos))
            .orElseThrow(() -> new IllegalArgumentException("no exchange"));
    long half = (best.roundTripNanos() + 1) / 2;
    return new ClockReading(best.answeredNanos() - best.askedNanos() - half, half);
  }

  /// The same moment by that clock.
  public Instant there(Instant here) {
    return here.plus(Duration.ofNanos(offsetNanos));
  }
}
