// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureSourceContract;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.KnownProgram;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.ProcFs;
import dev.trapline.tally.Count;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PerfCaptureSourceTest extends CaptureSourceContract {
  @Override
  protected CaptureSource source() {
    return new PerfCaptureSource();
  }

  @Override
  protected boolean tellsObjects() {
    return false;
  }

  @Test
  void theExecAndTheExitAreCounted() throws Exception {
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      capture.launch(launch(List.of("true")), "client").await();
      Tally tally = capture.stop().total();
      assertThat(sum(tally, key -> key.syscall().equals("execve")).calls()).isOne();
      assertThat(sum(tally, key -> key.syscall().equals("execve")).wallNanos()).isPositive();
      assertThat(sum(tally, key -> key.syscall().equals("exit_group")).calls()).isOne();
    }
  }

  @Test
  void theWholeMachineIsCountedButForTraplineItself() throws Exception {
    KnownProgram program = KnownProgram.compileIn(folder);
    CaptureResult result;
    try (Capture capture = source().start(new CaptureTarget.Everything(), CaptureLevel.FULL)) {
      ChildProcess child = ChildProcess.start(launch(program.command()));
      child.await();
      result = capture.stop();
    }
    Tally tally = result.total();
    int self = (int) ProcessHandle.current().pid();
    assertThat(tally.counts().keySet()).noneMatch(key -> key.thread().pid() == self);
    if (result.completeness().lostEvents() == 0) {
      Count badReads =
          sum(
              tally,
              key ->
                  key.thread().thread().equals(KnownProgram.THREAD_NAME)
                      && key.syscall().equals("read"));
      assertThat(badReads.calls()).isEqualTo(KnownProgram.BAD_READS);
    }
  }

  @Test
  void whatIsLaunchedIsNotCountedASecondTimeAsATarget() throws Exception {
    CaptureResult result;
    try (Capture capture = source().start(new CaptureTarget.Everything(), CaptureLevel.LIGHT)) {
      capture.launch(launch(List.of("true")), "client").await();
      result = capture.stop();
    }
    assertThat(result.byRole()).containsOnlyKeys("client", Capture.TARGET_ROLE);
    int pid =
        result.byRole().getOrDefault("client", Tally.EMPTY).counts().firstKey().thread().pid();
    assertThat(result.byRole().getOrDefault(Capture.TARGET_ROLE, Tally.EMPTY).counts().keySet())
        .noneMatch(key -> key.thread().pid() == pid);
  }

  @Test
  void aCgroupIsCounted() throws Exception {
    KnownProgram program = KnownProgram.compileIn(folder);
    Path mount = cgroupMount();
    Path cgroup = mount.resolve("trapline-test-" + ProcessHandle.current().pid());
    try {
      Files.createDirectory(cgroup);
    } catch (IOException denied) {
      System.out.println("skipped: " + denied);
      assumeTrue(false, "skipped: " + denied);
    }
    try (Capture capture = source().start(new CaptureTarget.Cgroup(cgroup), CaptureLevel.FULL)) {
      String join = "echo $$ > " + cgroup.resolve("cgroup.procs") + "; exec \"$0\"";
      ChildProcess child =
          ChildProcess.start(launch(List.of("sh", "-c", join, program.command().getFirst())));
      assertThat(ChildProcess.exitCode(child.await())).isEqualTo(KnownProgram.EXIT_CODE);
      Tally tally = capture.stop().total();
      assertThat(sum(tally, key -> key.syscall().equals("getppid")).calls())
          .isEqualTo(KnownProgram.PARENT_ASKED + KnownProgram.PARENT_ASKED_BY_CHILD);
    } finally {
      Files.deleteIfExists(cgroup);
    }
  }

  private static Path cgroupMount() {
    for (String line : ProcFs.read("self/mounts").orElse("").split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 2 && fields[2].equals("cgroup2")) {
        return Path.of(fields[1]);
      }
    }
    System.out.println("skipped: no cgroup file system of version 2 is mounted");
    assumeTrue(false, "skipped: no cgroup file system of version 2 is mounted");
    throw new AssertionError("not reached");
  }

  @Test
  void aFolderThatIsNoCgroupIsToldAsSuch() {
    assertThatThrownBy(
            () -> source().start(new CaptureTarget.Cgroup(folder), CaptureLevel.FULL).close())
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> assertThat(failure.code()).isEqualTo("CGROUP-MISSING"));
  }
}
