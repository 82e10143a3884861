// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.CallRate;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CallRatesTest {
  private static final long STEP = CallRates.SHORTEST_NANOS;

  @Test
  void aShortCaptureIsOneIntervalAsLongAsItself() {
    CallRate rate = new CallRates(1_000).of(3, 1_000 + 7_000, 11);
    assertThat(rate).isEqualTo(new CallRate(7_000, java.util.List.of(11L)));
  }

  @Test
  void eachIntervalHasTheCallsSinceTheOneBefore() {
    CallRates rates = new CallRates(0);
    rates.add(STEP, Map.of(0, 10L), 0);
    rates.add(2 * STEP, Map.of(0, 10L, 1, 5L), 0);
    assertThat(rates.of(0, 2 * STEP + 1, 12).calls()).containsExactly(10L, 0L, 2L);
    assertThat(rates.of(1, 2 * STEP + 1, 5).calls()).containsExactly(0L, 5L, 0L);
    assertThat(rates.of(0, 2 * STEP + 1, 12).intervalNanos()).isEqualTo(STEP);
  }

  @Test
  void aLongCaptureHasLongerIntervalsAndLosesNoCall() {
    CallRates rates = new CallRates(0);
    long now = 0;
    long calls = 0;
    for (int step = 0; step < 10_000; step++) {
      now += STEP;
      calls += step % 7;
      if (rates.isDue(now)) {
        rates.add(now, Map.of(0, calls), 0);
      }
    }
    CallRate rate = rates.of(0, now, calls);
    assertThat(rate.calls()).hasSizeBetween(CallRates.MOST / 2, CallRates.MOST);
    assertThat(rate.calls().stream().mapToLong(Long::longValue).sum()).isEqualTo(calls);
    assertThat(rate.intervalNanos()).isEqualTo(32 * STEP);
  }

  @Test
  void whatIsDearToTakeIsTakenLessOften() {
    CallRates rates = new CallRates(0);
    for (int step = 1; step <= CallRates.TRIED; step++) {
      assertThat(rates.isDue(step * STEP)).isTrue();
      rates.add(step * STEP, Map.of(0, (long) step), STEP / 50);
    }
    assertThat(rates.isDue((CallRates.TRIED + 1) * STEP)).isFalse();
    assertThat(rates.isDue((CallRates.TRIED + 2) * STEP)).isTrue();
    assertThat(rates.of(0, 5 * STEP, 9).calls()).containsExactly(2L, 2L, 5L);
  }

  @Test
  void onePointThatWasInterruptedChangesNothing() {
    CallRates rates = new CallRates(0);
    for (int step = 1; step <= 2 * CallRates.TRIED; step++) {
      rates.add(step * STEP, Map.of(), step % CallRates.TRIED == 1 ? 10 * STEP : 1000);
      assertThat(rates.isDue((step + 1) * STEP)).isTrue();
    }
  }

  @Test
  void howeverDearThereAreStillSomePoints() {
    CallRates rates = new CallRates(0);
    long now = 0;
    for (int step = 0; step < 1000; step++) {
      now += STEP;
      if (rates.isDue(now)) {
        rates.add(now, Map.of(), STEP);
      }
    }
    assertThat(rates.of(0, now, 0).intervalNanos())
        .isLessThanOrEqualTo(CallRates.LONGEST_FOR_COST_NANOS);
  }
}
