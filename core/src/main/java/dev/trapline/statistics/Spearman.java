// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.hipparchus.distribution.continuous.TDistribution;
import org.jspecify.annotations.Nullable;

/// How nearly pairs of values are in the same order: the correlation of their ranks, where equal
/// values share the mean of their ranks.
///
/// Up to [#MAXIMUM_EXACT] pairs `p` is exact, also with ties: the share of all n! ways to pair the
/// ranks that lie at least as far from no correlation (E. S. Pearson and others call it the
/// permutation test; M. G. Kendall, Rank Correlation Methods, 4th ed., section 4.15). It assumes
/// nothing about the shape of the values. Beyond that it is that of the t approximation with n - 2
/// degrees of freedom. A rank correlation is not a statement about cause.
///
/// @param n how many pairs
/// @param rho from -1 to 1
/// @param p two-sided
/// @param exact whether `p` is that of the permutations
/// @param smallestP the least `p` that so many pairs with these ties can have at all; null if `p`
///   is not exact. Where it is above a level of significance, no order whatsoever reaches it
public record Spearman(int n, double rho, double p, boolean exact, @Nullable Double smallestP) {
  /// Most pairs whose permutations are all looked at: 9! are 362,880.
  public static final int MAXIMUM_EXACT = 9;

  /// Without ties they depend on the number of pairs alone.
  private static final Map<Integer, Permutations> UNTIED = new ConcurrentHashMap<>();

  /// Of values that belong together by their place in the lists; empty if one list has the same
  /// value throughout, where there is no order.
  ///
  /// @throws IllegalArgumentException if the lists differ in length, have fewer than two values, or
  ///   one is infinite or not a number
  public static Optional<Spearman> of(List<Double> first, List<Double> second) {
    double[] x = Pairs.checked("first", first, second);
    double[] y = Pairs.checked("second", second, first);
    if (Pairs.isConstant(x) || Pairs.isConstant(y)) {
      return Optional.empty();
    }
    int n = x.length;
    long[] xRanks = doubledRanks(x);
    long[] yRanks = doubledRanks(y);
    // Sums of products of whole numbers: ties between permutations are seen exactly.
    long observed = sumOfProducts(xRanks, yRanks) - withoutCorrelation(n);
    double rho = observed / Math.sqrt((double) spread(xRanks) * spread(yRanks));
    if (n > MAXIMUM_EXACT) {
      return Optional.of(new Spearman(n, rho, approximateP(rho, n), false, null));
    }
    Permutations all =
        hasNoTies(xRanks) && hasNoTies(yRanks)
            ? UNTIED.computeIfAbsent(n, Permutations::untied)
            : new Permutations(xRanks, yRanks);
    return Optional.of(
        new Spearman(n, rho, all.shareAtLeast(Math.abs(observed)), true, all.shareOfFarthest()));
  }

  /// Twice the rank from 1, so that shared ranks are whole numbers too.
  private static long[] doubledRanks(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    long[] ranks = new long[values.length];
    for (int at = 0; at < values.length; at++) {
      int below = 0;
      int notAbove = 0;
      for (double other : sorted) {
        below += other < values[at] ? 1 : 0;
        notAbove += other <= values[at] ? 1 : 0;
      }
      ranks[at] = below + 1L + notAbove;
    }
    return ranks;
  }

  private static boolean hasNoTies(long[] ranks) {
    return LongStream.of(ranks).distinct().count() == ranks.length;
  }

  private static long sumOfProducts(long[] first, long[] second) {
    long sum = 0;
    for (int at = 0; at < first.length; at++) {
      sum += first[at] * second[at];
    }
    return sum;
  }

  /// The mean of the sum over all permutations: doubled ranks are n + 1 on average.
  private static long withoutCorrelation(int n) {
    return (long) n * (n + 1) * (n + 1);
  }

  private static long spread(long[] ranks) {
    return sumOfProducts(ranks, ranks) - withoutCorrelation(ranks.length);
  }

  private static double approximateP(double rho, int n) {
    if (Math.abs(rho) >= 1) {
      return 0;
    }
    double t = Math.abs(rho) * Math.sqrt((n - 2) / ((1 - rho) * (1 + rho)));
    return 2 * new TDistribution(n - 2).cumulativeProbability(-t);
  }

  /// How far from no correlation each way to pair two lists of ranks lies.
  private static final class Permutations {
    private final long[] distances;

    Permutations(long[] first, long[] second) {
      int ways = 1;
      for (int factor = 2; factor <= first.length; factor++) {
        ways *= factor;
      }
      distances = new long[ways];
      fill(first, second.clone(), 0, 0, 0);
      Arrays.sort(distances);
    }

    static Permutations untied(int n) {
      long[] ranks = LongStream.rangeClosed(1, n).map(rank -> 2 * rank).toArray();
      return new Permutations(ranks, ranks);
    }

    /// Puts each remaining rank at this position in turn; returns how many are filled in.
    private int fill(long[] first, long[] second, int position, long sum, int filled) {
      if (position == first.length) {
        distances[filled] = Math.abs(sum - withoutCorrelation(first.length));
        return filled + 1;
      }
      int next = filled;
      for (int chosen = position; chosen < first.length; chosen++) {
        swap(second, position, chosen);
        next = fill(first, second, position + 1, sum + first[position] * second[position], next);
        swap(second, position, chosen);
      }
      return next;
    }

    private static void swap(long[] ranks, int one, int other) {
      long kept = ranks[one];
      ranks[one] = ranks[other];
      ranks[other] = kept;
    }

    double shareAtLeast(long distance) {
      int below = 0;
      int notBelow = distances.length;
      while (below < notBelow) {
        int middle = (below + notBelow) >>> 1;
        if (distances[middle] < distance) {
          below = middle + 1;
        } else {
          notBelow = middle;
        }
      }
      return (double) (distances.length - below) / distances.length;
    }

    double shareOfFarthest() {
      return shareAtLeast(distances[distances.length - 1]);
    }
  }
}
