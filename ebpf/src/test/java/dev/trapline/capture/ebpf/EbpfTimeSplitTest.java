// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.tally.Count;
import dev.trapline.tally.LatencyHistogram;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Where the time of calls goes. The machine that runs this may be busy with other things, so only
/// orders of magnitude are asserted; that the parts add up to the wall time is exact.
class EbpfTimeSplitTest extends EbpfTestBase {
  private static final long MILLISECOND = 1_000_000;

  @Test
  void aSleepIsBlockedTime() throws Exception {
    CaptureResult result = captured(CaptureLevel.FULL, "sleep", "300");
    assertComplete(result);
    Count sleep = sum(result, "nanosleep");
    assertThat(sleep.calls()).isOne();
    assertThat(known(sleep.wallNanos())).isBetween(300 * MILLISECOND, 30_000 * MILLISECOND);
    // Blocked until the timer fires, which is never early; then runnable until there is a CPU.
    assertThat(known(sleep.blockedNanos())).isGreaterThan(250 * MILLISECOND);
    assertThat(known(sleep.workNanos())).isLessThan(100 * MILLISECOND);
    assertThat(known(sleep.guestNanos())).isZero();
    LatencyHistogram latency = Objects.requireNonNull(sleep.latency());
    assertThat(latency.maximumNanos()).isEqualTo(known(sleep.wallNanos()));
  }

  @Test
  void clearingManyPagesIsWork() throws Exception {
    CaptureResult result = captured(CaptureLevel.FULL, "read-zeroes");
    assertComplete(result);
    Count read = sum(result, "read");
    assertThat(read.calls()).isOne();
    assertThat(read.bytes()).isEqualTo(64L << 20);
    assertThat(known(read.workNanos())).isGreaterThan(MILLISECOND / 10);
    assertThat(known(read.blockedNanos())).isLessThan(known(read.wallNanos()) / 10);
  }

  @Test
  void whoSharesACpuIsRunnableForAPartOfTheTime() throws Exception {
    CaptureResult result = captured(CaptureLevel.FULL, "compete");
    assertComplete(result);
    Count read = sum(result, "read");
    assertThat(read.calls()).isEqualTo(40);
    assertThat(read.bytes()).isEqualTo(40L * (64L << 20));
    assertThat(known(read.runnableNanos())).isGreaterThan(MILLISECOND);
    assertThat(known(read.blockedNanos())).isLessThan(known(read.wallNanos()) / 10);
    CaptureResult.ContextSwitches switches =
        Objects.requireNonNull(result.contextSwitches()).get("program");
    assertThat(Objects.requireNonNull(switches).involuntary()).isPositive();
  }

  @Test
  void whatWaitsForADyingProcessIsBlocked() throws Exception {
    CaptureResult result = captured(CaptureLevel.FULL, "compete");
    Count waits = sum(result, "wait4");
    assertThat(waits.calls()).isEqualTo(2);
    assertThat(known(waits.blockedNanos())).isGreaterThan(known(waits.workNanos()));
  }

  @Test
  void aLightCaptureKnowsNoTime() throws Exception {
    CaptureResult result = captured(CaptureLevel.LIGHT, "sleep", "10");
    Count sleep = sum(result, "nanosleep");
    assertThat(sleep.calls()).isOne();
    assertThat(sleep.wallNanos()).isNull();
    assertThat(sleep.blockedNanos()).isNull();
    assertThat(sleep.latency()).isNull();
    assertThat(result.contextSwitches()).isNull();
  }
}
