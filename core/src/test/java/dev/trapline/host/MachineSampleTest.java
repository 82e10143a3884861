// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MachineSampleTest {
  private static MachineSample sample(Map<Integer, Long> nanos, Map<Integer, String> names) {
    return new MachineSample(OptionalLong.empty(), OptionalLong.empty(), nanos, names);
  }

  @Test
  void threadsOfOneFamilyAreSummedAndThoseThatSleptAreLeftOut() {
    Map<Integer, String> names =
        Map.of(
            10, "ksoftirqd/0",
            11, "ksoftirqd/1",
            12, "kworker/u4:2-events",
            13, "vhost-4711",
            14, "vhost-4712",
            15, "rcu_preempt",
            16, "kcompactd0");
    MachineSample before =
        sample(Map.of(10, 100L, 11, 200L, 12, 5L, 13, 0L, 15, 70L, 16, 9L), names);
    MachineSample after =
        sample(Map.of(10, 150L, 11, 260L, 12, 7L, 13, 30L, 14, 12L, 15, 70L, 16, 9L), names);
    assertThat(after.kernelThreadNanosSince(before))
        .containsExactly(
            Map.entry("ksoftirqd", 110L), Map.entry("kworker", 2L), Map.entry("vhost", 42L));
  }

  @Test
  void aThreadThatEndedOrWhoseNumberWasReusedGivesNothingNegative() {
    MachineSample before = sample(Map.of(1, 100L, 2, 100L), Map.of(1, "a", 2, "b"));
    MachineSample after = sample(Map.of(2, 40L), Map.of(2, "c"));
    assertThat(after.kernelThreadNanosSince(before)).isEmpty();
  }

  @Test
  void countersOfTheRunningMachineOnlyGrow() {
    MachineSample first = MachineSample.take();
    MachineSample second = MachineSample.take();
    assertThat(first.contextSwitches()).isPresent();
    assertThat(second.contextSwitches().orElseThrow())
        .isGreaterThanOrEqualTo(first.contextSwitches().orElseThrow());
    assertThat(second.stealNanos().orElseThrow())
        .isGreaterThanOrEqualTo(first.stealNanos().orElseThrow());
    assertThat(second.kernelThreadNanosSince(first).values())
        .allSatisfy(nanos -> assertThat(nanos).isPositive());
  }
}
