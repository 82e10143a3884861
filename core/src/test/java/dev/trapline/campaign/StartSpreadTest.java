// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.environment.ClockReading;
import dev.trapline.workload.InvariantResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What clocks that are not ours say, with numbers that are made up: nobody here may set a clock.
class StartSpreadTest {
  private static final Instant T = Instant.parse("2026-11-28T19:00:00Z");

  @Test
  void theSpreadIsFromTheFirstToTheLastAndItsErrorThatOfBothEnds() {
    StartSpread spread =
        StartSpread.of(
            List.of(
                new Side.Started(T.plusNanos(500_000), 20_000),
                new Side.Started(T, 50_000),
                new Side.Started(T.plusNanos(2_000_000), 0)));
    assertThat(spread).isEqualTo(new StartSpread(3, 2_000_000, 100_000));
    InvariantResult invariant = spread.invariant(Duration.ofSeconds(1));
    assertThat(invariant.holds()).isTrue();
    assertThat(invariant.name()).isEqualTo("synchronised-start");
    assertThat(invariant.detail())
        .isEqualTo("3 clients started within 2.000 ms +- 0.100 ms, limit 100 ms");
  }

  @Test
  void clientsThatDidNotWorkAtOneTimeBreakIt() {
    StartSpread spread = new StartSpread(2, 300_000_000, 1000);
    assertThat(spread.invariant(Duration.ofSeconds(1)).holds()).isFalse();
    assertThat(spread.invariant(Duration.ofSeconds(10)).holds()).isTrue();
    // What the clocks cannot tell is not held against the trial.
    assertThat(
            new StartSpread(2, 300_000_000, 250_000_000).invariant(Duration.ofSeconds(1)).holds())
        .isTrue();
  }

  @Test
  void aClockThatWasSetIsToldOnceAndDriftIsNot() {
    ClockWatch watch = new ClockWatch();
    assertThat(watch.jumps(Map.of("beta", new ClockReading(5_000_000_000L, 100)))).isEmpty();
    assertThat(watch.jumps(Map.of("beta", new ClockReading(5_000_400_000L, 100)))).isEmpty();
    assertThat(watch.jumps(Map.of("beta", new ClockReading(-1_000_000_000L, 100))))
        .containsExactly(
            "the clock of node beta was set back by 6.0 s against ours: times of day there before"
                + " and after do not compare");
    assertThat(watch.jumps(Map.of("beta", new ClockReading(-1_000_100_000L, 100)))).isEmpty();
  }

  @Test
  void aReadingThatIsNotSureOfItSaysNothing() {
    ClockWatch watch = new ClockWatch();
    watch.jumps(Map.of("beta", new ClockReading(0, 2_000_000_000L)));
    assertThat(watch.jumps(Map.of("beta", new ClockReading(2_500_000_000L, 2_000_000_000L))))
        .isEmpty();
  }
}
