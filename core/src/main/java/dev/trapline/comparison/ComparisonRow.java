// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.metric.Metric;
import dev.trapline.statistics.CliffsDelta;
import dev.trapline.statistics.Drift;
import dev.trapline.statistics.Interval;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RankSum;
import dev.trapline.statistics.RatioInterval;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One metric on both sides.
///
/// @param ratio median of b over median of a; null if a side has no figure or a's median is 0
/// @param ratioInterval of that ratio, by bootstrap, nominally 95%; null where the ratio is, where
///   a side has fewer than two values, or where a value of a is 0
/// @param rankInterval the factor by ranks with the confidence that so few values really allow;
///   null if a value is not positive or there are too many
/// @param effect how consistently b is above a: Cliff's delta, 1 if all of b are above all of a;
///   null if a side has fewer than two values
/// @param test the exact test; null if a side has no figure
/// @param adjustedP its two-sided p after Holm over the rows of its table: those of the same test,
///   subject and family; null if `test` is
/// @param verdict b against a
/// @param explainedNanos by how much work time per unit of work this row makes b differ from a;
///   null for rows that no work time is known of. Rows of calls have that of the same calls
/// @param explainedShare its size over the sum of the sizes of all such differences of this test;
///   null if `explainedNanos` is
/// @param reason why the verdict is what it is, in words: "no difference can be shown (n = 3
///   against 3: p is at least 0.1)"
/// @param notes drift and outliers
public record ComparisonRow(
    Metric metric,
    Group a,
    Group b,
    @Nullable Double ratio,
    @Nullable Interval ratioInterval,
    @Nullable RatioInterval rankInterval,
    @Nullable CliffsDelta effect,
    @Nullable RankSum test,
    @Nullable Double adjustedP,
    Verdict verdict,
    @Nullable Double explainedNanos,
    @Nullable Double explainedShare,
    String reason,
    List<String> notes) {
  /// The level of significance of all verdicts.
  public static final double SIGNIFICANCE = 0.05;

  /// Keeps a copy.
  public ComparisonRow {
    notes = List.copyOf(notes);
  }

  /// What b is against a.
  public enum Verdict {
    /// b is higher, and that is shown.
    HIGHER,
    /// b is lower, and that is shown.
    LOWER,
    /// Every value is the same on both sides.
    SAME,
    /// There may be a difference or none: these trials do not show one.
    NOT_SHOWN,
    /// A side has no figure.
    UNKNOWN;

    private final String word = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

    /// As in files: `higher`, `not-shown`.
    public String word() {
      return word;
    }
  }

  /// One side's values of the metric, in the order of the trials.
  ///
  /// @param trials their ids
  /// @param values one for each of them
  /// @param median null if there is no value
  /// @param interval of the median, by bootstrap, nominally 95%; null for fewer than two
  /// @param exactInterval of the median by order statistics, with its real confidence
  /// @param drift over the order of the trials; null for fewer than three, or if all are the same
  /// @param outliers ids of trials far from the others
  public record Group(
      List<String> trials,
      List<Double> values,
      @Nullable Double median,
      @Nullable Interval interval,
      @Nullable MedianInterval exactInterval,
      @Nullable Drift drift,
      List<String> outliers) {
    /// Keeps copies.
    public Group {
      trials = List.copyOf(trials);
      values = List.copyOf(values);
      outliers = List.copyOf(outliers);
    }

    /// How many values.
    public int n() {
      return values.size();
    }
  }

  /// Whether b is better, as far as it is shown and better means something.
  public @Nullable Boolean isBetter() {
    if (verdict != Verdict.HIGHER && verdict != Verdict.LOWER) {
      return null;
    }
    return switch (metric.better()) {
      case LOWER -> verdict == Verdict.LOWER;
      case HIGHER -> verdict == Verdict.HIGHER;
      case NEITHER -> null;
    };
  }
}
