// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.study.MessageCount;
import dev.trapline.study.PayloadAmount;
import dev.trapline.study.Study;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What calls are divided by: messages or GiB, in one environment and run.
///
/// @param amount in units of work
/// @param low least that the digits as written allow
/// @param high most that the digits as written allow
/// @param unit `message` or `GiB`
/// @param words how it is known: `82.2 GB`, `30 s / (2 x 32.9 us)`
/// @param assumed whether it rests on an assumption
record Work(double amount, double low, double high, String unit, String words, boolean assumed) {
  private static final double BYTES_PER_GIBIBYTE = 1L << 30;

  /// Of a test in an environment; empty if nothing tells.
  static Optional<Work> of(Study study, String environment, String test, @Nullable String run) {
    return switch (test) {
      case "throughput" -> PayloadAmount.of(study, environment, run).flatMap(Work::ofPayload);
      case "latency" -> MessageCount.of(study, environment, run).flatMap(Work::ofMessages);
      default -> Optional.empty();
    };
  }

  private static Optional<Work> ofPayload(PayloadAmount payload) {
    return payload.bytes() > 0
        ? Optional.of(
            new Work(
                payload.gibibytes(),
                payload.low() / BYTES_PER_GIBIBYTE,
                payload.high() / BYTES_PER_GIBIBYTE,
                "GiB",
                payload.derivation(),
                payload.derived()))
        : Optional.empty();
  }

  private static Optional<Work> ofMessages(MessageCount count) {
    String derivation = count.derivation();
    return count.messages() > 0
        ? Optional.of(
            new Work(
                count.messages(),
                count.low(),
                count.high(),
                "message",
                derivation == null ? "counted" : derivation,
                derivation != null))
        : Optional.empty();
  }

  /// The amount in words: `82.2 GiB`, `about 456,000 messages`, `45,585 messages`.
  String amountInWords() {
    if (!unit.equals("message")) {
      return Numbers.computed(amount) + " GiB";
    }
    return low == high
        ? Numbers.whole(amount) + " messages"
        : "about " + Numbers.computed(amount) + " messages";
  }
}
