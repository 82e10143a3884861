// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PerfTraceSummaryReaderTest {
  /// Of perf 6.1, shortened.
  private static final String TABLE =
      """

       Summary of events:

       k (18771), 2528 events, 70.7%

         syscall            calls  errors  total       min       avg       max       stddev
                                           (msec)    (msec)    (msec)    (msec)        (%)
         --------------- --------  ------ -------- --------- --------- ---------     ------
         getppid             1009      0    19.988     0.014     0.020     0.092      1.17%
         access                 1      1     0.022     0.022     0.022     0.022      0.00%
      \t\t\t\tENOENT: 1
         sendfile64             2      0     0.072     0.019     0.036     0.054     48.39%


       a (b), 3 events, 1 (18772), 1010 events, 28.2%

         syscall            calls  errors  total       min       avg       max       stddev
                                           (msec)    (msec)    (msec)    (msec)        (%)
         --------------- --------  ------ -------- --------- --------- ---------     ------
         read                 499    499    11.139     0.015     0.022     0.088      2.02%
      \t\t\t\tEBADF: 400
      \t\t\t\tEAGAIN: 9


      """;

  private static Tally read(String table) {
    return PerfFixtures.table(table).tally("table");
  }

  @Test
  void aRowIsTheCountOfOneSyscallOfOneThread() {
    Tally tally = read(TABLE);
    assertThat(tally.completeness().isComplete()).isTrue();
    ThreadKey thread = new ThreadKey(0, "", 18771, "k");
    Count count = tally.counts().getOrDefault(new Key(thread, "getppid", null, null), Count.NONE);
    assertThat(count.calls()).isEqualTo(1009);
    assertThat(count.timedCalls()).isEqualTo(1009);
    assertThat(count.wallNanos()).isEqualTo(19_988_000);
    assertThat(count.errors()).isEmpty();
  }

  @Test
  void whatTheTableDoesNotTellIsUnknown() {
    Count count = read(TABLE).total();
    assertThat(count.bytes()).isNull();
    assertThat(count.workNanos()).isNull();
    assertThat(count.blockedNanos()).isNull();
    assertThat(count.latency()).isNull();
  }

  @Test
  void errorsAreNamedWhereTheTableNamesThem() {
    Map<String, Count> bySyscall = read(TABLE).groupedBy(Key::syscall);
    assertThat(bySyscall.getOrDefault("access", Count.NONE).errors())
        .containsExactly(Map.entry("ENOENT", 1L));
    assertThat(bySyscall.getOrDefault("read", Count.NONE).errors())
        .containsExactly(
            Map.entry("EAGAIN", 9L),
            Map.entry("EBADF", 400L),
            Map.entry(PerfTraceSummaryReader.UNNAMED_ERROR, 90L));
  }

  @Test
  void namesOfSyscallsAreTheKernels() {
    assertThat(read(TABLE).counts().keySet())
        .extracting(Key::syscall)
        .containsExactlyInAnyOrder("access", "getppid", "read", "sendfile");
  }

  @Test
  void theNameOfAThreadMayHoldAnything() {
    assertThat(read(TABLE).counts().keySet())
        .extracting(key -> key.thread().thread())
        .containsOnly("k", "a (b), 3 events, 1");
  }

  @Test
  void theTableOfAnOldPerfHasNoErrors() {
    Tally tally =
        read(
            """
             x (7), 4 events, 100.0%

               syscall            calls    total       min       avg       max      stddev
                                           (msec)    (msec)    (msec)    (msec)        (%)
               --------------- -------- --------- --------- --------- ---------     ------
               write                  2     0.028     0.010     0.014     0.018     30.00%
            """);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.total().wallNanos()).isEqualTo(28_000);
    assertThat(tally.calls()).isEqualTo(2);
  }

  @Test
  void lostEventsMakeItIncomplete() {
    Tally tally = read("LOST 17 events!\n" + TABLE + "LOST 3 events!\n");
    assertThat(tally.completeness().lostEvents()).isEqualTo(20);
    assertThat(tally.completeness().isComplete()).isFalse();
  }

  @Test
  void linesNotUnderstoodAreCountedAndTheFirstShown() {
    TallyReading reading = PerfFixtures.table("iperf Done.\n" + TABLE);
    assertThat(reading.skipped())
        .isEqualTo(new SkippedLines(1, List.of(new SkippedLines.Line(1, "iperf Done."))));
    assertThat(reading.tally("t.txt").completeness().notes())
        .containsExactly("1 line of t.txt not understood; first: t.txt:1: iperf Done.");
  }

  @Test
  void aTableMayStandBehindThePrefixOfARunner() {
    String prefixed = TABLE.lines().map(line -> "[STDERR] " + line + "\r\n").collect(joining());
    assertThat(PerfFixtures.table(prefixed).counted()).isEqualTo(read(TABLE));
  }

  /// After `print_total_stats` and `print_thread_stat` of perf's `util/bpf-trace-summary.c`.
  @Test
  void theTotalOfNewerVersionsHasNoThreads() {
    TallyReading reading =
        PerfFixtures.table(
            """

             Summary of events:

             total, 2824 events

               syscall            calls  errors  total       min       avg       max       stddev
                                                 (msec)    (msec)    (msec)    (msec)        (%)
               --------------- --------  ------ -------- --------- --------- ---------     ------
               futex                372     18  4373.773     0.000    11.757   997.715    660.42%
               clone                  2      0     0.274     0.000     0.137     0.274      9.00%


            """);
    assertThat(reading.skipped().count()).isZero();
    assertThat(reading.counted().calls()).isEqualTo(374);
    assertThat(reading.counted().counts().firstKey().thread())
        .isEqualTo(new ThreadKey(0, "", 0, ""));
    assertThat(reading.cannotKnow()).contains("threads", "bytes");
  }

  @Test
  void sectionsCountedByABpfProgramHaveNoPercentage() {
    TallyReading reading =
        PerfFixtures.table(
            """
             Summary of events:

             sshd (77), 3 events

               syscall            calls  errors  total       min       avg       max       stddev
                                                 (msec)    (msec)    (msec)    (msec)        (%)
               --------------- --------  ------ -------- --------- --------- ---------     ------
               clone                  1      0     0.000     0.000     0.000     0.000      0.00%
               read                   2      0     0.011     0.000     0.005     0.011      0.00%


             /user.slice/a b, 1 events

               syscall            calls  errors  total       min       avg       max       stddev
                                                 (msec)    (msec)    (msec)    (msec)        (%)
               --------------- --------  ------ -------- --------- --------- ---------     ------
               write                  1      0     0.011     0.011     0.011     0.011      0.00%
            """);
    assertThat(reading.skipped().count()).isZero();
    assertThat(reading.counted().counts().keySet())
        .extracting(key -> key.thread().thread() + " " + key.syscall())
        .containsExactlyInAnyOrder("sshd clone", "sshd read", "/user.slice/a b write");
  }

  @Test
  void theFirstReturnOfAThreadIsNoCall() {
    TallyReading reading =
        PerfFixtures.table(
            """
             sh (7), 4 events, 100.0%

               syscall            calls  errors  total       min       avg       max       stddev
                                                 (msec)    (msec)    (msec)    (msec)        (%)
               --------------- --------  ------ -------- --------- --------- ---------     ------
               clone                  3      0     0.300     0.000     0.100     0.200     30.00%
               vfork                  1      0     0.000     0.000     0.000     0.000      0.00%
               execve                 1      0     0.000     0.000     0.000     0.000      0.00%
            """);
    assertThat(reading.counted().groupedBy(Key::syscall))
        .hasEntrySatisfying(
            "clone",
            count -> {
              assertThat(count.calls()).isEqualTo(2);
              assertThat(count.timedCalls()).isEqualTo(2);
            })
        .hasEntrySatisfying("execve", count -> assertThat(count.timedCalls()).isZero())
        .doesNotContainKey("vfork");
    assertThat(reading.counted().completeness().inFlightAtStart()).isEqualTo(1);
    assertThat(reading.remarks()).anyMatch(remark -> remark.startsWith("2 first returns"));
  }

  @Test
  void tablesOfAllOptionsAreRead() {
    for (String name : PerfFixtures.TABLES) {
      TallyReading reading = PerfFixtures.table(PerfFixtures.bytes(name));
      assertThat(reading.skipped().first()).as(name).isEmpty();
    }
    assertThat(PerfFixtures.table(PerfFixtures.bytes("table.txt")).counted().calls()).isPositive();
  }

  @Test
  void aTableThatEndsWithinARowIsCut() {
    String cut = TABLE.substring(0, TABLE.indexOf("sendfile64") + 40);
    TallyReading reading = PerfFixtures.table(cut);
    assertThat(reading.truncation()).isEqualTo("its last line (12) ends within a row");
    assertThat(reading.skipped().count()).isZero();
    assertThat(PerfFixtures.table(TABLE).truncation()).isNull();
  }

  @Test
  void onlyLinesOfATableAreRecognised() {
    String text = new String(PerfFixtures.bytes("table.txt"), StandardCharsets.UTF_8);
    assertThat(text.lines().filter(line -> !line.isBlank()))
        .allMatch(PerfTraceSummaryReader::recognises);
    assertThat(
            List.of(
                "% time     seconds  usecs/call     calls    errors syscall",
                "------ ----------- ----------- --------- --------- ----------------",
                " 99.99    0.000100          10        10         2 read",
                "read(3, \"\", 832) = 832",
                "@[read]: 5",
                "[  5]   0.00-1.00   sec  2.50 GBytes  21.4 Gbits/sec    0   1.25 MBytes",
                "sockperf: ---> percentile 99.999 =   45.678",
                "\t\t\t\tEBADF: 499",
                "     0.123 ( 0.004 ms): iperf3/4711 read(fd: 5) = 1"))
        .noneMatch(PerfTraceSummaryReader::recognises);
  }
}
