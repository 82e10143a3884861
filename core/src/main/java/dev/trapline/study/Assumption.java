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
  /// Keeps a copy.
  public Assumption {
    appliesTo = List.copyOf(appliesTo);
  }
}
