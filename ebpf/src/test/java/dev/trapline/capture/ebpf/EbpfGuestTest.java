// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.KvmActivity;
import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// A guest of seven bytes that makes a known number of returns to user space.
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class EbpfGuestTest extends EbpfTestBase {
  private static final int WRITES = 2003;

  private CaptureResult guest(CaptureLevel level) throws Exception {
    return guest(level, "guest-writes");
  }

  private CaptureResult guest(CaptureLevel level, String kind) throws Exception {
    CaptureResult result = captured(level, kind, Integer.toString(WRITES));
    if (contents(known.output()).contains("cannot")) {
      KnownCalls.skip("KVM cannot run a guest here (/dev/kvm)");
    }
    assertComplete(result);
    return result;
  }

  @Test
  void everyReturnOfKvmRunIsCountedByItsReason() throws Exception {
    CaptureResult result = guest(CaptureLevel.FULL);
    Count run =
        sum(result, key -> key.object() == ObjectKind.KVM_VCPU && "KVM_RUN".equals(key.request()));
    assertThat(run.calls()).isEqualTo(WRITES + 1);
    assertThat(run.errors()).isEmpty();
    assertThat(result.kvm()).containsOnlyKeys("program");
    KvmActivity kvm = Objects.requireNonNull(result.kvm().get("program"));
    assertThat(kvm.unknownBecause()).isNull();
    assertThat(kvm.returns()).isEqualTo(Map.of("IO", (long) WRITES, "HLT", 1L));
    assertThat(kvm.returnCount()).isEqualTo(run.calls());
    assertThat(kvm.injections()).allSatisfy((how, count) -> assertThat(count).as(how).isZero());
  }

  @Test
  void exitsAreCountedOrSaidToBeUnknown() throws Exception {
    KvmActivity kvm = Objects.requireNonNull(guest(CaptureLevel.FULL).kvm().get("program"));
    Long exits = kvm.exitCount();
    if (exits == null) {
      assertThat(kvm.exitsUnknownBecause()).contains("emulates");
      assertThat(kvm.entries()).isNull();
      assertThat(kvm.guestNanos()).isNull();
      assertThat(kvm.haltPollNanos()).isNull();
      assertThat(kvm.exits()).isEmpty();
      KnownCalls.skip(kvm.exitsUnknownBecause() + "; that this is told was tested");
    } else {
      assertThat(exits).isGreaterThan(WRITES);
      assertThat(kvm.entries()).isGreaterThan(WRITES);
      assertThat(kvm.guestNanos()).isPositive();
      assertThat(kvm.exits().keySet()).containsAnyOf("IO_INSTRUCTION", "IOIO");
    }
  }

  /// The program itself looks whether both eventfds were signalled as often as it says.
  @Test
  void everyKickThatKvmAnswersIsCountedOrSaidToBeUnknown() throws Exception {
    CaptureResult result = guest(CaptureLevel.FULL, "guest-kicks");
    KvmActivity kvm = Objects.requireNonNull(result.kvm().get("program"));
    assertThat(kvm.returns()).isEqualTo(Map.of("IO", (long) WRITES, "HLT", 1L));
    if (kvm.kicks() == null) {
      assertThat(kvm.kicksUnknownBecause()).contains("ioeventfd_write");
      KnownCalls.skip(kvm.kicksUnknownBecause() + "; that this is told was tested");
    }
    assertThat(kvm.kicksUnknownBecause()).isNull();
    assertThat(kvm.kicks()).isEqualTo(2L * WRITES);
  }

  @Test
  void whatReturnsToUserSpaceIsNoKick() throws Exception {
    KvmActivity kvm = Objects.requireNonNull(guest(CaptureLevel.FULL).kvm().get("program"));
    assertThat(kvm.kicks()).isIn(null, 0L);
    assertThat(kvm.kicks() == null).isEqualTo(kvm.kicksUnknownBecause() != null);
  }

  @Test
  void aLightCaptureSaysThatItDidNotWatchTheGuest() throws Exception {
    KvmActivity kvm = Objects.requireNonNull(guest(CaptureLevel.LIGHT).kvm().get("program"));
    assertThat(kvm.isKnown()).isFalse();
    assertThat(kvm.unknownBecause()).contains("light");
  }

  @Test
  void aProgramWithoutAGuestHasNoKvmActivity() throws Exception {
    assertThat(captured(CaptureLevel.FULL, "getppid", "11").kvm()).isEmpty();
  }

  /// Slow enough for several intervals.
  @Test
  void theCallsOfAllIntervalsAreTheCallsOfTheRole() throws Exception {
    CaptureResult result = captured(CaptureLevel.FULL, "sleep", "400");
    CallRate rate = Objects.requireNonNull(result.rates().get("program"));
    assertThat(rate.calls().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(result.total().calls());
    assertThat(rate.calls()).hasSizeGreaterThan(1).allMatch(calls -> calls >= 0);
    assertThat(rate.intervalNanos()).isGreaterThanOrEqualTo(CallRates.SHORTEST_NANOS / 2);
  }
}
