// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.StringReader;
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
    try {
      return new PerfTraceSummaryReader().read(new StringReader(table));
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
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
    Tally tally = read("iperf Done.\n" + TABLE);
    assertThat(tally.completeness().notes())
        .containsExactly(
            "1 lines of the perf trace summary were not understood; the first: 1: iperf Done.");
  }
}
