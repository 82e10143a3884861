// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.Collections;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// How one side's total splits up, where a study gives percentages in place of counts.
///
/// They are shares, not amounts: two of different totals cannot be compared, and what is missing to
/// 100 is not told.
///
/// @param role null if the study does not tell the side
/// @param of what the whole is, in the study's words, such as `CPU cycles of the process`
/// @param percents name of a part to its percentage of the whole, in the order of the source
public record StudyShare(
    String environment,
    String test,
    @Nullable String role,
    String of,
    SequencedMap<String, Figure> percents,
    Place place) {
  /// Keeps an unmodifiable copy.
  public StudyShare {
    percents = Collections.unmodifiableSequencedMap(new java.util.LinkedHashMap<>(percents));
  }
}
