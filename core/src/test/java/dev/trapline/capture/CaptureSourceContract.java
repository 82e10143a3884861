// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.TraplineException;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What every capture source must do, whatever it counts with. A source's test extends it.
public abstract class CaptureSourceContract {
  private static final int SIGUSR1 = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir protected Path folder;
  private Set<Integer> processesBefore = Set.of();

  /// The source under test.
  protected abstract CaptureSource source();

  /// Whether its tallies tell what kind of object a call worked on.
  protected abstract boolean tellsObjects();

  @BeforeEach
  void skipWhereTheSourceDoesNotWork() {
    source()
        .unavailable()
        .ifPresent(reason -> {
          System.out.println("skipped: " + reason);
          abort("skipped: " + reason);
        });
    processesBefore = new HashSet<>(ProcFs.processes());
  }

  @AfterEach
  void nothingOfTheSourceIsLeft() {
    String scratchFolder = "/trapline-" + source().name() + "-";
    eventually(
        () -> {
          for (int pid : ProcFs.processes()) {
            boolean ours =
                !processesBefore.contains(pid)
                    && ProcFs.read(pid + "/cmdline").orElse("").contains(scratchFolder);
            if (ours) {
              return false;
            }
          }
          return true;
        },
        "a process of the capture is left");
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void everyCallOfAKnownProgramIsCounted(CaptureLevel level) throws Exception {
    KnownProgram program = KnownProgram.compileIn(folder);
    CaptureResult result;
    try (Capture capture = source().start(new CaptureTarget.Launched(), level)) {
      ChildProcess child = capture.launch(launch(program.command()), "server");
      assertThat(ChildProcess.exitCode(child.await())).isEqualTo(KnownProgram.EXIT_CODE);
      result = capture.stop();
    }
    assertThat(result.completeness().notes()).isEmpty();
    assertThat(result.completeness().isComplete()).isTrue();
    assertThat(result.byRole()).containsOnlyKeys("server");
    Tally tally = result.byRole().getOrDefault("server", Tally.EMPTY);
    assertKnownCalls(tally);
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      assertThat(entry.getKey().thread().process()).isEqualTo(KnownProgram.NAME);
      boolean neverReturns = entry.getKey().syscall().startsWith("exit");
      if (level == CaptureLevel.FULL && !neverReturns) {
        assertThat(entry.getValue().wallNanos()).as("wall of %s", entry.getKey()).isPositive();
        assertThat(entry.getValue().timedCalls()).isEqualTo(entry.getValue().calls());
      }
      if (level == CaptureLevel.LIGHT) {
        assertThat(entry.getValue().wallNanos()).isNull();
      }
    }
  }

  private void assertKnownCalls(Tally tally) {
    Count asked =
        sum(tally, key -> key.syscall().equals("getppid") && isMainThread(key, mainPid(tally)));
    assertThat(asked.calls()).isEqualTo(KnownProgram.PARENT_ASKED);
    assertThat(asked.failedCalls()).isZero();

    Count askedByChild =
        sum(tally, key -> key.syscall().equals("getppid") && !isMainThread(key, mainPid(tally)));
    assertThat(askedByChild.calls()).isEqualTo(KnownProgram.PARENT_ASKED_BY_CHILD);

    Count badReads =
        sum(
            tally,
            key ->
                key.syscall().equals("read")
                    && key.thread().thread().equals(KnownProgram.THREAD_NAME));
    assertThat(badReads.calls()).isEqualTo(KnownProgram.BAD_READS);
    assertThat(badReads.errors()).isEqualTo(new TreeMap<>(Map.of("EBADF", KnownProgram.BAD_READS)));

    Predicate<Key> pipeReads =
        key -> key.syscall().equals("read") && isMainThread(key, mainPid(tally));
    Count reads = sum(tally, pipeReads);
    assertThat(reads.calls()).isEqualTo(KnownProgram.PARTIAL_READS + KnownProgram.EMPTY_READS);
    assertThat(reads.errors()).isEqualTo(new TreeMap<>(Map.of("EAGAIN", KnownProgram.EMPTY_READS)));
    assertThat(reads.bytes()).isEqualTo(KnownProgram.PARTIAL_READS * KnownProgram.BYTES_PER_READ);
    if (tellsObjects()) {
      assertThat(sum(tally, pipeReads.and(key -> key.object() == ObjectKind.PIPE)).calls())
          .isEqualTo(reads.calls());
    }
  }

  /// The process that has the second thread.
  private static int mainPid(Tally tally) {
    return tally.counts().keySet().stream()
        .filter(key -> key.thread().thread().equals(KnownProgram.THREAD_NAME))
        .mapToInt(key -> key.thread().pid())
        .findAny()
        .orElseThrow();
  }

  private static boolean isMainThread(Key key, int pid) {
    return key.thread().pid() == pid && key.thread().tid() == pid;
  }

  @Test
  void theProgramsOutputAndEnvironmentAreItsOwn() throws Exception {
    Path output = folder.resolve("output");
    Map<String, String> environment = new TreeMap<>(System.getenv());
    environment.put("TRAPLINE_TEST", "a b\"c");
    Launch launch =
        new Launch(
            List.of("sh", "-c", "printf %s \"$TRAPLINE_TEST\"; printf bad >&2; exit 3"),
            environment,
            output,
            folder.resolve("error"),
            true,
            true,
            null);
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      ChildProcess child = capture.launch(launch, "client");
      assertThat(ChildProcess.exitCode(child.await())).isEqualTo(3);
      assertThat(capture.stop().byRole()).containsOnlyKeys("client");
    }
    assertThat(output).hasContent("a b\"c");
    assertThat(folder.resolve("error")).hasContent("bad");
  }

  @Test
  void countingBeginsWithTheExecOfTheProgram() throws Exception {
    CaptureResult result;
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      capture.launch(launch(List.of("true")), "client").await();
      result = capture.stop();
    }
    Tally tally = result.total();
    assertThat(tally.counts().keySet()).allMatch(key -> key.thread().process().equals("true"));
    assertThat(sum(tally, key -> key.syscall().equals("execve")).calls()).isBetween(0L, 1L);
    assertThat(sum(tally, key -> key.syscall().equals("kill")).calls()).isZero();
    assertThat(tally.calls()).isPositive();
  }

  @Test
  void rolesAreKeptApart() throws Exception {
    CaptureResult result;
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      ChildProcess server = capture.launch(launch(List.of("sleep", "0.2")), "server");
      ChildProcess client = capture.launch(launch(List.of("true")), "client");
      client.await();
      server.await();
      result = capture.stop();
    }
    assertThat(result.byRole()).containsOnlyKeys("client", "server");
    assertThat(processNames(result, "client")).containsExactly("true");
    assertThat(processNames(result, "server")).containsExactly("sleep");
  }

  private static Set<String> processNames(CaptureResult result, String role) {
    Set<String> names = new TreeSet<>();
    for (Key key : result.byRole().getOrDefault(role, Tally.EMPTY).counts().keySet()) {
      names.add(key.thread().process());
    }
    return names;
  }

  @Test
  void aSignalForTheProgramReachesIt() throws Exception {
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      ChildProcess child = capture.launch(launch(List.of("sleep", "60")), "server");
      waitForProgram(child, "sleep");
      child.terminate();
      assertThat(ChildProcess.exitCode(child.await(PATIENCE).orElseThrow())).isEqualTo(143);
      CaptureResult result = capture.stop();
      assertThat(processNames(result, "server")).containsExactly("sleep");
    }
  }

  @Test
  void aProgramThatStillRunsAtTheStopRunsOnUnobserved() throws Exception {
    ChildProcess child;
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      child = capture.launch(launch(List.of("sleep", "60")), "server");
      waitForProgram(child, "sleep");
      CaptureResult result = capture.stop();
      assertThat(result.completeness().notes()).isEmpty();
      assertThat(processNames(result, "server")).containsExactly("sleep");
    }
    assertThat(child.isAlive()).isTrue();
    assertThat(ProcFs.read(child.pid() + "/status").orElse("")).contains("TracerPid:\t0");
    child.kill();
    child.await();
  }

  @Test
  void closingWithoutAStopDetaches() throws Exception {
    ChildProcess child;
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      child = capture.launch(launch(List.of("sleep", "60")), "server");
      waitForProgram(child, "sleep");
    }
    nothingOfTheSourceIsLeft();
    assertThat(child.isAlive()).isTrue();
    child.kill();
    child.await();
  }

  @Test
  void aProcessThatRanAlreadyIsCounted() throws Exception {
    KnownProgram program = KnownProgram.compileIn(folder);
    Path output = folder.resolve("output");
    ChildProcess child = ChildProcess.start(launch(program.waitingCommand()));
    eventually(() -> contains(output, "ready"), "the program is not ready");
    CaptureTarget target = new CaptureTarget.Processes(new TreeSet<>(Set.of(child.pid())));
    CaptureResult result;
    try (Capture capture = source().start(target, CaptureLevel.FULL)) {
      LibC.kill(child.pid(), SIGUSR1);
      eventually(() -> contains(output, KnownProgram.OUTPUT.strip()), "the program did not call");
      result = capture.stop();
    }
    assertThat(child.isAlive()).isTrue();
    child.kill();
    child.await();
    assertThat(result.completeness().notes()).isEmpty();
    assertThat(result.byRole()).containsOnlyKeys(Capture.TARGET_ROLE);
    assertKnownCalls(result.total());
  }

  @Test
  void aProgramThatDoesNotExistIsToldAsSuch() {
    try (Capture capture = source().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      assertThatThrownBy(() -> capture.launch(launch(List.of("no-such-program")), "client"))
          .isInstanceOfSatisfying(
              TraplineException.class,
              failure -> assertThat(failure.code()).isEqualTo("COMMAND-NOT-STARTED"));
    }
  }

  @Test
  void aProcessThatDoesNotExistIsToldAsSuch() {
    CaptureTarget target = new CaptureTarget.Processes(new TreeSet<>(Set.of(4_194_303)));
    assertThatThrownBy(() -> source().start(target, CaptureLevel.FULL).close())
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> assertThat(failure.code()).isEqualTo("PROCESS-MISSING"));
  }

  /// A program whose output goes to a file of the test.
  protected Launch launch(List<String> command) {
    return new Launch(
        command,
        System.getenv(),
        folder.resolve("output"),
        folder.resolve("error"),
        true,
        true,
        null);
  }

  /// Waits until a launched process has become the program that it was launched for, and sleeps: it
  /// has its name before it has made a call.
  protected static void waitForProgram(ChildProcess child, String name) {
    eventually(
        () ->
            ProcFs.stat(child.pid())
                .map(stat -> stat.name().equals(name) && stat.fields().getFirst().equals("S"))
                .orElse(false),
        name + " did not start");
  }

  /// The sum of the counts whose keys fit.
  protected static Count sum(Tally tally, Predicate<Key> wanted) {
    Count sum = null;
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      if (wanted.test(entry.getKey())) {
        sum = sum == null ? entry.getValue() : sum.plus(entry.getValue());
      }
    }
    return sum == null ? Count.NONE : sum;
  }

  private static boolean contains(Path file, String words) {
    try {
      return Files.exists(file) && Files.readString(file).contains(words);
    } catch (IOException failure) {
      return false;
    }
  }

  /// Waits for something that other processes bring about.
  protected static void eventually(java.util.function.BooleanSupplier condition, String otherwise) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(otherwise).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }
}
