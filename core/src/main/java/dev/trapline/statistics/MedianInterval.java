// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// The median of a few repeats, with an interval that covers the true median with the stated
/// confidence whatever the distribution of the values.
///
/// The interval runs from the r-th smallest to the r-th largest value. It misses the median only if
/// fewer than r values fall on one side of it, so its confidence is `1 - 2 P(B < r)` with `B`
/// binomial of n and 1/2 (Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2). Only
/// a few confidences exist for a small n; the ACTUAL one is given, which three values take to 75%,
/// five to 93.75% and six to 96.9% at the most. Ties, as from a coarse clock, can only raise it.
///
/// It is not a confidence interval of the mean, and not the spread of the values: it assumes
/// repeats that are independent of each other and drawn from one distribution.
///
/// @param n how many values
/// @param median the middle value, or the mean of the middle two; in the unit of the values
/// @param low lower end; null if one value is all there is
/// @param high upper end; null if one value is all there is
/// @param confidence probability, from 0 to 1, with which such an interval covers the true median;
///   null if there is no interval
public record MedianInterval(
    int n,
    double median,
    @Nullable Double low,
    @Nullable Double high,
    @Nullable Double confidence) {
  /// The confidence asked for where nothing else is said.
  public static final double USUAL_CONFIDENCE = 0.95;

  /// With [#USUAL_CONFIDENCE].
  ///
  /// @throws IllegalArgumentException if there is no value, or one is infinite or not a number
  public static MedianInterval of(Collection<Double> values) {
    return of(values, USUAL_CONFIDENCE);
  }

  /// The narrowest symmetric interval with at least the requested confidence; the widest, from the
  /// smallest to the largest value, if none reaches it.
  ///
  /// @param requestedConfidence between 0 and 1, both excluded
  /// @throws IllegalArgumentException if there is no value, or one is infinite or not a number, or
  ///   the confidence is out of range
  public static MedianInterval of(Collection<Double> values, double requestedConfidence) {
    Samples.checkedConfidence(requestedConfidence);
    double[] sorted = Samples.sorted("median", values);
    int n = sorted.length;
    double median = middle(sorted);
    if (n == 1) {
      return new MedianInterval(n, median, null, null, null);
    }
    // Logarithms, because one half to the power of n is 0 in a double from n = 1075 on.
    double logProbability = -n * Math.log(2);
    double missedOnOneSide = Math.exp(logProbability);
    int rank = 1;
    while (rank < n / 2) {
      logProbability += Math.log((double) (n - rank + 1) / rank);
      double nextMissed = missedOnOneSide + Math.exp(logProbability);
      if (1 - 2 * nextMissed < requestedConfidence) {
        break;
      }
      missedOnOneSide = nextMissed;
      rank++;
    }
    return new MedianInterval(
        n, median, sorted[rank - 1], sorted[n - rank], 1 - 2 * missedOnOneSide);
  }

  /// Whether this value could be the true one; also if there is no interval, since then nothing is
  /// excluded.
  public boolean admits(double value) {
    return low == null || high == null || (low <= value && value <= high);
  }

  /// The middle of sorted values.
  private static double middle(double[] sorted) {
    int upper = sorted.length / 2;
    if (sorted.length % 2 == 1) {
      return sorted[upper];
    }
    // Halved before the sum, which could overflow.
    return sorted[upper - 1] / 2 + sorted[upper] / 2;
  }
}
