// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RatioIntervalTest {
  @Test
  void threeAgainstThreeSpanAllNineRatiosWithNinetyPercent() {
    RatioInterval interval = RatioInterval.of(List.of(2.0, 4.0, 8.0), List.of(1.0, 2.0, 4.0));
    assertThat(interval.estimate()).isCloseTo(2, within(1e-12));
    assertThat(interval.low()).isEqualTo(0.5);
    assertThat(interval.high()).isEqualTo(8.0);
    assertThat(interval.confidence()).isCloseTo(0.9, within(1e-12));
    assertThat(interval.nNumerator()).isEqualTo(3);
    assertThat(interval.nDenominator()).isEqualTo(3);
  }

  @Test
  void fiveAgainstFiveDropTwoRatiosAtEachEndAndHaveNinetySixPointEight() {
    List<Double> values = List.of(1.0, 3.0, 9.0, 27.0, 81.0);
    RatioInterval interval = RatioInterval.of(values, values);
    assertThat(interval.confidence()).isCloseTo(1 - 8.0 / 252, within(1e-12));
    // Ratios from below: 1/81, 1/27 twice, 1/9 three times...: the third is 1/27.
    assertThat(interval.low()).isCloseTo(1 / 27.0, within(1e-12));
    assertThat(interval.high()).isCloseTo(27, within(1e-12));
    assertThat(interval.estimate()).isCloseTo(1, within(1e-12));
  }

  @Test
  void fourAgainstFourReachNinetySevenPercentWithAllRatios() {
    RatioInterval interval =
        RatioInterval.of(List.of(1.0, 2.0, 3.0, 4.0), List.of(1.0, 2.0, 3.0, 4.0));
    assertThat(interval.confidence()).isCloseTo(1 - 2.0 / 70, within(1e-12));
    assertThat(interval.low()).isEqualTo(0.25);
    assertThat(interval.high()).isEqualTo(4.0);
  }

  @Test
  void oneAgainstOneHasNoInterval() {
    assertThat(RatioInterval.of(List.of(3.0), List.of(2.0)))
        .isEqualTo(new RatioInterval(1, 1, 1.5, null, null, null));
  }

  @Test
  void oneAgainstTwoHasAnIntervalThatSaysHowLittleItIsWorth() {
    RatioInterval interval = RatioInterval.of(List.of(4.0), List.of(1.0, 4.0));
    assertThat(interval.estimate()).isCloseTo(2, within(1e-12));
    assertThat(interval.confidence()).isCloseTo(1.0 / 3, within(1e-12));
  }

  @Test
  void equalValuesGiveExactlyOne() {
    RatioInterval interval =
        RatioInterval.of(Collections.nCopies(3, 5.0), Collections.nCopies(4, 5.0));
    assertThat(interval.estimate()).isCloseTo(1, within(1e-15));
    assertThat(interval.low()).isEqualTo(1.0);
    assertThat(interval.high()).isEqualTo(1.0);
  }

  @Test
  void valuesWithoutARatioAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RatioInterval.of(List.of(), List.of(1.0)))
        .withMessage("numerator: no values");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RatioInterval.of(List.of(1.0), List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RatioInterval.of(List.of(1.0), List.of(0.0)))
        .withMessage("denominator: a ratio needs positive values, not 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RatioInterval.of(List.of(-1.0), List.of(1.0)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RatioInterval.of(List.of(1.0), List.of(1.0), 0));
  }

  @Test
  void exchangingTheGroupsInvertsTheRatio() {
    Random random = new Random(11);
    for (int round = 0; round < 300; round++) {
      List<Double> first = logNormal(random, 2 + random.nextInt(8), 1);
      List<Double> second = logNormal(random, 2 + random.nextInt(8), 1);
      RatioInterval forward = RatioInterval.of(first, second);
      RatioInterval backward = RatioInterval.of(second, first);
      assertThat(backward.estimate()).isCloseTo(1 / forward.estimate(), within(1e-9));
      assertThat(backward.low())
          .isCloseTo(1 / Objects.requireNonNull(forward.high()), within(1e-9));
      assertThat(backward.confidence())
          .isCloseTo(Objects.requireNonNull(forward.confidence()), within(1e-12));
      assertThat(forward.estimate()).isBetween(forward.low(), forward.high());
    }
  }

  /// The promise itself, for the sizes of a quick and of a study's campaign.
  @Test
  void theStatedConfidenceIsTheShareOfIntervalsThatHoldTheTrueFactor() {
    Random random = new Random(5);
    int samples = 20_000;
    double trueFactor = 1.25;
    for (int n : new int[] {3, 5}) {
      int hits = 0;
      double stated = 0;
      for (int sample = 0; sample < samples; sample++) {
        RatioInterval interval =
            RatioInterval.of(logNormal(random, n, trueFactor), logNormal(random, n, 1));
        stated = Objects.requireNonNull(interval.confidence());
        if (interval.admits(trueFactor)) {
          hits++;
        }
      }
      // Four standard errors of a share near 0.9.
      assertThat((double) hits / samples).isCloseTo(stated, within(0.0085));
    }
  }

  private static List<Double> logNormal(Random random, int n, double factor) {
    List<Double> values = new ArrayList<>();
    for (int index = 0; index < n; index++) {
      values.add(factor * Math.exp(random.nextGaussian()));
    }
    return values;
  }
}
