// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureSourceContract;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.ProcFs;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class StraceCaptureSourceTest extends CaptureSourceContract {
  @Override
  protected CaptureSource source() {
    return new StraceCaptureSource();
  }

  @Override
  protected boolean tellsObjects() {
    return true;
  }

  @Test
  void theExecIsTheFirstCallCounted() throws Exception {
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      capture.launch(launch(List.of("true")), "client").await();
      CaptureResult result = capture.stop();
      assertThat(sum(result.total(), key -> key.syscall().equals("execve")).calls()).isOne();
      assertThat(sum(result.total(), key -> key.syscall().equals("exit_group")).calls()).isOne();
    }
  }

  @Test
  void aProcessLeftBehindByTheProgramIsLetGo() throws Exception {
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.LIGHT)) {
      ChildProcess child =
          capture.launch(launch(List.of("sh", "-c", "sleep 60 >&- 2>&- & echo $!")), "server");
      child.await();
      CaptureResult result = capture.stop();
      int left = Integer.parseInt(java.nio.file.Files.readString(folder.resolve("output")).strip());
      assertThat(ProcFs.read(left + "/status").orElse("")).contains("TracerPid:\t0");
      dev.trapline.host.LibC.kill(left, 9);
      assertThat(result.completeness().notes()).isEmpty();
      assertThat(result.completeness().inFlightAtEnd()).isOne();
    }
  }

  @Test
  void aProcessThatIsTracedAlreadyIsToldAsSuch() throws Exception {
    try (Capture first = source().start(new CaptureTarget.Launched(), CaptureLevel.LIGHT)) {
      ChildProcess child = first.launch(launch(List.of("sleep", "60")), "server");
      waitForProgram(child, "sleep");
      CaptureTarget target = new CaptureTarget.Processes(new TreeSet<>(Set.of(child.pid())));
      assertThatThrownBy(() -> source().start(target, CaptureLevel.FULL))
          .isInstanceOfSatisfying(
              TraplineException.class,
              failure -> assertThat(failure.code()).isEqualTo("PTRACE-BUSY"));
      child.kill();
      child.await();
    }
  }

  @Test
  void theWholeMachineIsRefusedWithTheReason() {
    assertThatThrownBy(() -> source().start(new CaptureTarget.Everything(), CaptureLevel.FULL))
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> assertThat(failure.code()).isEqualTo("CAPTURE-TARGET"));
  }
}
