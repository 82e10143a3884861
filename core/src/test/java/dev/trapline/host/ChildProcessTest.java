// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
  private static final Duration GRACE = Duration.ofMillis(300);

  @TempDir Path folder;

  private Launch launch(String... command) {
    return Launch.background(
        List.of(command), folder.resolve("out"), folder.resolve("err"), null, "test");
  }

  @Test
  void itHasItsOutputItsMarkAndItsCode() throws Exception {
    ChildProcess child =
        ChildProcess.start(launch("sh", "-c", "echo $TRAPLINE_LEASE $LC_ALL; echo no >&2; exit 5"));
    assertThat(ChildProcess.exitCode(child.await())).isEqualTo(5);
    assertThat(folder.resolve("out")).hasContent("test C\n");
    assertThat(folder.resolve("err")).hasContent("no\n");
    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void inTheBackgroundItHasThreeDescriptorsAndNoneOfTheJvms() throws Exception {
    ChildProcess child = ChildProcess.start(launch("ls", "/proc/self/fd"));
    assertThat(ChildProcess.exitCode(child.await())).isEqualTo(0);
    // 3 is what ls reads the folder by.
    assertThat(folder.resolve("out")).hasContent("0\n1\n2\n3\n");
  }

  @Test
  void aSignalThatEndsItGivesTheCodeOfAShell() throws Exception {
    ChildProcess child = ChildProcess.start(launch("sleep", "600"));
    child.kill();
    assertThat(ChildProcess.exitCode(child.await())).isEqualTo(137);
    // Nobody is there to be signalled, which is no error.
    child.kill();
    child.terminate();
  }

  @Test
  void whatDoesNotEndWhenAskedIsEnded() throws Exception {
    ChildProcess child =
        ChildProcess.start(
            launch("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"));
    while (!Files.exists(folder.resolve("out")) || Files.size(folder.resolve("out")) == 0) {
      Thread.sleep(5);
    }
    assertThat(ChildProcess.exitCode(child.end(GRACE))).isEqualTo(137);
  }

  @Test
  void itsProcessorTimeIsKnownAtItsEnd() throws Exception {
    ChildProcess child =
        ChildProcess.start(launch("sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"));
    assertThat(child.await().cpuNanos()).isPositive();
  }

  @Test
  void aProgramThatIsNotThereIsAnErrorAndWhatWasPreparedIsUndone() {
    AtomicInteger prepared = new AtomicInteger();
    assertThatThrownBy(() ->
            ChildProcess.startWith(
                launch("/nonexistent/program"),
                prepared::incrementAndGet,
                prepared::decrementAndGet))
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> assertThat(failure.code()).isEqualTo("COMMAND-NOT-STARTED"));
    assertThat(prepared).hasValue(0);
  }

  @Test
  void aFailureToPrepareIsToldAsItIs() {
    TraplineException refused = new TraplineException("BPF-DENIED", "no.", "none");
    assertThatThrownBy(() ->
            ChildProcess.startWith(
                launch("true"),
                () -> {
                  throw refused;
                },
                () -> {}))
        .isSameAs(refused);
  }

  @Test
  void anInterruptWhileStartingDoesNotLoseTheProgram() throws Exception {
    Thread.currentThread().interrupt();
    ChildProcess child = ChildProcess.start(launch("sleep", "600"));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(child.isAlive()).isTrue();
    child.kill();
    child.await();
  }

  @Test
  void anInterruptWaitsUntilAToolHasEnded() {
    Thread.currentThread().interrupt();
    Tool.Result result = Tool.run(List.of("sh", "-c", "sleep 0.1; echo done"));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(result).isEqualTo(new Tool.Result(0, "done"));
  }
}
