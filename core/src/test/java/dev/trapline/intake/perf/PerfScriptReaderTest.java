// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.capture.KnownProgram;
import dev.trapline.capture.perf.PerfCaptureSource;
import dev.trapline.host.Tool;
import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfScriptReaderTest {
  @TempDir private Path folder;

  private static Count of(TallyReading reading, String syscall) {
    assertThat(reading.skipped().first()).isEmpty();
    return reading.counted().groupedBy(Key::syscall).getOrDefault(syscall, Count.NONE);
  }

  @Test
  void beginAndEndAreOneCall() {
    TallyReading reading =
        PerfFixtures.script(
            """
            # comment
                  iperf3  4711 [000] 11446.343562: raw_syscalls:sys_enter: NR 0 (5, 7ffeca154ccc, 20000, 37f, 0, 0)
                  iperf3  4711 [001] 11446.343566:  raw_syscalls:sys_exit: NR 0 = 131072
                  iperf3  4711 [001] 11446.343567: raw_syscalls:sys_enter: NR 16 (5, ae80, 0, 0, 0, 0)
                  iperf3  4711 [001] 11446.343568:  raw_syscalls:sys_exit: NR 16 = -11
            """);
    ThreadKey thread = new ThreadKey(0, "", 4711, "iperf3");
    Count read =
        reading.counted().counts().getOrDefault(new Key(thread, "read", null, null), Count.NONE);
    assertThat(read.calls()).isEqualTo(1);
    assertThat(read.bytes()).isEqualTo(131072);
    assertThat(read.wallNanos()).isEqualTo(4000);
    Count run =
        reading
            .counted()
            .counts()
            .getOrDefault(new Key(thread, "ioctl", null, "KVM_RUN"), Count.NONE);
    assertThat(run.errors()).containsOnlyKeys("EAGAIN");
    assertThat(reading.spanNanos()).isEqualTo(6000);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
  }

  @Test
  void callsAtTheEdgesAreTold() {
    TallyReading reading =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001:  raw_syscalls:sys_exit: NR 0 = 1
              a  7 [000] 1.000002: raw_syscalls:sys_enter: NR 1 (1, 2, 3, 0, 0, 0)
            """);
    assertThat(of(reading, "read").calls()).isEqualTo(1);
    assertThat(of(reading, "read").timedCalls()).isZero();
    assertThat(reading.counted().completeness().inFlightAtStart()).isEqualTo(1);
    assertThat(reading.counted().completeness().inFlightAtEnd()).isEqualTo(1);
  }

  @Test
  void onlyBeginsOrOnlyEndsAreCountedWithoutTime() {
    TallyReading begins =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001: raw_syscalls:sys_enter: NR 0 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000001: raw_syscalls:sys_enter: NR 0 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000002: raw_syscalls:sys_enter: NR 59 (1, 2, 3, 0, 0, 0)
              b  7 [000] 1.000003: raw_syscalls:sys_enter: NR 0 (1, 2, 3, 0, 0, 0)
            """);
    assertThat(begins.counted().calls()).isEqualTo(4);
    assertThat(begins.counted().total().wallNanos()).isNull();
    assertThat(begins.counted().total().bytes()).isNull();
    assertThat(begins.counted().counts().keySet())
        .extracting(key -> key.thread().thread() + " " + key.syscall())
        .containsExactlyInAnyOrder("a read", "b execve", "b read");
    TallyReading ends =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001: syscalls:sys_exit_read: 0x3
              a  7 [000] 1.000002: syscalls:sys_exit_read: 0xfffffffffffffe00
              a  7 [000] 1.000003: syscalls:sys_exit_read: 5
            """);
    assertThat(of(ends, "read").calls()).isEqualTo(3);
    assertThat(of(ends, "read").bytes()).isEqualTo(8);
    assertThat(of(ends, "read").errors()).containsOnlyKeys("ERESTARTSYS");
    assertThat(of(ends, "read").wallNanos()).isNull();
    assertThat(ends.counted().completeness().inFlightAtStart()).isZero();
  }

  @Test
  void fieldsMayBeFewOrMany() {
    for (String head :
        List.of(
            "7 ",
            "7/7 ",
            "a  7 ",
            "a  7 [000] ",
            "a b/1 (c) d     7/7     [001] 12484.005759581:          1 ",
            "a  7 [001] K     12484.005815: ",
            "7 12484.005815: ",
            "a  7 12484.005815:          1    ")) {
      TallyReading reading =
          PerfFixtures.script(
              head + "raw_syscalls:sys_enter:            NR 231 (0, e7, 3c, 0, 0, 0)\n");
      assertThat(of(reading, "exit_group").calls()).as(head).isEqualTo(1);
      assertThat(reading.counted().counts().firstKey().thread().tid()).isEqualTo(7);
    }
  }

  @Test
  void theProgramOfKnownCountsIsCountedExactly() {
    TallyReading rounded = PerfFixtures.script(PerfFixtures.bytes("script-raw.txt.gz"));
    TallyReading full = PerfFixtures.script(PerfFixtures.bytes("script-raw-full.txt.gz"));
    for (TallyReading reading : List.of(rounded, full)) {
      assertThat(of(reading, "getppid").calls()).isEqualTo(1003);
      assertThat(of(reading, "getppid").timedCalls()).isEqualTo(1003);
      assertThat(of(reading, "rt_sigreturn").calls()).isEqualTo(3);
      assertThat(reading.counted().completeness().isComplete()).isTrue();
      assertThat(reading.counted().counts().keySet())
          .extracting(key -> key.thread().thread())
          .containsOnly("oddities", "a b/1 (c) d");
    }
    assertThat(withoutProcesses(full.counted())).isEqualTo(withoutProcesses(rounded.counted()));
    assertThat(full.counted().counts().firstKey().thread().process()).isEqualTo("oddities");
    assertThat(rounded.cannotKnow()).contains("processes of threads");
    assertThat(full.cannotKnow()).doesNotContain("processes of threads");
  }

  private static SortedMap<String, String> withoutProcesses(Tally tally) {
    SortedMap<String, String> rows = new TreeMap<>();
    tally
        .groupedBy(
            key -> key.thread().tid() + key.thread().thread() + key.syscall() + key.request())
        .forEach((key, count) ->
            rows.put(key, count.calls() + " " + count.errors() + " " + count.bytes()));
    return rows;
  }

  @Test
  void namedTracepointsAreReadToo() {
    TallyReading reading = PerfFixtures.script(PerfFixtures.bytes("script-named.txt.gz"));
    assertThat(of(reading, "getppid").calls()).isEqualTo(1003);
    assertThat(of(reading, "getppid").timedCalls()).isZero();
    assertThat(of(reading, "rt_sigreturn").calls()).isEqualTo(3);
    assertThat(of(reading, "read").errors()).containsEntry("ERESTARTSYS", 1L);
    assertThat(reading.counted().counts().keySet())
        .extracting(Key::request)
        .contains("KVM_RUN", "FIONREAD|TIOCINQ", "FUTEX_WAIT", "FUTEX_WAIT_BITSET_PRIVATE");
    assertThat(reading.remarks()).anyMatch(remark -> remark.endsWith("not counted"));
  }

  @Test
  void rawAndNamedEventsOfOneCallCountOnce() {
    TallyReading reading =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001: syscalls:sys_enter_getppid:\s
              a  7 [000] 1.000001: raw_syscalls:sys_enter: NR 110 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000002: raw_syscalls:sys_exit: NR 110 = 5
              a  7 [000] 1.000002: syscalls:sys_exit_getppid: 0x5
            """);
    assertThat(of(reading, "getppid").calls()).isEqualTo(1);
    assertThat(reading.remarks()).anyMatch(remark -> remark.startsWith("2 events of syscalls:*"));
  }

  @Test
  void callChainsAndLossesAreUnderstood() {
    TallyReading chains = PerfFixtures.script(PerfFixtures.bytes("script-callchain.txt"));
    assertThat(chains.skipped().first()).isEmpty();
    assertThat(chains.counted().calls()).isPositive();
    TallyReading lost =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001: PERF_RECORD_LOST lost 17
              a  7 [000] 1.000002: PERF_RECORD_LOST_SAMPLES lost 19
            Warning:
            Processed 1234 events and lost 5 chunks!
            """);
    assertThat(lost.skipped().first()).isEmpty();
    assertThat(lost.counted().completeness().lostEvents()).isEqualTo(19);
    assertThat(lost.counted().completeness().notes()).hasSize(1);
  }

  @Test
  void aRunnersPrefixIsTakenOff() {
    for (String name : List.of("script-raw.txt.gz", "script-callchain.txt")) {
      String plain = new String(PerfFixtures.bytes(name), UTF_8);
      String prefixed = plain.lines().map(line -> "[STDOUT] " + line + "\r\n").collect(joining());
      TallyReading reading = PerfFixtures.script(prefixed);
      assertThat(reading.skipped().first()).as(name).isEmpty();
      assertThat(reading.counted()).isEqualTo(PerfFixtures.script(plain).counted());
    }
  }

  @Test
  void anEventRecordedTwiceCountsOnce() {
    TallyReading reading =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001:  raw_syscalls:sys_exit: NR 0 = 1
              a  7 [000] 1.000002: raw_syscalls:sys_enter: NR 1 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000002: raw_syscalls:sys_enter: NR 1 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000003:  raw_syscalls:sys_exit: NR 1 = 1
              a  7 [000] 1.000003:  raw_syscalls:sys_exit: NR 1 = 1
            """);
    assertThat(of(reading, "write").calls()).isEqualTo(1);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
  }

  @Test
  void aMissingEndIsDoubt() {
    TallyReading reading =
        PerfFixtures.script(
            """
              a  7 [000] 1.000001: raw_syscalls:sys_enter: NR 0 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000002: raw_syscalls:sys_enter: NR 1 (1, 2, 3, 0, 0, 0)
              a  7 [000] 1.000003:  raw_syscalls:sys_exit: NR 1 = 1
            """);
    assertThat(reading.counted().calls()).isEqualTo(1);
    assertThat(reading.counted().completeness().notes())
        .containsExactly("1 call has a begin and no end in the file, and are not counted");
  }

  @Test
  void onlyLinesOfPerfScriptAreRecognised() {
    assertThat(new String(PerfFixtures.bytes("script-raw-full.txt.gz"), UTF_8).lines())
        .allMatch(PerfScriptReader::recognises);
    assertThat(
            List.of(
                "12:00:00.123456 read(3, \"\", 832) = 832 <0.000012>",
                "     0.123 ( 0.004 ms): iperf3/4711 read(fd: 5) = 1",
                "     0.123 (         ): sh/1 syscalls:sys_enter_read(fd: 5)",
                "@[raw_syscalls:sys_enter]: 5",
                "tracepoint:raw_syscalls:sys_enter 5",
                "@[tracepoint:syscalls:sys_enter_read]: 832",
                "[  5]   0.00-1.00   sec  2.50 GBytes  21.4 Gbits/sec    0   1.25 MBytes",
                " 99.99    0.000100          10        10         2 read"))
        .noneMatch(PerfScriptReader::recognises);
  }

  @Test
  void theScriptOfALiveRecordingIsCountedAsTheRecording() throws Exception {
    new PerfCaptureSource()
        .unavailable()
        .ifPresent(reason -> {
          System.out.println("skipped: " + reason);
          assumeTrue(false, "skipped: " + reason);
        });
    KnownProgram program = KnownProgram.compileIn(folder);
    Path data = folder.resolve("perf.data");
    Tool.run(
        List.of(
            "perf",
            "trace",
            "record",
            "-q",
            "-o",
            data.toString(),
            "--",
            program.command().getFirst()));
    Tally judge = PerfDataReader.ofAllBut(Architecture.X86_64, Set.of()).read(data);
    String script =
        Tool.runOrFail(
            List.of(
                "perf",
                "script",
                "--ns",
                "-F",
                "+pid",
                "--show-task-events",
                "-i",
                data.toString()));
    TallyReading reading = PerfFixtures.script(script);
    assertThat(reading.skipped().first()).isEmpty();
    assertThat(reading.counted().counts()).isEqualTo(judge.counts());
    assertThat(reading.counted().completeness().inFlightAtStart())
        .isEqualTo(judge.completeness().inFlightAtStart());
    assertThat(of(reading, "getppid").calls())
        .isGreaterThanOrEqualTo(KnownProgram.PARENT_ASKED + KnownProgram.PARENT_ASKED_BY_CHILD);
    TallyReading plain =
        PerfFixtures.script(Tool.runOrFail(List.of("perf", "script", "-i", data.toString())));
    assertThat(plain.skipped().first()).isEmpty();
    assertThat(withoutProcesses(plain.counted())).isEqualTo(withoutProcesses(judge));
  }
}
