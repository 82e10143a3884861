// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.List;
import java.util.Optional;
import org.hipparchus.distribution.continuous.NormalDistribution;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.stat.correlation.PearsonsCorrelation;
import org.jspecify.annotations.Nullable;

/// How nearly pairs of values lie on a straight line: the product-moment correlation.
///
/// `p` is that of the t test with n - 2 degrees of freedom, two-sided, and the interval that of R.
/// A. Fisher's z with the standard error 1 / sqrt(n - 3) (Fisher, "On the 'probable error' of a
/// coefficient of correlation deduced from a small sample", Metron 1 (1921), 3-32). Both assume
/// pairs drawn from a bivariate normal distribution, which a handful of pairs cannot show: with few
/// of them rely on [Spearman]. Nor is it a statement about cause.
///
/// @param n how many pairs
/// @param r from -1 to 1
/// @param p probability of an `r` at least as far from 0 if there were no correlation; null for two
///   pairs, which always lie on a line
/// @param low lower end of the 95% interval; null for fewer than four pairs, or if all lie on a
///   line
/// @param high upper end; null if `low` is
public record Pearson(
    int n, double r, @Nullable Double p, @Nullable Double low, @Nullable Double high) {
  /// Of values that belong together by their place in the lists; empty if one list has the same
  /// value throughout, where there is no correlation to speak of.
  ///
  /// @throws IllegalArgumentException if the lists differ in length, have fewer than two values, or
  ///   one is infinite or not a number
  public static Optional<Pearson> of(List<Double> first, List<Double> second) {
    double[] x = Pairs.checked("first", first, second);
    double[] y = Pairs.checked("second", second, first);
    if (Pairs.isConstant(x) || Pairs.isConstant(y)) {
      return Optional.empty();
    }
    double correlation = new PearsonsCorrelation().correlation(x, y);
    if (Double.isNaN(correlation)) {
      // The values differ by less than a double's sum of squares resolves.
      return Optional.empty();
    }
    double r = Math.clamp(correlation, -1, 1);
    int n = x.length;
    boolean onOneLine = Math.abs(r) == 1;
    Double p = n < 3 ? null : Double.valueOf(onOneLine ? 0 : twoSidedP(r, n));
    if (n < 4 || onOneLine) {
      return Optional.of(new Pearson(n, r, p, null, null));
    }
    double z = atanh(r);
    double margin =
        new NormalDistribution(0, 1)
                .inverseCumulativeProbability((1 + MedianInterval.USUAL_CONFIDENCE) / 2)
            / Math.sqrt(n - 3);
    return Optional.of(new Pearson(n, r, p, Math.tanh(z - margin), Math.tanh(z + margin)));
  }

  private static double twoSidedP(double r, int n) {
    int degreesOfFreedom = n - 2;
    double t = Math.abs(r) * Math.sqrt(degreesOfFreedom / ((1 - r) * (1 + r)));
    return 2 * new TDistribution(degreesOfFreedom).cumulativeProbability(-t);
  }

  private static double atanh(double r) {
    return (Math.log1p(r) - Math.log1p(-r)) / 2;
  }
}
