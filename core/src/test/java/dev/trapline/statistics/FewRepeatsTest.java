// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Bootstrap, effect size, Holm, drift and outliers.
class FewRepeatsTest {
  // ---- Holm ----------------------------------------------------------------------------

  /// `p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")` in R.
  @Test
  void holmsAdjustmentIsThatOfR() {
    assertThat(Holm.adjusted(List.of(0.01, 0.02, 0.03, 0.04, 0.05)))
        .usingElementComparator((one, other) -> Math.abs(one - other) < 1e-12 ? 0 : 1)
        .containsExactly(0.05, 0.08, 0.09, 0.09, 0.09);
    assertThat(Holm.adjusted(List.of(0.5, 0.001, 0.9)))
        .usingElementComparator((one, other) -> Math.abs(one - other) < 1e-12 ? 0 : 1)
        .containsExactly(1.0, 0.003, 1.0);
  }

  @Test
  void holmKeepsTheOrderAndLiesBetweenPAndBonferronis() {
    Random random = new Random(7);
    for (int round = 0; round < 100; round++) {
      List<Double> raw = random.doubles(1 + random.nextInt(50)).boxed().toList();
      List<Double> adjusted = Holm.adjusted(raw);
      for (int at = 0; at < raw.size(); at++) {
        assertThat(adjusted.get(at)).isBetween(raw.get(at), Math.min(1, raw.get(at) * raw.size()));
        for (int other = 0; other < raw.size(); other++) {
          if (raw.get(at) < raw.get(other)) {
            assertThat(adjusted.get(at)).isLessThanOrEqualTo(adjusted.get(other));
          }
        }
      }
    }
    assertThat(Holm.adjusted(List.of())).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> Holm.adjusted(List.of(1.5)));
  }

  // ---- Cliff's delta -------------------------------------------------------------------

  /// The example of `cliff.delta` in R's package effsize: -0.25.
  @Test
  void cliffsDeltaIsThatOfAPublishedExample() {
    List<Double> treatment = boxed(10, 10, 20, 20, 20, 30, 30, 30, 40, 50);
    List<Double> control = boxed(10, 20, 30, 40, 40, 50);
    assertThat(CliffsDelta.of(treatment, control).delta()).isCloseTo(-0.25, within(1e-12));
  }

  @Test
  void itsIntervalHasAWidthAlsoWhereAllPairsAgree() {
    CliffsDelta apart = CliffsDelta.of(boxed(4, 5, 6), boxed(1, 2, 3));
    assertThat(apart.delta()).isEqualTo(1);
    assertThat(apart.high()).isEqualTo(1);
    assertThat(apart.low()).isLessThan(0.9);
  }

  /// What defines it: the ends are z standard errors away, by the standard error there.
  @Test
  void theEndsOfItsIntervalSolveNewcombesEquation() {
    CliffsDelta found = CliffsDelta.of(boxed(1, 3, 5, 7, 9, 12), boxed(2, 4, 6, 8));
    double seen = (found.delta() + 1) / 2;
    for (double end : new double[] {(found.low() + 1) / 2, (found.high() + 1) / 2}) {
      double variance = end * (1 - end) / 24 * (1 + 4 * ((1 - end) / (2 - end) + end / (1 + end)));
      assertThat((seen - end) * (seen - end) / variance)
          .isCloseTo(1.959964 * 1.959964, within(1e-4));
    }
  }

  @Test
  void exchangingTheGroupsTurnsTheSign() {
    Random random = new Random(8);
    for (int round = 0; round < 100; round++) {
      List<Double> x = random.doubles(1 + random.nextInt(20)).boxed().toList();
      List<Double> y = random.doubles(1 + random.nextInt(20)).boxed().toList();
      CliffsDelta one = CliffsDelta.of(x, y);
      CliffsDelta other = CliffsDelta.of(y, x);
      assertThat(one.delta()).isCloseTo(-other.delta(), within(1e-12));
      assertThat(one.low()).isCloseTo(-other.high(), within(1e-9));
      assertThat(one.delta()).isBetween(one.low() - 1e-12, one.high() + 1e-12);
      // The same as the test's U.
      double pairs = (double) x.size() * y.size();
      assertThat(one.delta()).isCloseTo(2 * RankSum.of(x, y).u() / pairs - 1, within(1e-12));
    }
  }

  // ---- bootstrap -----------------------------------------------------------------------

  @Test
  void ofThreeValuesTheBootstrapEndsAtTheSmallestAndTheLargest() {
    Interval interval = Bootstrap.ofMedian(boxed(5, 1, 3));
    assertThat(interval.low()).isEqualTo(1);
    assertThat(interval.high()).isEqualTo(5);
    Interval ratio = Bootstrap.ofMedianRatio(boxed(5, 10, 20), boxed(1, 2, 4));
    assertThat(ratio.low()).isEqualTo(5.0 / 4);
    assertThat(ratio.high()).isEqualTo(20);
  }

  @Test
  void theSameValuesGiveTheSameIntervalAndAFactorIsAFactorOnTheEnds() {
    Random random = new Random(9);
    for (int round = 0; round < 50; round++) {
      List<Double> values = random.doubles(1 + random.nextInt(40), 1, 2).boxed().toList();
      List<Double> shuffled = new ArrayList<>(values);
      Collections.shuffle(shuffled, random);
      Interval interval = Bootstrap.ofMedian(values);
      assertThat(Bootstrap.ofMedian(shuffled)).isEqualTo(interval);
      Interval doubled = Bootstrap.ofMedian(values.stream().map(value -> 2 * value).toList());
      assertThat(doubled.low()).isEqualTo(2 * interval.low());
      assertThat(doubled.high()).isEqualTo(2 * interval.high());
      assertThat(interval.admits(MedianInterval.of(values).median())).isTrue();
    }
  }

  /// For n = 15 the bootstrap distribution of the median is known exactly: its k-th order statistic
  /// has probability P(B(15, k/15) >= 8) up to it (Efron, Annals of Statistics 7 (1979), 1-26,
  /// section 3). The 2.5% and 97.5% points are the 5th and the 11th value, or their neighbours.
  @Test
  void ofFifteenValuesItIsTheKnownDistribution() {
    List<Double> values = new ArrayList<>();
    for (int at = 1; at <= 15; at++) {
      values.add((double) at);
    }
    Interval interval = Bootstrap.ofMedian(values);
    assertThat(interval.low()).isBetween(4.0, 5.0);
    assertThat(interval.high()).isBetween(11.0, 12.0);
  }

  @Test
  void aRatioOverNothingIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bootstrap.ofMedianRatio(boxed(1), boxed(0, 1)));
    assertThatIllegalArgumentException().isThrownBy(() -> Bootstrap.ofMedian(List.of()));
  }

  // ---- drift ---------------------------------------------------------------------------

  /// Hollander and Wolfe, example 9.1: cloud seeding over five years; slope -0.0562, S = -6, which
  /// has a one-sided p of 0.117.
  @Test
  void driftIsThatOfThePublishedExample() {
    Drift drift = Drift.of(List.of(1.26, 1.27, 1.12, 1.16, 1.03)).orElseThrow();
    assertThat(drift.slopePerStep()).isCloseTo(-0.05625, within(1e-9));
    assertThat(drift.tau()).isCloseTo(-0.6, within(1e-12));
    assertThat(drift.p()).isCloseTo(2 * 0.117, within(1e-3));
  }

  @Test
  void aSteadyRiseIsADriftAndAConstantHasNone() {
    assertThat(Drift.of(boxed(1, 2, 3, 4, 5, 6)).orElseThrow().p()).isLessThan(0.01);
    assertThat(Drift.of(boxed(1, 2, 3, 4, 5, 6)).orElseThrow().slopePerStep()).isEqualTo(1);
    assertThat(Drift.of(boxed(2, 2, 2, 2))).isEmpty();
    assertThat(Drift.of(boxed(1, 2))).isEmpty();
  }

  // ---- outliers ------------------------------------------------------------------------

  /// Iglewicz and Hoaglin (1993): the last two stand out.
  @Test
  void theOutliersOfThePublishedExampleAreFound() {
    assertThat(Outliers.in(List.of(2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3)))
        .containsExactly(8, 9);
  }

  @Test
  void whereMoreThanHalfAreTheSameEveryOtherIsAnOutlier() {
    assertThat(Outliers.in(boxed(3, 3, 3, 3, 4))).containsExactly(4);
    assertThat(Outliers.in(boxed(3, 3, 3, 3, 3))).isEmpty();
    assertThat(Outliers.in(boxed(1, 1000))).isEmpty();
  }

  @Test
  void noOrdinaryValueIsAnOutlier() {
    Random random = new Random(10);
    int found = 0;
    for (int round = 0; round < 200; round++) {
      List<Double> values = new ArrayList<>();
      for (int at = 0; at < 30; at++) {
        values.add(100 + random.nextGaussian());
      }
      found += Outliers.in(values).size();
    }
    assertThat(found).isZero();
  }

  private static List<Double> boxed(double... values) {
    List<Double> list = new ArrayList<>();
    for (double value : values) {
      list.add(value);
    }
    return list;
  }
}
