// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Whether repeats rise or fall in the order in which they were made, as on a machine that warms
/// up. The other statistics here assume that they do not.
///
/// The test is that of H. B. Mann, "Nonparametric tests against trend", Econometrica 13 (1945),
/// 245-259: [Kendall] of the values against their order. The slope is the median of those of all
/// pairs (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of
/// the American Statistical Association 63 (1968), 1379-1389). It sees a steady trend; not a jump
/// and back.
///
/// @param n how many values
/// @param tau from -1, always falling, to 1, always rising
/// @param p two-sided
/// @param slopePerStep from one value to the next, in the unit of the values
public record Drift(int n, double tau, double p, double slopePerStep) {
  /// Of values in order; empty for fewer than three, or if all are the same.
  ///
  /// @throws IllegalArgumentException if one is infinite or not a number
  public static Optional<Drift> of(List<Double> values) {
    if (values.size() < 3) {
      return Optional.empty();
    }
    List<Double> order = new ArrayList<>();
    for (int at = 0; at < values.size(); at++) {
      order.add((double) at);
    }
    return Kendall.of(order, values)
        .map(found -> new Drift(values.size(), found.tau(), found.p(), slope(values)));
  }

  private static double slope(List<Double> values) {
    int n = values.size();
    double[] slopes = new double[n * (n - 1) / 2];
    int next = 0;
    for (int to = 1; to < n; to++) {
      for (int from = 0; from < to; from++) {
        slopes[next++] = (values.get(to) - values.get(from)) / (to - from);
      }
    }
    Arrays.sort(slopes);
    return slopes[(slopes.length - 1) / 2] / 2 + slopes[slopes.length / 2] / 2;
  }
}
