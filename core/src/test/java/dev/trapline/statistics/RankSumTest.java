// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.hipparchus.stat.inference.MannWhitneyUTest;
import org.junit.jupiter.api.Test;

class RankSumTest {
  /// Hollander and Wolfe (1973), 69f., as in the examples of R's `wilcox.test`: permeability of the
  /// human chorioamnion; W = 35, exact p of x greater than y 0.1272.
  @Test
  void thePublishedExampleOfTheRankSumTestIsMet() {
    List<Double> x = List.of(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46);
    List<Double> y = List.of(1.15, 0.88, 0.90, 0.74, 1.21);
    RankSum test = RankSum.of(x, y);
    assertThat(test.u()).isEqualTo(35);
    assertThat(test.pGreater()).isCloseTo(0.1272, within(5e-5));
    assertThat(test.p()).isCloseTo(0.2544, within(5e-5));
    assertThat(test.exact()).isTrue();
  }

  @Test
  void threeAgainstThreeHaveATenthAtTheLeast() {
    RankSum apart = RankSum.of(List.of(4.0, 5.0, 6.0), List.of(1.0, 2.0, 3.0));
    assertThat(apart.p()).isCloseTo(0.1, within(1e-12));
    assertThat(apart.smallestP()).isCloseTo(0.1, within(1e-12));
    assertThat(apart.pGreater()).isCloseTo(0.05, within(1e-12));
    assertThat(RankSum.smallestP(3, 3)).isCloseTo(0.1, within(1e-12));
    assertThat(RankSum.smallestP(5, 4)).isCloseTo(2.0 / 126, within(1e-12));
  }

  @Test
  void withoutADifferenceAtAllPIsOne() {
    RankSum same = RankSum.of(List.of(2.0, 2.0, 2.0), List.of(2.0, 2.0));
    assertThat(same.p()).isEqualTo(1);
    assertThat(same.u()).isEqualTo(3);
  }

  @Test
  void withTiesPIsTheShareOfAllWaysToDealTheValues() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      List<Double> x = values(random, 1 + random.nextInt(5), 4);
      List<Double> y = values(random, 1 + random.nextInt(5), 4);
      RankSum test = RankSum.of(x, y);
      double[] dealt = deal(x, y);
      assertThat(test.p()).as("%s %s", x, y).isCloseTo(dealt[0], within(1e-12));
      assertThat(test.pGreater()).as("%s %s", x, y).isCloseTo(dealt[1], within(1e-12));
      assertThat(test.pLess()).as("%s %s", x, y).isCloseTo(dealt[2], within(1e-12));
      assertThat(test.smallestP()).isLessThanOrEqualTo(test.p() + 1e-12);
    }
  }

  @Test
  void exchangingTheGroupsExchangesTheSides() {
    Random random = new Random(2);
    for (int round = 0; round < 100; round++) {
      List<Double> x = values(random, 1 + random.nextInt(30), 1 + random.nextInt(1000));
      List<Double> y = values(random, 1 + random.nextInt(30), 1 + random.nextInt(1000));
      RankSum one = RankSum.of(x, y);
      RankSum other = RankSum.of(y, x);
      assertThat(one.p()).isCloseTo(other.p(), within(1e-9));
      assertThat(one.pGreater()).isCloseTo(other.pLess(), within(1e-9));
      assertThat(one.u() + other.u()).isEqualTo(x.size() * (double) y.size());
    }
  }

  @Test
  void ofManyValuesItIsTheNormalApproximationOfAnotherLibrary() {
    Random random = new Random(3);
    double[] x = random.doubles(60).toArray();
    double[] y = random.doubles(70, 0.05, 1.05).toArray();
    RankSum test = RankSum.of(boxed(x), boxed(y));
    assertThat(test.exact()).isFalse();
    assertThat(test.p())
        .isCloseTo(new MannWhitneyUTest().mannWhitneyUTest(x, y, false), within(1e-3));
  }

  @Test
  void theExactOneAndTheApproximationAgreeWhereTheyMeet() {
    Random random = new Random(4);
    double[] x = random.doubles(45).toArray();
    double[] y = random.doubles(45, 0.1, 1.1).toArray();
    RankSum test = RankSum.of(boxed(x), boxed(y));
    assertThat(test.exact()).isTrue();
    assertThat(test.p())
        .isCloseTo(new MannWhitneyUTest().mannWhitneyUTest(x, y, false), within(5e-3));
  }

  @Test
  void whatIsNoMeasurementIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> RankSum.of(List.of(), List.of(1.0)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RankSum.of(List.of(Double.NaN), List.of(1.0)));
  }

  private static List<Double> values(Random random, int n, int different) {
    List<Double> values = new ArrayList<>();
    for (int at = 0; at < n; at++) {
      values.add((double) random.nextInt(different));
    }
    return values;
  }

  private static List<Double> boxed(double[] values) {
    List<Double> list = new ArrayList<>();
    for (double value : values) {
      list.add(value);
    }
    return list;
  }

  /// Two-sided, greater, less: by every way to choose the first group.
  private static double[] deal(List<Double> x, List<Double> y) {
    List<Double> all = new ArrayList<>(x);
    all.addAll(y);
    double seen = dominance(x, y);
    double ways = 0;
    double[] counts = new double[3];
    for (int chosen = 0; chosen < 1 << all.size(); chosen++) {
      if (Integer.bitCount(chosen) != x.size()) {
        continue;
      }
      List<Double> first = new ArrayList<>();
      List<Double> second = new ArrayList<>();
      for (int at = 0; at < all.size(); at++) {
        ((chosen >> at & 1) == 1 ? first : second).add(all.get(at));
      }
      double dealt = dominance(first, second);
      ways++;
      counts[0] += Math.abs(dealt) >= Math.abs(seen) ? 1 : 0;
      counts[1] += dealt >= seen ? 1 : 0;
      counts[2] += dealt <= seen ? 1 : 0;
    }
    return new double[] {counts[0] / ways, counts[1] / ways, counts[2] / ways};
  }

  private static double dominance(List<Double> x, List<Double> y) {
    double sum = 0;
    for (double one : x) {
      for (double other : y) {
        sum += Math.signum(one - other);
      }
    }
    return sum;
  }
}
