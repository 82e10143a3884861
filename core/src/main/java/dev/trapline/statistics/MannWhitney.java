// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.OptionalInt;

/// The exact distribution of the Mann-Whitney U when both samples come from one continuous
/// distribution: `U` is the number of pairs, one value of each sample, in which the first sample's
/// value is the smaller. It runs from 0 to `m n` and is symmetric.
///
/// It is exact only without ties, and it is not a normal approximation: with three values against
/// three the approximation says nothing true. Source: the recurrence of H. B. Mann and D. R.
/// Whitney, "On a test of whether one of two random variables is stochastically larger than the
/// other", Annals of Mathematical Statistics 18 (1947), 50-60, equation 2.
public final class MannWhitney {
  /// More pairs than this are refused: the work grows with their square.
  private static final int MAXIMUM_PAIRS = 10_000;

  private final double[] probabilities;

  private MannWhitney(double[] probabilities) {
    this.probabilities = probabilities;
  }

  /// The distribution for samples of these sizes.
  ///
  /// @throws IllegalArgumentException if a size is below 1 or there are more than 10,000 pairs
  public static MannWhitney ofSizes(int firstSize, int secondSize) {
    if (firstSize < 1 || secondSize < 1) {
      throw new IllegalArgumentException("sample sizes " + firstSize + " and " + secondSize);
    }
    if ((long) firstSize * secondSize > MAXIMUM_PAIRS) {
      throw new IllegalArgumentException(
          firstSize + " x " + secondSize + " are more than " + MAXIMUM_PAIRS + " pairs");
    }
    // previous[j] is the distribution for i - 1 and j values; with none on one side U is 0.
    double[][] previous = new double[secondSize + 1][];
    for (int j = 0; j <= secondSize; j++) {
      previous[j] = new double[] {1};
    }
    for (int i = 1; i <= firstSize; i++) {
      double[][] current = new double[secondSize + 1][];
      current[0] = new double[] {1};
      for (int j = 1; j <= secondSize; j++) {
        current[j] = withLargestAdded(previous[j], current[j - 1], i, j);
      }
      previous = current;
    }
    return new MannWhitney(previous[secondSize]);
  }

  /// The largest of all values belongs to the first sample (then no pair with it counts) or to the
  /// second (then each of the first sample's values makes a pair that counts).
  private static double[] withLargestAdded(
      double[] oneFirstFewer, double[] oneSecondFewer, int firstSize, int secondSize) {
    double[] result = new double[firstSize * secondSize + 1];
    double largestIsFirst = (double) firstSize / (firstSize + secondSize);
    for (int u = 0; u < oneFirstFewer.length; u++) {
      result[u] += largestIsFirst * oneFirstFewer[u];
    }
    for (int u = 0; u < oneSecondFewer.length; u++) {
      result[u + firstSize] += (1 - largestIsFirst) * oneSecondFewer[u];
    }
    return result;
  }

  /// The largest value that U can have: the number of pairs.
  public int pairs() {
    return probabilities.length - 1;
  }

  /// `P(U = u)`; 0 for a u that cannot be.
  public double probability(int u) {
    return u < 0 || u > pairs() ? 0 : probabilities[u];
  }

  /// `P(U <= u)`.
  public double cumulative(int u) {
    if (u >= pairs()) {
      return 1;
    }
    double sum = 0;
    for (int at = 0; at <= u; at++) {
      sum += probabilities[at];
    }
    return Math.min(sum, 1);
  }

  /// How likely a U at least as far from the middle as this one is, in either direction.
  ///
  /// @throws IllegalArgumentException if U cannot be that
  public double twoSidedP(int u) {
    if (u < 0 || u > pairs()) {
      throw new IllegalArgumentException("U is " + u + ", with " + pairs() + " pairs");
    }
    return Math.min(1, 2 * cumulative(Math.min(u, pairs() - u)));
  }

  /// The largest U whose two-sided p is at most this; empty if the samples are so small that even U
  /// = 0 is more likely than that.
  public OptionalInt criticalValue(double significance) {
    int largest = -1;
    while (largest + 1 <= pairs() / 2 && twoSidedP(largest + 1) <= significance) {
      largest++;
    }
    return largest < 0 ? OptionalInt.empty() : OptionalInt.of(largest);
  }
}
