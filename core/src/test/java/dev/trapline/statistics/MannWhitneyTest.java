// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MannWhitneyTest {
  /// Two-sided 5% critical values as printed in every table of U since Mann and Whitney (1947) and
  /// Auble (1953), such as Siegel, Nonparametric Statistics (1956), table K.
  @Test
  void criticalValuesAreThoseOfThePublishedTables() {
    assertThat(criticalValue(5, 5)).hasValue(2);
    assertThat(criticalValue(4, 4)).hasValue(0);
    assertThat(criticalValue(3, 5)).hasValue(0);
    assertThat(criticalValue(6, 6)).hasValue(5);
    assertThat(criticalValue(7, 9)).hasValue(12);
    assertThat(criticalValue(8, 8)).hasValue(13);
    assertThat(criticalValue(10, 10)).hasValue(23);
    assertThat(criticalValue(15, 20)).hasValue(90);
    assertThat(criticalValue(20, 20)).hasValue(127);
  }

  @Test
  void threeAgainstThreeCanNeverBeSignificantAtFivePercent() {
    assertThat(criticalValue(3, 3)).isEmpty();
    assertThat(MannWhitney.ofSizes(3, 3).twoSidedP(0)).isCloseTo(0.1, within(1e-15));
    assertThat(MannWhitney.ofSizes(3, 3).twoSidedP(9)).isCloseTo(0.1, within(1e-15));
  }

  /// Mann and Whitney (1947), table I, n = 3: P(U <= u) for m = 3 is .050 .100 .200 .350 .500 .650.
  @Test
  void cumulativeProbabilitiesAreThoseOfTheOriginalTable() {
    MannWhitney distribution = MannWhitney.ofSizes(3, 3);
    double[] published = {.050, .100, .200, .350, .500, .650};
    for (int u = 0; u < published.length; u++) {
      assertThat(distribution.cumulative(u)).isCloseTo(published[u], within(5e-4));
    }
  }

  @Test
  void theDistributionIsTheCountOfAllArrangements() {
    for (int first = 1; first <= 6; first++) {
      for (int second = 1; second <= 6; second++) {
        MannWhitney distribution = MannWhitney.ofSizes(first, second);
        int[] counts = countEveryArrangement(first, second);
        long arrangements = 0;
        for (int count : counts) {
          arrangements += count;
        }
        for (int u = 0; u < counts.length; u++) {
          assertThat(distribution.probability(u))
              .isCloseTo((double) counts[u] / arrangements, within(1e-14));
        }
      }
    }
  }

  @Test
  void itIsSymmetricAndSumsToOneUpToTheLargestSizes() {
    for (int[] sizes : new int[][] {{1, 1}, {2, 31}, {40, 40}, {100, 100}}) {
      MannWhitney distribution = MannWhitney.ofSizes(sizes[0], sizes[1]);
      double sum = 0;
      for (int u = 0; u <= distribution.pairs(); u++) {
        sum += distribution.probability(u);
        assertThat(distribution.probability(u))
            .isCloseTo(distribution.probability(distribution.pairs() - u), within(1e-12));
      }
      assertThat(sum).isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void whatCannotBeHasNoProbability() {
    MannWhitney distribution = MannWhitney.ofSizes(2, 3);
    assertThat(distribution.probability(-1)).isZero();
    assertThat(distribution.probability(7)).isZero();
    assertThat(distribution.cumulative(-1)).isZero();
    assertThat(distribution.cumulative(6)).isEqualTo(1);
    assertThat(distribution.twoSidedP(3)).isEqualTo(1);
    assertThatIllegalArgumentException().isThrownBy(() -> distribution.twoSidedP(7));
  }

  @Test
  void sizesOutOfRangeAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> MannWhitney.ofSizes(0, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> MannWhitney.ofSizes(3, -1));
    assertThatIllegalArgumentException().isThrownBy(() -> MannWhitney.ofSizes(101, 100));
  }

  private static OptionalInt criticalValue(int first, int second) {
    return MannWhitney.ofSizes(first, second).criticalValue(0.05);
  }

  /// The naive model: every way to place the first sample's values among all.
  private static int[] countEveryArrangement(int first, int second) {
    int[] counts = new int[first * second + 1];
    for (int mask = 0; mask < 1 << (first + second); mask++) {
      if (Integer.bitCount(mask) == first) {
        int pairs = 0;
        int firstSoFar = 0;
        for (int place = 0; place < first + second; place++) {
          if ((mask >> place & 1) == 1) {
            firstSoFar++;
          } else {
            pairs += firstSoFar;
          }
        }
        counts[pairs]++;
      }
    }
    return counts;
  }
}
