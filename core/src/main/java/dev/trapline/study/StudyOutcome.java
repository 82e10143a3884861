// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One figure that an environment reached.
///
/// @param name one of [#NAMES]
/// @param figure in the unit that the name ends in, or in `unitAsWritten`
/// @param unitAsWritten the unit where the name has none, as the source writes it: `GB` of a tool
///   may be GiB. Null if the name tells
/// @param run which run it comes from; null if the source does not tell
public record StudyOutcome(
    String environment,
    String name,
    Figure figure,
    @Nullable String unitAsWritten,
    @Nullable String run) {
  /// Goodput or throughput of the bulk test, in 10^9 bits per second.
  public static final String THROUGHPUT = "throughput_gbit_s";

  /// Latency of the ping-pong test in microseconds, half or whole round trip as the assumption
  /// [Assumption#HALF_ROUND_TRIP] says.
  public static final String LATENCY = "latency_us";

  /// Payload of the bulk test; its unit is written beside it.
  public static final String TRANSFERRED = "transferred";

  /// Messages of the latency test.
  public static final String MESSAGES = "latency_messages";

  /// Calls of all kinds in the bulk test, of sides that the study may not tell.
  public static final String THROUGHPUT_TOTAL = "throughput_total_syscalls";

  /// The same in the latency test.
  public static final String LATENCY_TOTAL = "latency_total_syscalls";

  /// All names of outcomes.
  public static final List<String> NAMES =
      List.of(THROUGHPUT, LATENCY, TRANSFERRED, MESSAGES, THROUGHPUT_TOTAL, LATENCY_TOTAL);
}
