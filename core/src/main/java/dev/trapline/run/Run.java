// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import dev.trapline.tally.Completeness;
import java.util.List;
import java.util.Optional;

/// Everything that one call of `bench` or `record` found out.
///
/// @param completeness of all traced trials together; its notes name what was lost where
/// @param trials in the order in which they ran, failed ones too
/// @param tallies of the traced trials
public record Run(
    Provenance provenance, Completeness completeness, List<Trial> trials, List<RoleTally> tallies) {
  /// The published name of this shape.
  public static final String SCHEMA = "trapline.run/1";

  /// Keeps unmodifiable copies.
  public Run {
    trials = List.copyOf(trials);
    tallies = List.copyOf(tallies);
  }

  /// The trial of this id.
  public Optional<Trial> trial(String id) {
    return trials.stream().filter(trial -> trial.id().equals(id)).findFirst();
  }
}
