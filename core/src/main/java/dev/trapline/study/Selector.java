// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which figures a claim is about: rows of counts, an outcome, or a derived amount. Null is "any".
///
/// @param syscalls any of these; empty if the selector names an outcome or a derivation
/// @param outcome name of an outcome; null for counts
/// @param derived a formula over assumptions and outcomes, such as `duration_s / (2 x latency)`;
///   null for figures that are given
/// @param per what the count is to be divided by, such as `message` or `GiB`; null for nothing
/// @param absentMeansZeroFor environments in which no such row means that there were none
public record Selector(
    @Nullable String environment,
    @Nullable String test,
    @Nullable String role,
    List<String> syscalls,
    @Nullable String outcome,
    @Nullable String derived,
    @Nullable String per,
    List<String> absentMeansZeroFor,
    Place place) {
  /// Keeps copies.
  public Selector {
    syscalls = List.copyOf(syscalls);
    absentMeansZeroFor = List.copyOf(absentMeansZeroFor);
  }
}
