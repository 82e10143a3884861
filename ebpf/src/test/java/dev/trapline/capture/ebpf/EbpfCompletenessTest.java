// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What finds no room is told, and counted to the last call: never a silent loss.
class EbpfCompletenessTest extends EbpfTestBase {
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void callsWithoutASlotAreDroppedAndToldToTheLastOne(CaptureLevel level) throws Exception {
    long all = captured(level, "many-keys").total().calls();
    CaptureResult result = capturedInRoomFor(new EbpfCapture.Room(101, 16), level, "many-keys");
    assertThat(result.completeness().verdict()).isEqualTo("incomplete");
    assertThat(result.completeness().droppedCalls()).isGreaterThan(500);
    assertThat(result.total().calls() + result.completeness().droppedCalls()).isEqualTo(all);
    assertThat(result.total().counts()).hasSizeLessThanOrEqualTo(101);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void callsOfThreadsWithoutARecordAreDroppedAndTold(CaptureLevel level) throws Exception {
    long all = captured(level, "threads").total().calls();
    CaptureResult result = capturedInRoomFor(new EbpfCapture.Room(64, 1), level, "threads");
    assertThat(result.completeness().verdict()).isEqualTo("incomplete");
    // How often the C library waits for a thread's end or a lock is a matter of luck.
    assertThat(result.total().calls() + result.completeness().droppedCalls())
        .isBetween(all - 40, all + 40);
    long asked = sum(result, "getppid").calls();
    assertThat(asked + result.completeness().droppedCalls())
        .isGreaterThanOrEqualTo(1009 + 2003 + 3001 + 4001 + 17);
  }

  /// The room is enough for those that live at one time, as long as the reader keeps up; where it
  /// does not, the sum still holds.
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void countedAndDroppedTogetherAreAllWhenRoomIsUsedAgain(CaptureLevel level) throws Exception {
    long one = captured(level, "many-forks", "1").total().calls();
    long two = captured(level, "many-forks", "2").total().calls();
    CaptureResult result =
        capturedInRoomFor(new EbpfCapture.Room(128, 32), level, "many-forks", "2003");
    long all = one + 2002 * (two - one);
    assertThat(result.total().calls() + result.completeness().droppedCalls()).isEqualTo(all);
    assertThat(result.completeness().isComplete())
        .isEqualTo(result.completeness().droppedCalls() == 0);
  }

  private CaptureResult capturedInRoomFor(
      EbpfCapture.Room room, CaptureLevel level, String... modeAndArguments) throws Exception {
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Launched(), level, room)) {
      run(capture, known.launch(modeAndArguments));
      return capture.stop();
    }
  }
}
