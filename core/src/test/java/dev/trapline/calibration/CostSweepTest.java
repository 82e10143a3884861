// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.statistics.MedianInterval;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostSweepTest {
  private static final CostSweep SWEEP =
      new CostSweep(
          MachineCosts.READ,
          "",
          "bytes",
          List.of(point(1000, 600), point(1, 200), point(100, 300)));

  private static CostSweep.Point point(long at, double nanos) {
    return new CostSweep.Point(at, new MedianInterval(3, nanos, nanos, nanos, 0.75));
  }

  @Test
  void placesAreSortedAndMeasuredOnesAreTakenAsTheyAre() {
    assertThat(SWEEP.points()).extracting(CostSweep.Point::at).containsExactly(1L, 100L, 1000L);
    assertThat(SWEEP.nanosAt(1)).isEqualTo(200);
    assertThat(SWEEP.nanosAt(100)).isEqualTo(300);
    assertThat(SWEEP.nanosAt(1000)).isEqualTo(600);
  }

  @Test
  void betweenTwoPlacesLiesAStraightLine() {
    assertThat(SWEEP.nanosAt(550)).isEqualTo(450);
  }

  @Test
  void outsideTheFirstPlaceHoldsAndTheLastLineGoesOn() {
    assertThat(SWEEP.nanosAt(0)).isEqualTo(200);
    assertThat(SWEEP.nanosAt(1900)).isEqualTo(900);
  }

  @Test
  void growthIsTheLastPlaceOverTheFirst() {
    assertThat(SWEEP.growth()).isEqualTo(3);
    assertThat(SWEEP.nanosPerStep()).isEqualTo(400.0 / 999);
  }

  @Test
  void aSweepOfOnePlaceIsFlat() {
    CostSweep one = new CostSweep(MachineCosts.READ, "", "bytes", List.of(point(64, 300)));
    assertThat(one.nanosAt(1)).isEqualTo(300);
    assertThat(one.nanosAt(1 << 20)).isEqualTo(300);
    assertThat(one.nanosPerStep()).isNaN();
  }

  @Test
  void aSweepOfNoPlaceIsRefused() {
    assertThatThrownBy(() -> new CostSweep(MachineCosts.READ, "", "bytes", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
