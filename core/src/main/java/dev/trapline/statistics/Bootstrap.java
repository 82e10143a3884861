// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/// Intervals of a median, and of a ratio of two medians, by drawing the values again: the
/// percentile bootstrap (B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993,
/// chapter 13).
///
/// [#RESAMPLES] are 1999, so that the ends are the 50th and the 1950th smallest and nothing is
/// interpolated (A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997,
/// section 5.2). It is not the bias-corrected and accelerated one: its acceleration is a jackknife,
/// which fails for medians (Efron and Tibshirani, section 11.6).
///
/// The confidence is NOMINAL. A resample holds no value that was not measured, so with few values
/// the interval ends at the smallest and the largest: of three values it covers the true median in
/// 75% of cases, not in 95%. [MedianInterval] and [RatioInterval] say what so many values allow.
///
/// The draws depend on how many values there are and on the seed, not on the values: the same
/// values give the same interval every time, and a factor on all values is a factor on the ends.
public final class Bootstrap {
  /// How often the values are drawn again.
  public static final int RESAMPLES = 1999;

  private static final int LOWER = 50;
  private static final int UPPER = RESAMPLES + 1 - LOWER;
  private static final long SEED = 20_261_101L;
  private static final long OTHER_SEED = 19_790_101L;

  private record Drawn(int n, long seed) {}

  private static final Map<Drawn, int[][]> MIDDLES = new ConcurrentHashMap<>();

  private Bootstrap() {}

  /// Of the median.
  ///
  /// @throws IllegalArgumentException if there is no value, or one is infinite or not a number
  public static Interval ofMedian(Collection<Double> values) {
    return between(medians(Samples.sorted("median", values), SEED));
  }

  /// Of the median above over the median below, both drawn again by themselves.
  ///
  /// @throws IllegalArgumentException if a group is empty, a value is infinite or not a number, or
  ///   one below is not positive
  public static Interval ofMedianRatio(
      Collection<Double> numerator, Collection<Double> denominator) {
    double[] above = Samples.sorted("numerator", numerator);
    double[] below = Samples.sorted("denominator", denominator);
    if (below[0] <= 0) {
      throw new IllegalArgumentException(
          "denominator: a ratio needs positive values, not " + below[0]);
    }
    double[] ratios = medians(above, SEED);
    double[] divisors = medians(below, OTHER_SEED);
    for (int at = 0; at < ratios.length; at++) {
      ratios[at] /= divisors[at];
    }
    return between(ratios);
  }

  private static Interval between(double[] resampled) {
    Arrays.sort(resampled);
    return new Interval(
        resampled[LOWER - 1], resampled[UPPER - 1], MedianInterval.USUAL_CONFIDENCE);
  }

  private static double[] medians(double[] sorted, long seed) {
    int[][] middles =
        MIDDLES.computeIfAbsent(new Drawn(sorted.length, seed), Bootstrap::drawMiddles);
    double[] medians = new double[RESAMPLES];
    for (int at = 0; at < RESAMPLES; at++) {
      medians[at] = sorted[middles[at][0]] / 2 + sorted[middles[at][1]] / 2;
    }
    return medians;
  }

  /// Which ranks the two middle values of each resample have; the same one twice if n is odd.
  private static int[][] drawMiddles(Drawn drawn) {
    Random random = new Random(drawn.seed() + drawn.n());
    int[][] middles = new int[RESAMPLES][];
    int[] ranks = new int[drawn.n()];
    for (int at = 0; at < RESAMPLES; at++) {
      for (int draw = 0; draw < ranks.length; draw++) {
        ranks[draw] = random.nextInt(ranks.length);
      }
      Arrays.sort(ranks);
      middles[at] = new int[] {ranks[(ranks.length - 1) / 2], ranks[ranks.length / 2]};
    }
    return middles;
  }
}
