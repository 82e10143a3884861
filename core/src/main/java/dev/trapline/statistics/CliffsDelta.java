// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Collection;
import org.hipparchus.distribution.continuous.NormalDistribution;

/// How far two groups overlap, whatever their unit: the share of all pairs in which the first
/// group's value is the larger, less the share in which it is the smaller. 1 if all are larger, 0
/// if neither is, -1 if all are smaller (N. Cliff, "Dominance statistics: Ordinal analyses to
/// answer ordinal questions", Psychological Bulletin 114 (1993), 494-509). It is `2 A - 1` of A.
/// Vargha and H. D. Delaney's A (Journal of Educational and Behavioral Statistics 25 (2000),
/// 101-132).
///
/// It says how consistent a difference is, not how large: 1 ns more each time is 1.
///
/// The interval is R. G. Newcombe's method 5 (Statistics in Medicine 25 (2006), 559-573): the
/// values of A whose distance from the one seen is at most z standard errors, with the standard
/// error of J. A. Hanley and B. J. McNeil (Radiology 143 (1982), 29-36) at that A and the mean of
/// both sizes. Unlike one from the standard error at the value seen, it has a width also where all
/// pairs agree. 95%, approximate with few values.
///
/// @param nFirst how many values in the first group
/// @param nSecond how many in the second
/// @param delta from -1 to 1
/// @param low lower end of the interval
/// @param high upper end
public record CliffsDelta(int nFirst, int nSecond, double delta, double low, double high) {
  private static final double Z =
      new NormalDistribution(0, 1)
          .inverseCumulativeProbability((1 + MedianInterval.USUAL_CONFIDENCE) / 2);
  private static final int HALVINGS = 60;

  /// Of the first group against the second.
  ///
  /// @throws IllegalArgumentException if a group is empty, or a value is infinite or not a number
  public static CliffsDelta of(Collection<Double> first, Collection<Double> second) {
    double[] x = Samples.sorted("first", first);
    double[] y = Samples.sorted("second", second);
    long dominance = 0;
    int below = 0;
    int notAbove = 0;
    for (double value : x) {
      while (below < y.length && y[below] < value) {
        below++;
      }
      while (notAbove < y.length && y[notAbove] <= value) {
        notAbove++;
      }
      dominance += below - (y.length - notAbove);
    }
    double delta = (double) dominance / ((double) x.length * y.length);
    double share = (delta + 1) / 2;
    return new CliffsDelta(
        x.length,
        y.length,
        delta,
        2 * farthest(share, 0, x.length, y.length) - 1,
        2 * farthest(share, 1, x.length, y.length) - 1);
  }

  /// The share farthest from the one seen, towards an end, that is still z standard errors away.
  private static double farthest(double seen, double end, int m, int n) {
    double admitted = seen;
    double refused = end;
    if (isAdmitted(seen, refused, m, n)) {
      return refused;
    }
    for (int halving = 0; halving < HALVINGS; halving++) {
      double middle = (admitted + refused) / 2;
      if (isAdmitted(seen, middle, m, n)) {
        admitted = middle;
      } else {
        refused = middle;
      }
    }
    return admitted;
  }

  private static boolean isAdmitted(double seen, double supposed, int m, int n) {
    return Math.abs(seen - supposed) <= Z * Math.sqrt(variance(supposed, m, n));
  }

  private static double variance(double share, int m, int n) {
    double others = (m + n) / 2.0 - 1;
    return share
        * (1 - share)
        * (1 + others * ((1 - share) / (2 - share) + share / (1 + share)))
        / ((double) m * n);
  }
}
