// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.ProcFs;
import dev.trapline.host.Tool;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Targets other than what we launch: processes that run already, a cgroup, the whole machine.
class EbpfTargetsTest extends EbpfTestBase {
  private final List<ChildProcess> started = new ArrayList<>();

  @AfterEach
  void endWhatWasStarted() throws Exception {
    for (ChildProcess child : started) {
      child.kill();
      child.await();
    }
  }

  private ChildProcess startWaiting(String mode) {
    return start(mode, fifo());
  }

  private ChildProcess start(String mode, Path file) {
    ChildProcess child = ChildProcess.start(known.launch(mode, file.toString()));
    started.add(child);
    eventually(() -> contents(known.output()).contains("ready"), mode + " is not ready");
    return child;
  }

  private Path fifo() {
    Path fifo = folder.resolve("commands");
    if (!Files.exists(fifo)) {
      Tool.runOrFail(List.of("mkfifo", fifo.toString()));
    }
    return fifo;
  }

  private void tell() throws IOException {
    Files.write(fifo(), new byte[] {'g'});
    eventually(() -> contents(known.output()).contains("done"), "the program did not call");
  }

  private static CaptureTarget process(int pid) {
    return new CaptureTarget.Processes(new TreeSet<>(Set.of(pid)));
  }

  @Test
  void aProcessThatSleepsInOneCallThroughoutIsToldOf() {
    ChildProcess child = ChildProcess.start(Launch.foreground(List.of("sleep", "60")));
    started.add(child);
    eventually(
        () -> ProcFs.stat(child.pid()).filter(stat -> stat.fields().get(0).equals("S")).isPresent(),
        "sleep does not sleep");
    CaptureResult result;
    try (Capture capture = EbpfCapture.start(process(child.pid()), CaptureLevel.FULL)) {
      result = capture.stop();
    }
    assertThat(result.total().calls()).isZero();
    assertThat(result.completeness().inFlightAtEnd()).isEqualTo(1);
    assertThat(result.completeness().verdict()).isEqualTo("complete");
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void everyThreadOfARunningProcessIsCountedFromNowOn(CaptureLevel level) throws Exception {
    ChildProcess child = startWaiting("serve");
    CaptureResult result;
    try (Capture capture = EbpfCapture.start(process(child.pid()), level)) {
      tell();
      eventually(() -> ProcFs.threads(child.pid()).size() == 2, "the young thread is there");
      result = capture.stop();
    }
    assertComplete(result);
    assertThat(result.byRole()).containsOnlyKeys(Capture.TARGET_ROLE);
    assertThat(sum(result, "worker", "getppid").calls()).isEqualTo(499);
    assertThat(sum(result, "asks-307", "getppid").calls()).isEqualTo(307);
    // The main thread and the child that it forked have the same name.
    assertThat(mainThread(result, child.pid()).calls()).isEqualTo(1009);
    assertThat(sum(result, "getppid").calls()).isEqualTo(499 + 307 + 1009 + 101);
    // In flight at the start were the read of the command and the worker's: counted, not timed.
    Count workerRead = sum(result, "worker", "read");
    assertThat(workerRead.calls()).isOne();
    if (level == CaptureLevel.FULL) {
      assertThat(workerRead.timedCalls()).isZero();
      assertThat(result.completeness().inFlightAtStart()).isEqualTo(2);
      // Both threads wait again: the main one for the next command, the worker for ever.
      assertThat(result.completeness().inFlightAtEnd()).isBetween(1L, 2L);
    }
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void runningProcessesAndLaunchesAreCountedUnderTheirRoles(CaptureLevel level) throws Exception {
    KnownCalls other = KnownCalls.compileIn(Files.createDirectory(folder.resolve("client")));
    ChildProcess server = startWaiting("serve");
    Path commands = Files.createDirectory(folder.resolve("other")).resolve("commands");
    Tool.runOrFail(List.of("mkfifo", commands.toString()));
    ChildProcess client = ChildProcess.start(other.launch("serve", commands.toString()));
    started.add(client);
    eventually(() -> contents(other.output()).contains("ready"), "the client is not ready");
    SortedMap<String, SortedSet<Integer>> pids = new TreeMap<>();
    pids.put("server", new TreeSet<>(Set.of(server.pid())));
    pids.put("client", new TreeSet<>(Set.of(client.pid())));
    pids.put("idle", new TreeSet<>());
    CaptureResult result;
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Roles(pids), level)) {
      tell();
      Files.write(commands, new byte[] {'g'});
      eventually(() -> contents(other.output()).contains("done"), "the client did not call");
      awaitEnd(capture.launch(other.launch("getppid", "53"), "client"));
      awaitEnd(capture.launch(other.launch("getppid", "59"), "helper"));
      eventually(() -> ProcFs.threads(server.pid()).size() == 2, "a thread does not end");
      eventually(() -> ProcFs.threads(client.pid()).size() == 2, "a thread does not end");
      result = capture.stop();
    }
    assertComplete(result);
    assertThat(result.byRole()).containsOnlyKeys("server", "client", "idle", "helper");
    long round = 499 + 307 + 1009 + 101;
    assertThat(getppid(result, "server")).isEqualTo(round);
    assertThat(getppid(result, "client")).isEqualTo(round + 53);
    assertThat(getppid(result, "helper")).isEqualTo(59);
    assertThat(result.byRole().get("idle")).isEqualTo(Tally.EMPTY);
    for (String role : List.of("server", "client")) {
      Predicate<Key> byWorker =
          key -> key.thread().thread().equals("worker") && key.syscall().equals("getppid");
      assertThat(sum(role(result, role), byWorker).calls()).isEqualTo(499);
    }
    assertThat(role(result, "server").counts().keySet())
        .noneMatch(key -> key.thread().tid() == client.pid());
  }

  private static Tally role(CaptureResult result, String role) {
    return Objects.requireNonNull(result.byRole().get(role));
  }

  private static long getppid(CaptureResult result, String role) {
    return sum(role(result, role), key -> key.syscall().equals("getppid")).calls();
  }

  @Test
  void aProcessWithTwoRolesIsRefused() {
    SortedMap<String, SortedSet<Integer>> pids = new TreeMap<>();
    pids.put("server", new TreeSet<>(Set.of(1)));
    pids.put("client", new TreeSet<>(Set.of(1)));
    assertThatThrownBy(() -> new CaptureTarget.Roles(pids))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("process 1 has two roles");
  }

  private static Count mainThread(CaptureResult result, int pid) {
    return sum(result, key -> key.syscall().equals("getppid") && key.thread().tid() == pid);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aThreadThatNeverStopsToCallIsInFlightOnceAtMost(CaptureLevel level) throws Exception {
    ChildProcess child = startWaiting("call-forever");
    for (int round = 0; round < 5; round++) {
      CaptureResult result;
      try (Capture capture = EbpfCapture.start(process(child.pid()), level)) {
        // On a busy machine the caller may have no CPU for some tens of milliseconds.
        Thread.sleep(150);
        result = capture.stop();
      }
      assertComplete(result);
      Count asked = sum(result, "getppid");
      assertThat(asked.calls()).isGreaterThan(1);
      assertThat(result.completeness().inFlightAtStart()).isBetween(0L, 1L);
      assertThat(result.completeness().inFlightAtEnd()).isBetween(0L, 1L);
      if (level == CaptureLevel.FULL) {
        assertThat(asked.timedCalls())
            .isEqualTo(asked.calls() - result.completeness().inFlightAtStart());
      }
    }
  }

  @Test
  void aThreadIdIsNotAProcess() throws Exception {
    ChildProcess child = startWaiting("serve");
    int thread =
        ProcFs.threads(child.pid()).stream()
            .filter(tid -> tid != child.pid())
            .findAny()
            .orElseThrow();
    assertThatThrownBy(() -> EbpfCapture.start(process(thread), CaptureLevel.FULL).close())
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo("PROCESS-MISSING");
              assertThat(failure.remedy()).contains(Integer.toString(child.pid()));
            });
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aCallOfAnyProcessIsCountedWhenTheTargetIsEverything(CaptureLevel level) throws Exception {
    CaptureResult result;
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Everything(), level)) {
      ChildProcess child = ChildProcess.start(known.launch("threads"));
      awaitEnd(child);
      ChildProcess marked = ChildProcess.start(known.launch("raw-forks", "13"));
      awaitEnd(marked);
      result = capture.stop();
    }
    assertComplete(result);
    for (long times : new long[] {1009, 2003, 3001, 4001}) {
      assertThat(sum(result, "asks-" + times, "getppid").calls()).isEqualTo(times);
      assertThat(sum(result, "asks-" + times, "exit").calls()).isOne();
    }
    assertThat(sum(result, KnownCalls.NAME, "getppid").calls()).isEqualTo(17 + 13 * 3);
    assertThat(sum(result, KnownCalls.NAME, "exit_group").calls()).isEqualTo(2 + 13);
    int self = (int) ProcessHandle.current().pid();
    assertThat(result.total().counts().keySet()).noneMatch(key -> key.thread().pid() == self);
  }

  /// A process whose first call of the capture is a clone, and whose child's only call is its exit:
  /// the child's side of the clone is no call, and the exit is one.
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aForkThatIsTheFirstCallSeenCountsOnce(CaptureLevel level) throws Exception {
    Path flag = Files.write(folder.resolve("flag"), new byte[1]);
    start("fork-when-told", flag);
    CaptureResult result;
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Everything(), level)) {
      try (RandomAccessFile file = new RandomAccessFile(flag.toFile(), "rw")) {
        file.write(1);
      }
      eventually(() -> contents(known.output()).contains("done"), "the program did not fork");
      result = capture.stop();
    }
    assertThat(sum(result, KnownCalls.NAME, "clone").calls()).isOne();
    assertThat(sum(result, KnownCalls.NAME, "exit_group").calls()).isOne();
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void callsOfACgroupAreCountedAndThoseOutsideAreNot(CaptureLevel level) throws Exception {
    Path root = unifiedHierarchy();
    Path group = root.resolve("trapline-test-" + ProcessHandle.current().pid());
    Files.createDirectory(group);
    try {
      CaptureResult result;
      try (Capture capture = EbpfCapture.start(new CaptureTarget.Cgroup(group), level)) {
        ChildProcess outside = ChildProcess.start(known.launch("getppid", "2003"));
        awaitEnd(outside);
        List<String> command = new ArrayList<>();
        command.addAll(
            List.of("sh", "-c", "echo $$ > " + group + "/cgroup.procs; exec \"$@\"", "sh"));
        command.addAll(known.launch("forks", "7").command());
        ChildProcess inside = ChildProcess.start(known.launchOf(command));
        awaitEnd(inside);
        result = capture.stop();
      }
      assertComplete(result);
      assertThat(sum(result, "getppid").calls()).isEqualTo(7 * 101 + 53);
      assertThat(sum(result, KnownCalls.NAME, "exit_group").calls()).isEqualTo(8);
      assertThat(sum(result, KnownCalls.NAME, "clone").calls()).isEqualTo(7);
    } finally {
      eventually(() -> group.toFile().delete() || !Files.exists(group), "the cgroup is in use");
    }
  }

  private static Path unifiedHierarchy() {
    for (String mount : contents(Path.of("/proc/self/mounts")).split("\n", -1)) {
      String[] fields = mount.split(" ", -1);
      if (fields.length > 2 && fields[2].equals("cgroup2")) {
        return Path.of(fields[1]);
      }
    }
    KnownCalls.skip("no cgroup of version 2 is mounted");
    throw new IllegalStateException("a skipped test goes on");
  }

  @Test
  void aFolderThatIsNoCgroupIsToldAsSuch() {
    assertThatThrownBy(
            () -> EbpfCapture.start(new CaptureTarget.Cgroup(folder), CaptureLevel.FULL).close())
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> assertThat(failure.code()).isEqualTo("CGROUP-MISSING"));
  }
}
