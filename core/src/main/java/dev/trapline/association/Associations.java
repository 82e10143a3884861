// SPDX-License-Identifier: Apache-2.0
package dev.trapline.association;

import dev.trapline.metric.RunMetrics;
import dev.trapline.run.Run;
import java.util.List;

/// All associations of a run.
///
/// @param found strongest first within each scope and outcome
/// @param notes what so many trials and environments allow to say at all
public record Associations(List<Association> found, List<String> notes) {
  /// Keeps copies.
  public Associations {
    found = List.copyOf(found);
    notes = List.copyOf(notes);
  }

  /// Of one run: never across runs.
  public static Associations of(Run run) {
    return of(RunMetrics.of(run));
  }

  /// As [#of(Run)], where the run's metrics are at hand.
  public static Associations of(RunMetrics metrics) {
    return AssociationFinder.find(metrics);
  }
}
