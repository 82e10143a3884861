// SPDX-License-Identifier: Apache-2.0
package dev.trapline.association;

import dev.trapline.metric.Metric;
import dev.trapline.statistics.Kendall;
import dev.trapline.statistics.Pearson;
import dev.trapline.statistics.Spearman;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How one candidate goes with an outcome. It is never a statement about cause.
///
/// @param scope which points
/// @param environment that all points are of; null for scopes over several
/// @param candidate such as calls per message; its `per` is null if it is the raw count of a trial
/// @param outcome such as the half-RTT
/// @param points what was correlated
/// @param pearson assumes a normal distribution, which few points cannot show
/// @param kendall the one that the verdict rests on: exact up to 60 points
/// @param adjustedP kendall's p after Holm over all candidates of this scope and outcome
/// @param shown whether `adjustedP` is below 0.05
/// @param sentence what so many points allow to say
/// @param confounders what else could make such an association
public record Association(
    Scope scope,
    @Nullable String environment,
    Metric candidate,
    Metric outcome,
    List<Point> points,
    Pearson pearson,
    Spearman spearman,
    Kendall kendall,
    double adjustedP,
    boolean shown,
    String sentence,
    List<String> confounders) {
  /// Which points.
  public enum Scope {
    /// Traced trials of one environment.
    TRIALS,
    /// Traced trials of all environments, each within its own: differences from the environment's
    /// median.
    TRIALS_WITHIN_ENVIRONMENTS,
    /// One point for each environment: the medians.
    ENVIRONMENTS;

    private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /// As in files: `trials`, `environments`.
    public String word() {
      return word;
    }
  }

  /// One point.
  ///
  /// @param trial its id; null if it stands for an environment
  public record Point(
      @Nullable String trial, String environment, double candidate, double outcome) {}

  /// Keeps copies.
  public Association {
    points = List.copyOf(points);
    confounders = List.copyOf(confounders);
  }

  /// How many points.
  public int n() {
    return points.size();
  }
}
