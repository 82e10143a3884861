// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.hipparchus.stat.correlation.KendallsCorrelation;
import org.junit.jupiter.api.Test;

class KendallTest {
  /// Hollander and Wolfe (1973), 187f., as in the examples of R's `cor.test`: T = 26, tau = 0.4444,
  /// one-sided exact p = 0.05972.
  @Test
  void thePublishedExampleIsMet() {
    List<Double> lightness = List.of(44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1);
    List<Double> score = List.of(2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8);
    Kendall found = Kendall.of(lightness, score).orElseThrow();
    assertThat(found.tau()).isCloseTo(0.4444444, within(1e-7));
    assertThat(found.exact()).isTrue();
    assertThat(found.p()).isCloseTo(2 * 0.05972, within(2e-5));
  }

  /// Kendall, Rank Correlation Methods, appendix table 1: for n = 4 the chance of S = 6 is 0.042,
  /// for n = 5 of S >= 8 0.042, for n = 8 of S >= 18 0.016, for n = 10 of S >= 21 0.036.
  @Test
  void theTailsAreThoseOfThePublishedTable() {
    assertThat(oneSided(4, 6)).isCloseTo(0.042, within(5e-4));
    assertThat(oneSided(5, 8)).isCloseTo(0.042, within(5e-4));
    assertThat(oneSided(8, 18)).isCloseTo(0.016, within(5e-4));
    assertThat(oneSided(10, 21)).isCloseTo(0.036, within(5e-4));
  }

  private static double oneSided(int n, int score) {
    // A permutation of n with this score: so many of the largest inversions undone.
    List<Double> order = new ArrayList<>();
    for (int at = 0; at < n; at++) {
      order.add((double) at);
    }
    List<Double> other = new ArrayList<>(order);
    int swaps = (n * (n - 1) / 2 - score) / 2;
    for (int round = 0; swaps > 0; round++) {
      for (int at = 0; at < n - 1 - round && swaps > 0; at++, swaps--) {
        double held = other.get(at);
        other.set(at, other.get(at + 1));
        other.set(at + 1, held);
      }
    }
    return Kendall.of(order, other).orElseThrow().p() / 2;
  }

  @Test
  void fourPointsNeverReachFivePercentAndFiveDo() {
    List<Double> four = List.of(1.0, 2.0, 3.0, 4.0);
    List<Double> five = List.of(1.0, 2.0, 3.0, 4.0, 5.0);
    assertThat(Kendall.of(four, four).orElseThrow().smallestP()).isCloseTo(2.0 / 24, within(1e-12));
    assertThat(Kendall.of(five, five).orElseThrow().p()).isCloseTo(2.0 / 120, within(1e-12));
  }

  @Test
  void tauIsThatOfAnotherLibraryWithTiesToo() {
    Random random = new Random(5);
    for (int round = 0; round < 100; round++) {
      int n = 2 + random.nextInt(80);
      double[] x = new double[n];
      double[] y = new double[n];
      List<Double> xs = new ArrayList<>();
      List<Double> ys = new ArrayList<>();
      for (int at = 0; at < n; at++) {
        x[at] = random.nextInt(12);
        y[at] = x[at] / 2 + random.nextInt(9);
        xs.add(x[at]);
        ys.add(y[at]);
      }
      Kendall.of(xs, ys)
          .ifPresent(found -> {
            assertThat(found.tau())
                .isCloseTo(new KendallsCorrelation().correlation(x, y), within(1e-9));
            assertThat(found.p()).isBetween(0.0, 1.0);
          });
    }
  }

  @Test
  void withTiesPIsTheShareOfAllPermutations() {
    // y takes three values in every order; of 4! = 24 permutations 4 reach |S| = 5, by hand: the
    // two rising and the two falling ones, each twice since two of y are equal.
    Kendall found =
        Kendall.of(List.of(1.0, 2.0, 3.0, 4.0), List.of(1.0, 2.0, 2.0, 3.0)).orElseThrow();
    assertThat(found.exact()).isTrue();
    assertThat(found.p()).isCloseTo(4.0 / 24, within(1e-12));
  }

  @Test
  void theApproximationOfManyIsNearTheExactOne() {
    Random random = new Random(6);
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int at = 0; at < Kendall.MAXIMUM_EXACT; at++) {
      x.add((double) at);
      y.add(at + 300 * random.nextDouble());
    }
    double exact = Kendall.of(x, y).orElseThrow().p();
    // One tie among sixty changes next to nothing, but that permutations are not counted.
    x.set(1, x.get(0));
    Kendall approximate = Kendall.of(x, y).orElseThrow();
    assertThat(approximate.exact()).isFalse();
    assertThat(approximate.p()).isCloseTo(exact, within(0.05));
  }

  @Test
  void aConstantHasNoOrder() {
    assertThat(Kendall.of(List.of(1.0, 1.0, 1.0), List.of(1.0, 2.0, 3.0))).isEmpty();
  }
}
