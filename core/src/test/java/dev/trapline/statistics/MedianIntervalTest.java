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

class MedianIntervalTest {
  @Test
  void threeValuesReachOnlySeventyFivePercent() {
    assertThat(MedianInterval.of(List.of(3.0, 1.0, 2.0)))
        .isEqualTo(new MedianInterval(3, 2.0, 1.0, 3.0, 0.75));
  }

  @Test
  void fiveValuesMissNinetyFivePercentAndSixReachIt() {
    assertThat(confidenceOf(5)).isCloseTo(0.9375, within(1e-12));
    assertThat(confidenceOf(6)).isCloseTo(0.96875, within(1e-12));
  }

  /// Conover, Practical Nonparametric Statistics, and every table of the sign test: of 10 values
  /// the 2nd and the 9th hold the median with 97.85%, of 20 the 6th and the 15th with 95.86%.
  @Test
  void theRanksAreThoseOfTheSignTestsTables() {
    MedianInterval ten = MedianInterval.of(oneTo(10));
    assertThat(ten.low()).isEqualTo(2.0);
    assertThat(ten.high()).isEqualTo(9.0);
    assertThat(ten.confidence()).isCloseTo(0.9785, within(5e-5));
    MedianInterval twenty = MedianInterval.of(oneTo(20));
    assertThat(twenty.low()).isEqualTo(6.0);
    assertThat(twenty.high()).isEqualTo(15.0);
    assertThat(twenty.confidence()).isCloseTo(0.9586, within(5e-5));
  }

  @Test
  void oneValueHasNoInterval() {
    assertThat(MedianInterval.of(List.of(7.0)))
        .isEqualTo(new MedianInterval(1, 7.0, null, null, null))
        .matches(interval -> interval.admits(1e6), "excludes nothing");
  }

  @Test
  void twoValuesHoldTheMedianHalfOfTheTime() {
    assertThat(MedianInterval.of(List.of(4.0, 2.0)))
        .isEqualTo(new MedianInterval(2, 3.0, 2.0, 4.0, 0.5));
  }

  @Test
  void equalValuesGiveAnIntervalOfNoWidth() {
    assertThat(MedianInterval.of(Collections.nCopies(7, 5.0)))
        .extracting(MedianInterval::median, MedianInterval::low, MedianInterval::high)
        .containsExactly(5.0, 5.0, 5.0);
  }

  @Test
  void lowConfidenceNarrowsToTheMiddleTwoAndNoFurther() {
    MedianInterval narrow = MedianInterval.of(oneTo(8), 0.01);
    assertThat(narrow.low()).isEqualTo(4.0);
    assertThat(narrow.high()).isEqualTo(5.0);
  }

  @Test
  void valuesThatAreNoMeasurementsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> MedianInterval.of(List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MedianInterval.of(List.of(1.0, Double.NaN)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MedianInterval.of(List.of(Double.POSITIVE_INFINITY)));
    assertThatIllegalArgumentException().isThrownBy(() -> MedianInterval.of(List.of(1.0), 1.0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MedianInterval.of(List.of(1.0), Double.NaN));
  }

  @Test
  void thousandsOfValuesDoNotUnderflow() {
    MedianInterval interval = MedianInterval.of(oneTo(5001));
    assertThat(interval.confidence()).isBetween(0.95, 0.9535);
    // The normal approximation, which is good here: the middle minus and plus 1.96 sqrt(n) / 2.
    assertThat(interval.low()).isCloseTo(2501 - 69.3, within(1.5));
    assertThat(interval.high()).isCloseTo(2501 + 69.3, within(1.5));
  }

  @Test
  void theMedianLiesWithinAndConfidenceIsReachedFromSixValuesOn() {
    Random random = new Random(20261123);
    for (int round = 0; round < 500; round++) {
      List<Double> values = new ArrayList<>();
      int n = 2 + random.nextInt(60);
      for (int index = 0; index < n; index++) {
        values.add(Math.exp(random.nextGaussian()));
      }
      MedianInterval interval = MedianInterval.of(values);
      assertThat(interval.median()).isBetween(interval.low(), interval.high());
      if (n >= 6) {
        assertThat(interval.confidence()).isGreaterThanOrEqualTo(0.95);
      }
      Collections.shuffle(values, random);
      assertThat(MedianInterval.of(values)).isEqualTo(interval);
    }
  }

  /// The promise itself: of many samples from a skewed distribution, so many intervals hold its
  /// true median.
  @Test
  void theStatedConfidenceIsTheShareOfIntervalsThatHoldTheTrueMedian() {
    Random random = new Random(3);
    int samples = 20_000;
    for (int n : new int[] {3, 5, 9}) {
      int hits = 0;
      double stated = 0;
      for (int sample = 0; sample < samples; sample++) {
        List<Double> values = new ArrayList<>();
        for (int index = 0; index < n; index++) {
          values.add(-Math.log(1 - random.nextDouble()));
        }
        MedianInterval interval = MedianInterval.of(values);
        stated = Objects.requireNonNull(interval.confidence());
        if (interval.admits(Math.log(2))) {
          hits++;
        }
      }
      // Four standard errors of a share near 0.75.
      assertThat((double) hits / samples).isCloseTo(stated, within(0.0125));
    }
  }

  private static double confidenceOf(int n) {
    return Objects.requireNonNull(MedianInterval.of(oneTo(n)).confidence());
  }

  private static List<Double> oneTo(int n) {
    List<Double> values = new ArrayList<>();
    for (int value = 1; value <= n; value++) {
      values.add((double) value);
    }
    return values;
  }
}
