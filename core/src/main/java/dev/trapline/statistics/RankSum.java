// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.hipparchus.distribution.continuous.NormalDistribution;

/// Whether two groups could be of one distribution: the test of Wilcoxon, Mann and Whitney, exact
/// also with ties.
///
/// Where no value comes twice, `p` is that of [MannWhitney]. With ties it is the share of all ways
/// to deal the same values to two groups of these sizes, counted by the shift algorithm (B.
/// Streitberg and J. Roehmel, "Exact distributions for permutation and rank tests", Statistical
/// Software Newsletter 12 (1986), 10-17). Above [#MOST_PAIRS] pairs, or [#MOST_TIED_PAIRS] with
/// ties, it is the normal approximation with corrections for ties and continuity (Hollander, Wolfe,
/// Chicken, Nonparametric Statistical Methods, 3rd ed., section 4.1).
///
/// It is not a test of medians, and says nothing of how large a difference is. It assumes that the
/// values are independent: a machine that warms up makes them not so.
///
/// @param nFirst how many values in the first group
/// @param nSecond how many in the second
/// @param u pairs in which the first group's value is the larger; a tie is one half
/// @param p two-sided: a U at least as far from the middle
/// @param pGreater one-sided: a U at least as large
/// @param pLess one-sided: a U at least as small
/// @param exact whether it is not the approximation
/// @param smallestP the least two-sided `p` that groups of these sizes and ties can have. Where it
///   is above a level of significance, no difference whatsoever can be shown
public record RankSum(
    int nFirst,
    int nSecond,
    double u,
    double p,
    double pGreater,
    double pLess,
    boolean exact,
    double smallestP) {
  /// Most pairs for an exact `p` of values that all differ.
  public static final int MOST_PAIRS = 2500;

  /// Most pairs for an exact `p` where some values are the same.
  public static final int MOST_TIED_PAIRS = 400;

  private record Sizes(int first, int second) {}

  private static final Map<Sizes, MannWhitney> UNTIED = new ConcurrentHashMap<>();

  /// Of the first group against the second.
  ///
  /// @throws IllegalArgumentException if a group is empty, or a value is infinite or not a number
  public static RankSum of(Collection<Double> first, Collection<Double> second) {
    double[] x = Samples.sorted("first", first);
    double[] y = Samples.sorted("second", second);
    double[] all = Arrays.copyOf(x, x.length + y.length);
    System.arraycopy(y, 0, all, x.length, y.length);
    Arrays.sort(all);
    int[] doubledRanks = doubledRanks(all);
    long doubledU = 0;
    for (double value : x) {
      doubledU += doubledRanks[Arrays.binarySearch(all, value)];
    }
    doubledU -= (long) x.length * (x.length + 1);
    long pairs = (long) x.length * y.length;
    boolean tied = hasTies(all);
    if (tied ? pairs <= MOST_TIED_PAIRS : pairs <= MOST_PAIRS) {
      double[] distribution =
          tied ? dealt(doubledRanks, x.length) : untied(x.length, y.length, (int) pairs);
      return exact(x.length, y.length, (int) doubledU, distribution);
    }
    return approximate(x.length, y.length, doubledU / 2.0, all);
  }

  /// The least two-sided `p` that groups of these sizes can have if no two values are the same.
  public static double smallestP(int firstSize, int secondSize) {
    double ways = 1;
    int fewer = Math.min(firstSize, secondSize);
    for (int at = 1; at <= fewer; at++) {
      ways *= (double) (firstSize + secondSize - fewer + at) / at;
    }
    return Math.min(1, 2 / ways);
  }

  private static RankSum exact(int m, int n, int doubledU, double[] distribution) {
    int middle = m * n;
    double greater = 0;
    double less = 0;
    double farther = 0;
    int farthest = 0;
    for (int at = 0; at < distribution.length; at++) {
      double probability = distribution[at];
      if (probability > 0) {
        farthest = Math.max(farthest, Math.abs(at - middle));
        greater += at >= doubledU ? probability : 0;
        less += at <= doubledU ? probability : 0;
        farther += Math.abs(at - middle) >= Math.abs(doubledU - middle) ? probability : 0;
      }
    }
    double smallest = 0;
    for (int at = 0; at < distribution.length; at++) {
      smallest += Math.abs(at - middle) >= farthest ? distribution[at] : 0;
    }
    return new RankSum(
        m,
        n,
        doubledU / 2.0,
        Math.min(1, farther),
        Math.min(1, greater),
        Math.min(1, less),
        true,
        Math.min(1, smallest));
  }

  /// By doubled U, where every other one cannot be.
  private static double[] untied(int m, int n, int pairs) {
    MannWhitney known =
        UNTIED.computeIfAbsent(
            new Sizes(m, n), sizes -> MannWhitney.ofSizes(sizes.first(), sizes.second()));
    double[] distribution = new double[2 * pairs + 1];
    for (int u = 0; u <= pairs; u++) {
      distribution[2 * u] = known.probability(u);
    }
    return distribution;
  }

  /// By doubled U: the share of all choices of m ranks whose sum gives it.
  private static double[] dealt(int[] doubledRanks, int m) {
    int most = 0;
    for (int at = doubledRanks.length - m; at < doubledRanks.length; at++) {
      most += doubledRanks[at];
    }
    double[][] ways = new double[m + 1][most + 1];
    ways[0][0] = 1;
    int dealt = 0;
    for (int rank : doubledRanks) {
      dealt++;
      for (int size = Math.min(m, dealt); size >= 1; size--) {
        for (int sum = most; sum >= rank; sum--) {
          ways[size][sum] += ways[size - 1][sum - rank];
        }
      }
    }
    double total = 0;
    for (double way : ways[m]) {
      total += way;
    }
    int least = m * (m + 1);
    double[] distribution = new double[2 * m * (doubledRanks.length - m) + 1];
    for (int sum = least; sum <= most; sum++) {
      distribution[sum - least] = ways[m][sum] / total;
    }
    return distribution;
  }

  private static RankSum approximate(int m, int n, double u, double[] all) {
    double size = all.length;
    double ties = 0;
    int from = 0;
    while (from < all.length) {
      int to = from;
      while (to < all.length && all[to] == all[from]) {
        to++;
      }
      double tied = to - from;
      ties += tied * tied * tied - tied;
      from = to;
    }
    double deviation = Math.sqrt((double) m * n / 12 * (size + 1 - ties / (size * (size - 1))));
    if (deviation == 0) {
      return new RankSum(m, n, u, 1, 1, 1, false, 1);
    }
    double distance = u - (double) m * n / 2;
    NormalDistribution normal = new NormalDistribution(0, 1);
    return new RankSum(
        m,
        n,
        u,
        Math.min(
            1,
            2 * normal.cumulativeProbability(-Math.max(0, Math.abs(distance) - 0.5) / deviation)),
        normal.cumulativeProbability(-(distance - 0.5) / deviation),
        normal.cumulativeProbability((distance + 0.5) / deviation),
        false,
        Math.min(1, 2 * normal.cumulativeProbability(-((double) m * n / 2 - 0.5) / deviation)));
  }

  private static boolean hasTies(double[] sorted) {
    for (int at = 1; at < sorted.length; at++) {
      if (sorted[at] == sorted[at - 1]) {
        return true;
      }
    }
    return false;
  }

  /// Twice the rank of each of the sorted values, equal ones sharing theirs.
  private static int[] doubledRanks(double[] sorted) {
    int[] ranks = new int[sorted.length];
    int from = 0;
    while (from < sorted.length) {
      int to = from;
      while (to < sorted.length && sorted[to] == sorted[from]) {
        to++;
      }
      Arrays.fill(ranks, from, to, from + 1 + to);
      from = to;
    }
    return ranks;
  }
}
