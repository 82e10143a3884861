// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.hipparchus.distribution.continuous.NormalDistribution;
import org.jspecify.annotations.Nullable;

/// How nearly pairs of values are in the same order, as two random pairs would tell: the chance
/// that both values rise together, less the chance that one rises as the other falls. tau-b, which
/// leaves ties out of the denominator (M. G. Kendall, Rank Correlation Methods, 4th ed., 1970,
/// chapters 1 and 3).
///
/// `p` is exact for up to [#MAXIMUM_EXACT] pairs without ties, by the recurrence of Kendall, "A new
/// measure of rank correlation", Biometrika 30 (1938), 81-93; with ties up to [#MAXIMUM_TIED], by
/// all permutations. Beyond that it is the normal approximation with the variance under ties and
/// the correction for continuity (Rank Correlation Methods, sections 4.6 to 4.11). It assumes
/// nothing of the shape of the values, and is not a statement about cause.
///
/// @param n how many pairs
/// @param tau from -1 to 1
/// @param p two-sided
/// @param exact whether `p` is not the approximation
/// @param smallestP the least `p` that so many pairs with these ties can have; null if `p` is not
///   exact. Where it is above a level of significance, no order whatsoever reaches it
public record Kendall(int n, double tau, double p, boolean exact, @Nullable Double smallestP) {
  /// Most pairs without ties whose `p` is exact.
  public static final int MAXIMUM_EXACT = 60;

  /// Most pairs with ties whose permutations are all looked at: 8! are 40,320.
  public static final int MAXIMUM_TIED = 8;

  private static final Map<Integer, double[]> UNTIED = new ConcurrentHashMap<>();

  /// Of values that belong together by their place in the lists; empty if one list has the same
  /// value throughout, where there is no order.
  ///
  /// @throws IllegalArgumentException if the lists differ in length, have fewer than two values, or
  ///   one is infinite or not a number
  public static Optional<Kendall> of(List<Double> first, List<Double> second) {
    double[] x = Pairs.checked("first", first, second);
    double[] y = Pairs.checked("second", second, first);
    if (Pairs.isConstant(x) || Pairs.isConstant(y)) {
      return Optional.empty();
    }
    int n = x.length;
    int score = score(x, y);
    Ties xTies = Ties.of(x);
    Ties yTies = Ties.of(y);
    double pairs = n * (n - 1) / 2.0;
    double tau =
        Math.clamp(score / Math.sqrt((pairs - xTies.pairs) * (pairs - yTies.pairs)), -1, 1);
    boolean tied = xTies.pairs > 0 || yTies.pairs > 0;
    if (!tied && n <= MAXIMUM_EXACT) {
      double[] scores = UNTIED.computeIfAbsent(n, Kendall::untiedScores);
      int most = n * (n - 1) / 2;
      return Optional.of(
          new Kendall(n, tau, atLeast(scores, Math.abs(score)), true, atLeast(scores, most)));
    }
    if (tied && n <= MAXIMUM_TIED) {
      double[] scores = permutedScores(x, y);
      int most = 0;
      for (int at = 0; at < scores.length; at++) {
        most = scores[at] > 0 ? Math.max(most, Math.abs(at - (scores.length - 1) / 2)) : most;
      }
      return Optional.of(
          new Kendall(n, tau, atLeast(scores, Math.abs(score)), true, atLeast(scores, most)));
    }
    return Optional.of(new Kendall(n, tau, approximateP(score, n, xTies, yTies), false, null));
  }

  /// Pairs in the same order less pairs in the opposite one.
  private static int score(double[] x, double[] y) {
    int score = 0;
    for (int at = 1; at < x.length; at++) {
      for (int before = 0; before < at; before++) {
        score += (int) (Math.signum(x[at] - x[before]) * Math.signum(y[at] - y[before]));
      }
    }
    return score;
  }

  /// Probability of each score of n pairs, from the least to the largest; every other one is 0.
  private static double[] untiedScores(int n) {
    double[] inversions = {1};
    for (int size = 2; size <= n; size++) {
      double[] next = new double[inversions.length + size - 1];
      for (int at = 0; at < inversions.length; at++) {
        for (int more = 0; more < size; more++) {
          next[at + more] += inversions[at] / size;
        }
      }
      inversions = next;
    }
    double[] scores = new double[2 * inversions.length - 1];
    for (int at = 0; at < inversions.length; at++) {
      scores[2 * at] = inversions[at];
    }
    return scores;
  }

  private static double[] permutedScores(double[] x, double[] y) {
    int most = x.length * (x.length - 1) / 2;
    double[] scores = new double[2 * most + 1];
    double[] permuted = y.clone();
    permute(x, permuted, 0, 0, scores, most);
    double ways = 0;
    for (double score : scores) {
      ways += score;
    }
    for (int at = 0; at < scores.length; at++) {
      scores[at] /= ways;
    }
    return scores;
  }

  private static void permute(
      double[] x, double[] y, int position, int score, double[] scores, int middle) {
    if (position == x.length) {
      scores[middle + score]++;
      return;
    }
    for (int chosen = position; chosen < x.length; chosen++) {
      swap(y, position, chosen);
      int added = 0;
      for (int before = 0; before < position; before++) {
        added +=
            (int) (Math.signum(x[position] - x[before]) * Math.signum(y[position] - y[before]));
      }
      permute(x, y, position + 1, score + added, scores, middle);
      swap(y, position, chosen);
    }
  }

  private static void swap(double[] values, int one, int other) {
    double kept = values[one];
    values[one] = values[other];
    values[other] = kept;
  }

  private static double atLeast(double[] scores, int distance) {
    int middle = (scores.length - 1) / 2;
    double sum = 0;
    for (int at = 0; at < scores.length; at++) {
      sum += Math.abs(at - middle) >= distance ? scores[at] : 0;
    }
    return Math.min(1, sum);
  }

  private static double approximateP(int score, double n, Ties x, Ties y) {
    double variance =
        (n * (n - 1) * (2 * n + 5) - x.weighted - y.weighted) / 18
            + 2 * x.pairs * y.pairs / (n * (n - 1))
            + x.triples * y.triples / (9 * n * (n - 1) * (n - 2));
    double distance = Math.max(0, Math.abs(score) - 1) / Math.sqrt(variance);
    return Math.min(1, 2 * new NormalDistribution(0, 1).cumulativeProbability(-distance));
  }

  /// What groups of equal values take away.
  ///
  /// @param pairs sum of t (t - 1) / 2
  /// @param triples sum of t (t - 1) (t - 2)
  /// @param weighted sum of t (t - 1) (2 t + 5)
  private record Ties(double pairs, double triples, double weighted) {
    static Ties of(double[] values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      double pairs = 0;
      double triples = 0;
      double weighted = 0;
      int from = 0;
      while (from < sorted.length) {
        int to = from;
        while (to < sorted.length && sorted[to] == sorted[from]) {
          to++;
        }
        double tied = to - from;
        pairs += tied * (tied - 1) / 2;
        triples += tied * (tied - 1) * (tied - 2);
        weighted += tied * (tied - 1) * (2 * tied + 5);
        from = to;
      }
      return new Ties(pairs, triples, weighted);
    }
  }
}
