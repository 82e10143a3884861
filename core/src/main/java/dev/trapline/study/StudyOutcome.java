// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import org.jspecify.annotations.Nullable;

/// One figure that an environment reached.
///
/// @param name such as `throughput_gbit_s`, `latency_us`, `transferred`, `latency_messages`,
///   `throughput_total_syscalls`
/// @param figure in the unit that the name ends in, or in `unitAsWritten`
/// @param unitAsWritten the unit where the name has none, as the source writes it: `GB` of a tool
///   may be GiB. Null if the name tells
/// @param run which run it comes from; null if the source does not tell
public record StudyOutcome(
    String environment,
    String name,
    Figure figure,
    @Nullable String unitAsWritten,
    @Nullable String run) {}
