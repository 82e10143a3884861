// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.ChildProcess;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A launched program with known calls gives exactly those calls, errors and bytes, at both levels.
/// The numbers are those of `known-calls.c`.
class EbpfExactnessTest extends EbpfTestBase {
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aMillionCallsAreAMillion(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "getppid", "1000000");
    assertComplete(result);
    Count asked = sum(result, "getppid");
    assertThat(asked.calls()).isEqualTo(1_000_000);
    assertThat(asked.errors()).isEmpty();
    assertThat(asked.bytes()).isNull();
    assertThat(asked.timedCalls()).isEqualTo(level == CaptureLevel.FULL ? 1_000_000 : 0);
    assertThat(sum(result, "execve").calls()).isOne();
    assertThat(sum(result, "exit_group").calls()).isOne();
    assertThat(result.completeness().inFlightAtStart()).isZero();
    assertThat(result.completeness().inFlightAtEnd()).isZero();
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void eachThreadsCallsAreItsOwn(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "threads");
    assertComplete(result);
    for (long times : new long[] {1009, 2003, 3001, 4001}) {
      assertThat(sum(result, "asks-" + times, "getppid").calls()).isEqualTo(times);
      assertThat(sum(result, "asks-" + times, "exit").calls()).isOne();
    }
    assertThat(sum(result, KnownCalls.NAME, "getppid").calls()).isEqualTo(17);
    // Which of the two is the C library's choice; the child's side is no call.
    assertThat(sum(result, "clone3").calls() + sum(result, "clone").calls()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void everyCallOfADyingThreadIsCounted(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "dying-threads");
    assertComplete(result);
    assertThat(sum(result, "asks-101", "getppid").calls()).isEqualTo(101);
    assertThat(sum(result, "exiting", "getppid").calls()).isEqualTo(103);
    assertThat(sum(result, "exiting", "exit").calls()).isOne();
    assertThat(sum(result, "blocked", "getppid").calls()).isEqualTo(107);
    assertThat(sum(result, KnownCalls.NAME, "getppid").calls()).isEqualTo(109);
    // Ended from outside in the middle of a read: the kernel lets the read return, as if to
    // restart it, before it ends the thread. So it is a call with an error, not one cut short.
    Count cut = sum(result, "blocked", "read");
    assertThat(cut.calls()).isOne();
    assertThat(cut.errors()).isEqualTo(errors("ERESTARTSYS", 1));
    assertThat(sum(result, "blocked", "exit").calls()).isZero();
    assertThat(sum(result, "exit_group").calls()).isOne();
    assertThat(result.completeness().cutShortByExit()).isZero();
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void forkedChildrenAreCounted(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "forks", "7");
    assertComplete(result);
    assertThat(sum(result, "getppid").calls()).isEqualTo(7 * 101 + 53);
    assertThat(sum(result, "exit_group").calls()).isEqualTo(8);
    assertThat(sum(result, "clone").calls() + sum(result, "fork").calls()).isEqualTo(7);
    long processes =
        result.total().counts().keySet().stream().map(key -> key.thread().pid()).distinct().count();
    assertThat(processes).isEqualTo(8);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void everyOfTwoThousandShortLivesIsCounted(CaptureLevel level) throws Exception {
    // Many times the room that there is at once: slots and thread records are used again.
    CaptureResult result = captured(level, "many-forks", "4001");
    assertComplete(result);
    assertThat(sum(result, "getppid").calls()).isEqualTo(4001 * 5 + 53);
    assertThat(sum(result, "exit_group").calls()).isEqualTo(4002);
    assertThat(sum(result, "clone").calls() + sum(result, "fork").calls()).isEqualTo(4001);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aVforkIsOneCallOfTheParent(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "vforks", "11");
    assertComplete(result);
    assertThat(sum(result, "vfork").calls()).isEqualTo(11);
    assertThat(sum(result, "getppid").calls()).isEqualTo(33);
    assertThat(sum(result, "exit_group").calls()).isEqualTo(12);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void anExecPartsWhatTheTwoProgramsDid(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "exec");
    assertComplete(result);
    assertThat(sum(result, "before", "getppid").calls()).isEqualTo(211);
    assertThat(sum(result, KnownCalls.NAME, "getppid").calls()).isEqualTo(307);
    // An exec that works counts with the program that it starts: the one in "before", which has
    // named itself so since, is that of the launch.
    assertThat(sum(result, "before", "execve").calls()).isOne();
    assertThat(sum(result, KnownCalls.NAME, "execve").calls()).isOne();
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void anExecByAThreadEndsTheOthersAndTakesTheirPlace(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "exec-from-thread");
    assertComplete(result);
    assertThat(sum(result, "before", "getppid").calls()).isEqualTo(211);
    assertThat(sum(result, "becoming", "getppid").calls()).isEqualTo(101);
    assertThat(sum(result, KnownCalls.NAME, "getppid").calls()).isEqualTo(307);
    for (Key key : result.total().counts().keySet()) {
      if (key.thread().thread().equals(KnownCalls.NAME)) {
        assertThat(key.thread().tid()).isEqualTo(key.thread().pid());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void readsThatWouldBlockAreErrorsOfThePipe(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "would-block");
    assertComplete(result);
    Count reads =
        sum(result, key -> key.syscall().equals("read") && key.object() == ObjectKind.PIPE);
    assertThat(reads.calls()).isEqualTo(1013);
    assertThat(reads.errors()).isEqualTo(errors("EAGAIN", 1013));
    assertThat(reads.bytes()).isZero();
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void partialReadsAddUpTheBytesThatCame(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "partial-reads");
    assertComplete(result);
    long bytes = 0;
    for (int call = 0; call < 211; call++) {
      bytes += 1 + call % 7;
    }
    for (String syscall : List.of("read", "write")) {
      Count count =
          sum(result, key -> key.syscall().equals(syscall) && key.object() == ObjectKind.PIPE);
      assertThat(count.calls()).isEqualTo(211);
      assertThat(count.errors()).isEmpty();
      assertThat(count.bytes()).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void badDescriptorsAreErrorsOfNoObject(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "bad-descriptors");
    assertComplete(result);
    assertThat(sum(result, "read").errors()).isEqualTo(errors("EBADF", 499));
    assertThat(sum(result, "close").errors()).isEqualTo(errors("EBADF", 97));
    for (Key key : result.total().counts().keySet()) {
      if (key.syscall().equals("read") || key.syscall().equals("close")) {
        assertThat(key.object()).isNull();
      }
    }
  }

  /// The calls are answered by a seccomp filter before they begin: `sys_enter` is not told of them.
  /// They are counted but have no time, and must not pass for calls in flight at the start.
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void errnosBeyondTheRoomOfASlotAreCountedAsOther(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "many-errnos");
    assertComplete(result);
    Count asked = sum(result, "getppid");
    TreeMap<String, Long> expected = new TreeMap<>();
    List<String> first =
        List.of("EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC");
    for (int error = 1; error <= first.size(); error++) {
      expected.put(first.get(error - 1), 100L + error);
    }
    expected.put("other", 109L + 110 + 111);
    assertThat(asked.errors()).isEqualTo(expected);
    assertThat(asked.calls()).isEqualTo(asked.failedCalls() + 23);
    assertThat(asked.timedCalls()).isEqualTo(level == CaptureLevel.FULL ? 23 : 0);
    assertThat(result.completeness().inFlightAtStart()).isZero();
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aNumberThatNoSyscallHasIsNotTakenForOne(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "odd-numbers");
    assertComplete(result);
    assertThat(sum(result, "getppid").calls()).isEqualTo(41);
    assertThat(sum(result, "syscall-511").errors()).isEqualTo(errors("ENOSYS", 37));
    assertThat(sum(result, "syscall-out-of-range").errors()).isEqualTo(errors("ENOSYS", 31));
  }

  /// A signal with SA_RESTART: `read` returns ERESTARTSYS, which user space never sees, the handler
  /// runs, `rt_sigreturn` returns, and the kernel enters `read` anew. Each entry is a call, as the
  /// kernel returned it.
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aCallRestartedAfterASignalIsAnotherCall(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "restarted-read");
    assertComplete(result);
    Count reads =
        sum(result, key -> key.syscall().equals("read") && key.object() == ObjectKind.PIPE);
    assertThat(reads.calls()).isEqualTo(14);
    assertThat(reads.errors()).isEqualTo(errors("ERESTARTSYS", 13));
    assertThat(reads.bytes()).isOne();
    assertThat(sum(result, "rt_sigreturn").calls()).isEqualTo(13);
  }

  /// A stop and a continue run no handler: `poll` returns ERESTART_RESTARTBLOCK and the kernel goes
  /// on by `restart_syscall`, which is a call under its own number, every time.
  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void aCallThatGoesOnAfterAStopIsRestartSyscall(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "restarted-poll");
    assertComplete(result);
    Count poll = sum(result, KnownCalls.NAME, "poll");
    assertThat(poll.calls()).isOne();
    assertThat(poll.errors()).isEqualTo(errors("ERESTART_RESTARTBLOCK", 1));
    Count restarted = sum(result, KnownCalls.NAME, "restart_syscall");
    assertThat(restarted.calls()).isEqualTo(5);
    assertThat(restarted.errors()).isEqualTo(errors("ERESTART_RESTARTBLOCK", 4));
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void moreKeysThanAThreadsTableHoldsAreCountedApart(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "many-keys");
    assertComplete(result);
    TreeSet<String> requests = new TreeSet<>();
    for (Map.Entry<Key, Count> entry : result.total().counts().entrySet()) {
      String request = Objects.requireNonNullElse(entry.getKey().request(), "");
      if (request.startsWith("0x7a0")) {
        requests.add(request);
        assertThat(entry.getKey().object()).isEqualTo(ObjectKind.OTHER);
        assertThat(entry.getValue().calls()).isEqualTo(3);
        assertThat(entry.getValue().errors()).isEqualTo(errors("ENOTTY", 3));
      }
    }
    assertThat(requests).hasSize(300);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void futexOperationsAreCountedByName(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "futexes");
    assertComplete(result);
    assertFutex(result, "FUTEX_WAKE", 101, Map.of());
    assertFutex(result, "FUTEX_WAKE_PRIVATE", 103, Map.of());
    assertFutex(result, "FUTEX_WAIT", 107, errors("EAGAIN", 107));
    assertFutex(result, "FUTEX_WAIT_BITSET", 109, errors("ETIMEDOUT", 109));
    assertFutex(result, "FUTEX_CMP_REQUEUE_PRIVATE", 113, Map.of());
  }

  private static void assertFutex(
      CaptureResult result, String operation, long calls, Map<String, Long> errors) {
    Count count = sum(result, key -> operation.equals(key.request()));
    assertThat(count.calls()).as(operation).isEqualTo(calls);
    assertThat(count.errors()).as(operation).isEqualTo(errors);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void operationsOfAnIoUringAreCounted(CaptureLevel level) throws Exception {
    if (!contents(Path.of("/proc/sys/kernel/io_uring_disabled")).strip().equals("0")) {
      KnownCalls.skip("this kernel has no io_uring, or sysctl kernel.io_uring_disabled forbids it");
    }
    CaptureResult result = captured(level, "io-uring", "1009");
    assertComplete(result);
    assertThat(result.activity().ioUringOperations()).isEqualTo(Map.of("NOP", 1009L));
    assertThat(sum(result, "io_uring_enter").calls()).isEqualTo(1009);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  void everyKindOfObjectIsKnown(CaptureLevel level) throws Exception {
    CaptureResult result = captured(level, "objects", folder.toString());
    assertComplete(result);
    TreeMap<String, Long> asked = new TreeMap<>();
    TreeMap<String, Long> made = new TreeMap<>();
    for (String line : Files.readAllLines(known.output())) {
      String[] words = line.split(" ", -1);
      asked.merge(words[0], Long.parseLong(words[1]), Long::sum);
      made.merge(words[0], 1L, Long::sum);
    }
    System.out.print(contents(known.error()));
    assertThat(asked).containsKeys("tcp", "udp", "unix", "pipe", "file", "eventfd", "epoll");
    assertThat(objects(result, "fcntl")).isEqualTo(asked);
    if (level == CaptureLevel.FULL) {
      assertThat(objects(result, "close")).isEqualTo(made);
    }
  }

  private static Map<String, Long> objects(CaptureResult result, String syscall) {
    TreeMap<String, Long> calls = new TreeMap<>();
    for (Map.Entry<Key, Count> entry : result.total().counts().entrySet()) {
      ObjectKind kind = entry.getKey().object();
      if (entry.getKey().syscall().equals(syscall)) {
        calls.merge(kind == null ? "none" : kind.label(), entry.getValue().calls(), Long::sum);
      }
    }
    return calls;
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void callsThroughThe32BitEntryAreKeptApart(CaptureLevel level) throws Exception {
    if (!runs("compat-calls")) {
      KnownCalls.skip("this kernel does not take int 0x80 (CONFIG_IA32_EMULATION, ia32_emulation)");
    }
    CaptureResult result = captured(level, "compat-calls");
    assertComplete(result);
    assertThat(sum(result, "i386#64").calls()).isEqualTo(127);
    assertThat(sum(result, "getppid").calls()).isEqualTo(131);
  }

  @ParameterizedTest
  @EnumSource(CaptureLevel.class)
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void a32BitProgramIsCountedFromItsExecToItsExit(CaptureLevel level) throws Exception {
    Path program = folder.resolve("compat-exit");
    KnownCalls.compile(
        "compat-exit.c",
        program,
        List.of(
            "-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-pic", "-fno-stack-protector"));
    if (!runs("exec-program", program.toString())) {
      KnownCalls.skip("this kernel runs no 32-bit programs (CONFIG_IA32_EMULATION)");
    }
    CaptureResult result = captured(level, "exec-program", program.toString());
    assertComplete(result);
    assertThat(sum(result, KnownCalls.NAME, "getppid").calls()).isEqualTo(29);
    TreeMap<String, Long> calls = new TreeMap<>();
    for (Map.Entry<Key, Count> entry : result.total().counts().entrySet()) {
      if (entry.getKey().thread().thread().equals("compat-exit")) {
        calls.merge(entry.getKey().syscall(), entry.getValue().calls(), Long::sum);
      }
    }
    // The exec was made by the 64-bit program, so its number is a 64-bit one.
    assertThat(calls)
        .isEqualTo(
            new TreeMap<>(
                Map.of("execve", 1L, "i386#64", 36L, "i386#2", 1L, "i386#7", 1L, "i386#252", 2L)));
    assertThat(result.completeness().cutShortByExit()).isZero();
  }

  private boolean runs(String... modeAndArguments) throws Exception {
    ChildProcess child = ChildProcess.start(known.launch(modeAndArguments));
    return ChildProcess.exitCode(child.await(PATIENCE).orElseThrow()) == 0;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void aCaptureAfterAnotherBeginsAtZero(int captures) throws Exception {
    for (int at = 0; at < captures; at++) {
      CaptureResult result = captured(CaptureLevel.FULL, "getppid", "1009");
      assertComplete(result);
      assertThat(sum(result, "getppid").calls()).isEqualTo(1009);
    }
  }

  @Test
  void twoCapturesAtOnceCountTheirOwn() throws Exception {
    try (var first = EbpfCapture.start(new CaptureTarget.Launched(), CaptureLevel.FULL);
        var second = EbpfCapture.start(new CaptureTarget.Launched(), CaptureLevel.LIGHT)) {
      run(first, known.launch("getppid", "1009"));
      run(second, known.launch("getppid", "2003"));
      assertThat(sum(first.stop(), "getppid").calls()).isEqualTo(1009);
      assertThat(sum(second.stop(), "getppid").calls()).isEqualTo(2003);
    }
  }

  private static Map<String, Long> errors(String errno, long calls) {
    return Map.of(errno, calls);
  }
}
