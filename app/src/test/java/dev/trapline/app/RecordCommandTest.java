// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// `record` as the everyday tool: COMMAND does not notice it, every target works, ^C ends it.
class RecordCommandTest {
  /// Works until it is ended, with calls all the time.
  private static final String BUSY = "while :; do sleep 0.05; done";

  @TempDir Path folder;

  @Test
  void exitCodeOutputAndInputAreThoseOfTheCommand() throws Exception {
    Cli.Result result =
        Cli.program("record", "--", "sh", "-c", "cat; echo told; echo complained >&2; exit 7")
            .input("given\n")
            .run();
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(result.stdout()).isEqualTo("given\ntold\n");
    assertThat(result.stderr()).startsWith("complained\n").contains("syscall", "total", "calls by");
  }

  @Test
  void theTableFitsATerminal() throws Exception {
    Cli.Result result = Cli.program("record", "--", "ls", "/").run();
    assertThat(result.stderrLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "KILL, 137", "INT, 130", "SEGV, 139"})
  void deathByASignalGivesTheCodeThatAShellGives(String signal, int code) throws Exception {
    Cli.Result result = Cli.program("record", "--", "sh", "-c", "kill -" + signal + " $$").run();
    assertThat(result.exitCode()).isEqualTo(code);
    assertThat(result.stderr()).contains("total");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nonexistent/program", "no-such-program-anywhere", "/etc/passwd", "/"})
  void whatCannotBeStartedIsAnErrorOfOurs(String command) throws Exception {
    Cli.Result result = Cli.program("record", "--", command).run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderr())
        .contains("error[COMMAND-NOT-STARTED]: '" + command + "' was not started: ", "\nhint: ")
        .doesNotContain("\tat ");
  }

  @Test
  void optionsAfterTheCommandBelongToTheCommand() throws Exception {
    Cli.Result result =
        Cli.program("record", "echo", "--by", "thread", "--json", "-o", "nothing", "--help").run();
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).isEqualTo("--by thread --json -o nothing --help\n");
    assertThat(result.stderr()).contains("total");
  }

  @Test
  void anOptionBeforeTheCommandIsOurs() throws Exception {
    Cli.Result result = Cli.program("record", "--by", "category", "--", "echo", "-n").run();
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stderr()).contains("category").contains("core-io");
  }

  @Test
  void countingBeginsWithTheExecOfTheCommand() throws Exception {
    Cli.Result result = Cli.program("record", "--json", "--", "true").run();
    JsonNode run = new ObjectMapper().readTree(json(result.stderr()));
    long executions = 0;
    Set<String> processes = new HashSet<>();
    for (JsonNode row : run.path("tallies")) {
      processes.add(row.path("process").asString());
      if (row.path("syscall").asString().equals("execve")) {
        executions += row.path("calls").asLong();
      }
      assertThat(row.path("syscall").asString()).isNotIn("clone", "clone3", "vfork", "fork");
    }
    assertThat(executions).isEqualTo(1);
    assertThat(processes).containsExactly("true");
  }

  @Test
  void theCommandHasTheDescriptorsThatTraplineWasGivenAndNoOther() throws Exception {
    Cli.Result result =
        Cli.program("record", "--capture", "auto", "--", "ls", "/proc/self/fd")
            // The JDK's helper closes all but three; a shell opens one more.
            .startedBy("sh", "-c", "exec \"$@\" 7</dev/null", "sh")
            .run();
    assertThat(result.exitCode()).isEqualTo(0);
    // 3 is what ls reads the folder by.
    assertThat(result.stdoutLines()).containsExactly("0", "1", "2", "3", "7");
  }

  @Test
  void aPipeThatNobodyReadsEndsTheCommandAsEver() throws Exception {
    Cli.Result result =
        Cli.program("record", "--", "sh", "-c", "yes | head -n 1; echo \"$?\"").run();
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).isEqualTo("y\n0\n");
  }

  @Test
  void theTimeLimitEndsTheCommand() throws Exception {
    Cli.Result result = Cli.program("record", "-d", "0.5", "--", "sleep", "600").run();
    assertThat(result.exitCode()).isEqualTo(143);
    assertThat(result.stderr()).contains("nanosleep");
  }

  @Test
  void interruptingTraplineAloneIsPassedOnToTheCommand() throws Exception {
    String patient = "trap 'echo caught; exit 9' INT; echo ready; " + BUSY;
    try (Cli.Running running =
        Cli.program("record", "--", "sh", "-c", patient).startedBy("setsid").start()) {
      Cli.await("the command runs", () -> running.stdout().contains("ready"));
      running.signal("INT");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(9);
      assertThat(result.stdout()).isEqualTo("ready\ncaught\n");
      assertThat(result.stderr()).contains("total");
    }
  }

  @Test
  void aCommandThatIgnoresTheInterruptIsEnded() throws Exception {
    String stubborn = "trap '' INT; echo ready; " + BUSY;
    try (Cli.Running running =
        Cli.program("record", "--", "sh", "-c", stubborn).startedBy("setsid").start()) {
      Cli.await("the command runs", () -> running.stdout().contains("ready"));
      running.signal("INT");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(143);
      assertThat(result.stderr()).contains("total");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalEndsTheRecordingOfARunningProcessWithItsTable(String signal) throws Exception {
    Process busy = busy();
    try (Cli.Running running =
        Cli.program("record", "-p", Long.toString(busy.pid())).startedBy("setsid").start()) {
      running.awaitStderr("counting");
      Thread.sleep(300);
      running.signal(signal);
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(0);
      assertThat(result.stdout()).contains("syscall", "wait4", "total", "calls by");
      assertThat(busy.isAlive()).isTrue();
    } finally {
      busy.destroyForcibly();
    }
  }

  @Test
  void severalProcessesAreRecordedAtOnce() throws Exception {
    Process first = busy();
    Process second = busy();
    try {
      String pids = first.pid() + "," + second.pid();
      Cli.Result result = Cli.program("record", "-p", pids, "-d", "1", "--json").run();
      assertThat(result.exitCode()).isEqualTo(0);
      JsonNode run = new ObjectMapper().readTree(result.stdout());
      Set<Long> seen = new HashSet<>();
      run.path("tallies").forEach(row -> seen.add(row.path("pid").asLong()));
      assertThat(seen).contains(first.pid(), second.pid());
    } finally {
      first.destroyForcibly();
      second.destroyForcibly();
    }
  }

  @Test
  void theRecordingEndsWithTheLastOfItsProcesses() throws Exception {
    Process busy = busy();
    try (Cli.Running running = Cli.program("record", "-p", Long.toString(busy.pid())).start()) {
      running.awaitStderr("counting");
      busy.destroyForcibly();
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(0);
      assertThat(result.stdout()).contains("total");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"4194999", "0", "-1"})
  void aProcessThatIsNotThereIsAnError(String pid) throws Exception {
    Cli.Result result = Cli.program("record", "-d", "1", "--pid=" + pid).run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).contains("error[").contains("hint: ").doesNotContain("BUG");
  }

  @Test
  void aCgroupIsRecordedWithAllItsTasks() throws Exception {
    Needs.root();
    Needs.capture("ebpf");
    Path cgroup = newCgroup();
    Process busy = busy();
    try {
      Files.writeString(cgroup.resolve("cgroup.procs"), Long.toString(busy.pid()));
      Cli.Result result =
          Cli.program("record", "--cgroup", cgroup.toString(), "-d", "1", "--by", "process").run();
      assertThat(result.exitCode()).isEqualTo(0);
      assertThat(result.stdout()).contains("sh " + busy.pid(), "sleep");
    } finally {
      busy.descendants().forEach(ProcessHandle::destroyForcibly);
      busy.destroyForcibly();
      busy.waitFor();
      Cli.await("the cgroup is empty", () -> read(cgroup.resolve("cgroup.procs")).isEmpty());
      Files.delete(cgroup);
    }
  }

  @Test
  void aCgroupThatIsNotThereIsAnError() throws Exception {
    Needs.root();
    Needs.capture("ebpf");
    Cli.Result result = Cli.program("record", "--cgroup", "/nonexistent", "-d", "1").run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[CGROUP-MISSING]: ");
  }

  @Test
  void theWholeMachineIsRecordedButNotTheRecorder() throws Exception {
    Needs.root();
    Needs.capture("ebpf");
    Process busy = busy();
    try (Cli.Running running = Cli.program("record", "--all", "-d", "1", "--json").start()) {
      long ours = running.pid();
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(0);
      Set<Long> seen = new HashSet<>();
      new ObjectMapper()
          .readTree(result.stdout())
          .path("tallies")
          .forEach(row -> seen.add(row.path("pid").asLong()));
      assertThat(seen).contains(busy.pid()).doesNotContain(ours);
    } finally {
      busy.destroyForcibly();
    }
  }

  @Test
  void aDirectoryThatHoldsSomethingIsNotOverwritten() throws Exception {
    Files.writeString(folder.resolve("precious"), "data");
    Cli.Result result = Cli.program("record", "-o", folder.toString(), "--", "true").run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[RUN-EXISTS]: ");
    assertThat(folder.resolve("precious")).hasContent("data");
  }

  private static Process busy() throws IOException {
    return new ProcessBuilder("sh", "-c", BUSY).start();
  }

  /// What follows the command's own words on standard error.
  static String json(String stderr) {
    return stderr.substring(stderr.indexOf('{'));
  }

  private static Path newCgroup() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/mounts"))) {
      String[] fields = line.split(" ", -1);
      if (fields[2].equals("cgroup2")) {
        return Files.createDirectory(
            Path.of(fields[1], "trapline-test-" + ProcessHandle.current().pid()));
      }
    }
    Needs.skip("no cgroup v2 is mounted");
    throw new IllegalStateException("skipped");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }
}
