// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.List;

/// Something that a study does not say and its figures need. What rests on one says so.
///
/// @param name such as `duration_s`
/// @param value as written
/// @param appliesTo tests, or empty for all
/// @param basis why it may be assumed
public record Assumption(
    String name, String value, List<String> appliesTo, String basis, Place place) {
  /// Seconds that a test lasted.
  public static final String DURATION = "duration_s";

  /// Whether the published latency is half of a round trip: `true` or `false`.
  public static final String HALF_ROUND_TRIP = "latency_is_half_rtt";

  /// Keeps a copy.
  public Assumption {
    appliesTo = List.copyOf(appliesTo);
  }

  /// Whether it holds for a test.
  public boolean appliesTo(String test) {
    return appliesTo.isEmpty() || appliesTo.contains(test);
  }
}
