// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class CorrelationTest {
  private static final List<Double> TOTALS = List.of(3.79e6, 98e3, 1.31e6, 1.91e6);
  private static final List<Double> GOODPUTS = List.of(23.5, 13.2, 10.6, 9.6);

  /// F. J. Anscombe, "Graphs in Statistical Analysis", The American Statistician 27 (1973), set 1;
  /// p and interval as `cor.test` of R prints them.
  @Test
  void pearsonOfAnscombesFirstSetIsThePublishedOne() {
    Pearson found =
        Pearson.of(
                List.of(10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0),
                List.of(8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68))
            .orElseThrow();

    assertThat(found.r()).isCloseTo(0.8164205, within(1e-7));
    assertThat(found.p()).isCloseTo(0.00217, within(5e-6));
    assertThat(found.low()).isCloseTo(0.4243912, within(1e-6));
    assertThat(found.high()).isCloseTo(0.9506933, within(1e-6));
  }

  /// With two degrees of freedom r is uniform on -1 to 1, so that p is 1 - |r|.
  @Test
  void pearsonOfFourPairsHasTheClosedFormOfP() {
    Pearson found = Pearson.of(TOTALS, GOODPUTS).orElseThrow();

    assertThat(found.r()).isCloseTo(0.7302892593873477, within(1e-12));
    assertThat(found.p()).isCloseTo(1 - found.r(), within(1e-9));
    assertThat(found.low()).isLessThan(0);
  }

  @Test
  void pearsonOfThreePairsHasNoInterval() {
    Pearson found = Pearson.of(List.of(1.0, 2.0, 4.0), List.of(1.0, 3.0, 2.0)).orElseThrow();

    assertThat(found.p()).isNotNull();
    assertThat(found.low()).isNull();
    assertThat(found.high()).isNull();
  }

  @Test
  void pairsOnOneLineHaveRankAndProductMomentCorrelationOne() {
    List<Double> values = List.of(1.0, 2.0, 3.0, 4.0);

    Pearson pearson =
        Pearson.of(values, values.stream().map(value -> -3 * value).toList()).orElseThrow();
    assertThat(pearson.r()).isCloseTo(-1, within(1e-15));
    assertThat(pearson.p()).isCloseTo(0, within(1e-6));
    assertThat(Spearman.of(values, values).orElseThrow().rho()).isEqualTo(1);
  }

  @Test
  void valuesThatDoNotDifferHaveNoCorrelation() {
    List<Double> same = List.of(2.0, 2.0, 2.0);
    List<Double> rising = List.of(1.0, 2.0, 3.0);

    assertThat(Pearson.of(same, rising)).isEmpty();
    assertThat(Pearson.of(rising, same)).isEmpty();
    assertThat(Spearman.of(same, rising)).isEmpty();
    assertThat(Spearman.of(List.of(0.0, -0.0, 0.0), rising)).isEmpty();
  }

  @Test
  void whatMakesNoPairsIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Pearson.of(List.of(1.0, 2.0), List.of(1.0)));
    assertThatIllegalArgumentException().isThrownBy(() -> Spearman.of(List.of(1.0), List.of(1.0)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Spearman.of(List.of(1.0, Double.NaN), List.of(1.0, 2.0)));
  }

  /// Both perfect orders of n pairs out of n!: 1/12 of four, 1/60 of five, 1/360 of six.
  @Test
  void perfectOrderOfFewPairsHasTheSmallestPThereIs() {
    assertPerfect(4, 2.0 / 24);
    assertPerfect(5, 2.0 / 120);
    assertPerfect(6, 2.0 / 720);
    assertPerfect(9, 2.0 / 362_880);
  }

  private static void assertPerfect(int n, double p) {
    List<Double> values = new java.util.ArrayList<>();
    for (int at = 0; at < n; at++) {
      values.add(at * 1.5);
    }
    Spearman found = Spearman.of(values, values).orElseThrow();
    assertThat(found.exact()).isTrue();
    assertThat(found.p()).isCloseTo(p, within(1e-15));
    assertThat(found.smallestP()).isCloseTo(p, within(1e-15));
  }

  /// Critical values of E. G. Olds, Annals of Mathematical Statistics 9 (1938), as in J. H. Zar,
  /// Biostatistical Analysis, table B.20, two-sided 5%: 0.886 for six, 0.738 for eight pairs.
  @Test
  void exactProbabilitiesAreThoseOfThePublishedTables() {
    Spearman six =
        Spearman.of(List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), List.of(1.0, 3.0, 2.0, 5.0, 4.0, 6.0))
            .orElseThrow();
    assertThat(six.rho()).isCloseTo(0.886, within(5e-4));
    assertThat(six.p()).isBetween(0.02, 0.05);

    Spearman seven =
        Spearman.of(
                List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0),
                List.of(2.0, 1.0, 4.0, 3.0, 7.0, 5.0, 6.0))
            .orElseThrow();
    assertThat(seven.rho()).isCloseTo(23.0 / 28, within(1e-12));
    assertThat(seven.p()).isCloseTo(172.0 / 5040, within(1e-12));
  }

  /// Against a plain enumeration by itertools.permutations of mean ranks.
  @Test
  void tiesShareTheirRanksAndArePermutedAsTheyAre() {
    Spearman found =
        Spearman.of(List.of(1.0, 2.0, 2.0, 4.0, 5.0, 6.0), List.of(3.0, 3.0, 1.0, 4.0, 6.0, 5.0))
            .orElseThrow();

    assertThat(found.rho()).isCloseTo(0.8088235294117647, within(1e-12));
    assertThat(found.p()).isCloseTo(0.06388888888888888, within(1e-12));
    assertThat(found.smallestP()).isCloseTo(1.0 / 360, within(1e-12));
  }

  /// The example of IQ and hours of television of the article "Spearman's rank correlation
  /// coefficient" in Wikipedia: rho = -29/165, p = 0.627188 by the t distribution.
  @Test
  void tenPairsHaveTheApproximatePAndSaySo() {
    Spearman found =
        Spearman.of(
                List.of(106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0),
                List.of(7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0))
            .orElseThrow();

    assertThat(found.rho()).isCloseTo(-29.0 / 165, within(1e-12));
    assertThat(found.p()).isCloseTo(0.627188, within(1e-6));
    assertThat(found.exact()).isFalse();
    assertThat(found.smallestP()).isNull();
  }
}
