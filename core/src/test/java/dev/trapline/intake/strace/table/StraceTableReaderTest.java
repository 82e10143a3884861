// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import static dev.trapline.intake.strace.table.StraceTables.inWords;
import static dev.trapline.intake.strace.table.StraceTables.read;
import static dev.trapline.intake.strace.table.StraceTables.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.intake.strace.table.StraceTableReader.Clock;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class StraceTableReaderTest {
  private static final String TABLES = "dev.trapline.intake.strace.table.StraceTables#NAMES";

  private static final String HEADER =
      """
      % time     seconds  usecs/call     calls    errors syscall
      ------ ----------- ----------- --------- --------- ----------------
      """;

  private static final String DIVIDER =
      "------ ----------- ----------- --------- --------- ----------------\n";

  private static final String ROWS =
      """
       63.92    0.010009        1668         6         3 wait4
        8.78    0.001375          13       104        43 openat
        1.62    0.000016           4         4           arch_prctl
      """;

  private static final String TOTAL = "100.00    0.011400         100       114        46 total\n";

  private static final String TABLE = HEADER + ROWS + DIVIDER + TOTAL;

  @ParameterizedTest
  @FieldSource(TABLES)
  void aTableOfStraceIsReadToTheLastCall(String name) {
    TallyReading reading = read(text(name + ".txt"));
    String expected = text(name + ".expected");
    assertThat(inWords(reading.counted())).isEqualTo(expected).isNotEmpty();
    assertThat(reading.truncation()).isNull();
    assertThat(reading.skipped()).isEqualTo(SkippedLines.NONE);
    assertThat(reading.tally(name).completeness().notes()).isEmpty();
    assertThat(reading.lines()).isEqualTo(text(name + ".txt").lines().count());
  }

  @ParameterizedTest
  @FieldSource(TABLES)
  void aTableCutAnywhereIsToldAndLosesNothingBeforeTheCut(String name) {
    String whole = text(name + ".txt");
    Tally all = read(whole).counted();
    for (int length = 0; length < whole.length() - 1; length += 7) {
      TallyReading cut = read(whole.substring(0, length));
      assertThat(cut.counted().calls()).isLessThanOrEqualTo(all.calls());
      boolean betweenTables = whole.startsWith("% time", length);
      boolean toldByMode = whole.startsWith("System call", length);
      if (!betweenTables && !toldByMode && cut.counted().calls() < all.calls()) {
        assertThat(cut.tally("t").completeness().notes()).as("%s at %s", name, length).isNotEmpty();
      }
    }
  }

  @Test
  void aTableIsOverAllThreads() {
    assertThat(read(TABLE).counted().counts().keySet())
        .extracting(Key::thread)
        .containsOnly(new ThreadKey(ThreadKey.UNKNOWN_ID, "", ThreadKey.UNKNOWN_ID, ""));
  }

  @Test
  void errorsHaveNoNameAndTimesNoKindUnlessTheCallerKnows() {
    TallyReading reading = read(TABLE);
    Count openat = count(reading, "openat");
    assertThat(openat.errors()).containsExactly(Map.entry("unknown", 43L));
    assertThat(openat.wallNanos()).isNull();
    assertThat(openat.workNanos()).isNull();
    assertThat(openat.bytes()).isNull();
    assertThat(openat.timedCalls()).isZero();
    assertThat(reading.remarks())
        .containsExactly(
            "the table does not tell whether its seconds are wall time (strace -w) or system time;"
                + " they are left out");
    assertThat(reading.cannotKnow())
        .containsExactly(
            "threads and processes: a table adds them up",
            "objects of descriptors",
            "requests of ioctl and futex",
            "names of errors",
            "bytes",
            "wall time, and what it was spent on",
            "calls that did not return: exit, exit_group, and those under way at the end");
  }

  @Test
  void wallTimeIsTakenIfTheCallerSaysSo() {
    TallyReading reading = read(TABLE, Clock.WALL);
    Count openat = count(reading, "openat");
    assertThat(openat.wallNanos()).isEqualTo(1_375_000);
    assertThat(openat.timedCalls()).isEqualTo(104);
    assertThat(openat.latency()).isNull();
    assertThat(reading.remarks()).isEmpty();
    assertThat(reading.cannotKnow()).contains("distribution of times");
  }

  @Test
  void systemTimeIsNoWork() {
    TallyReading reading = read(TABLE, Clock.SYSTEM);
    assertThat(count(reading, "openat").workNanos()).isNull();
    assertThat(reading.remarks())
        .containsExactly(
            "the table's seconds are system time, which holds strace's own stops and is charged by"
                + " ticks; they are left out");
  }

  @Test
  void wallTimeOfNothingIsNotBelieved() {
    String table = TABLE.replace("0.000016", "0.000000").replace("0.011400", "0.011384");
    TallyReading reading = read(table, Clock.WALL);
    assertThat(count(reading, "openat").wallNanos()).isNull();
    assertThat(reading.remarks())
        .contains(
            "1 row of the table on line 1 took 0.000000 seconds. No call under strace is that short"
                + " on the wall clock, so this is system time, or -O took it away; times are left"
                + " out");
  }

  @Test
  void aRealWallTableIsBelieved() {
    TallyReading reading = read(text("wall.txt"), Clock.WALL);
    assertThat(reading.counted().total().wallNanos()).isPositive();
    assertThat(count(reading, "clock_nanosleep").wallNanos()).isGreaterThan(20_000_000);
  }

  /// Written by hand after strace's `cdesc`: no released version was at hand that has the column.
  @Test
  void aColumnThatSaysWallIsBelieved() {
    String table =
        """
            seconds  wall-total     calls syscall
        ----------- ----------- --------- ----------------
           0.000100    0.002000         4 read
        ----------- ----------- --------- ----------------
           0.000100    0.002000         4 total
        """;
    assertThat(count(read(table), "read").wallNanos()).isEqualTo(2_000_000);
  }

  @Test
  void theTotalOfOlderVersionsHasNoTimePerCall() {
    String usual = HEADER + ROWS + DIVIDER;
    for (String total :
        List.of(
            "100.00    0.011400                   114        46 total\n",
            "100.00    0.011400         100       114        46 total\n")) {
      assertThat(read(usual + total).tally("t").completeness().notes()).isEmpty();
    }
    String row = "100.00    0.010009        1668         6           wait4\n";
    for (String total :
        List.of(
            "100.00    0.010009                     6           total\n",
            "100.00    0.010009                     6         0 total\n",
            "100.00    0.010009        1668         6           total\n")) {
      TallyReading reading = read(HEADER + row + DIVIDER + total);
      assertThat(reading.tally("t").completeness().notes()).as(total).isEmpty();
      assertThat(reading.truncation()).isNull();
    }
  }

  @Test
  void aTableThatDoesNotAddUpIsDoubted() {
    assertThat(read(TABLE.replace("       104 ", "       106 ")).tally("t").completeness().notes())
        .containsExactly(
            "the table on line 1 does not add up: its rows have 116 calls and its total says 114");
    assertThat(read(TABLE.replace(" 43 openat", " 42 openat")).tally("t").completeness().notes())
        .containsExactly(
            "the table on line 1 does not add up: its rows have 45 errors and its total says 46");
    assertThat(read(TABLE.replace("0.001375", "0.002375")).tally("t").completeness().notes())
        .containsExactly(
            "the table on line 1 does not add up: its rows have 12400 us and its total says 11400"
                + " us");
  }

  @Test
  void aTableWithoutItsTotalIsCut() {
    TallyReading reading = read("one\n" + HEADER + ROWS);
    assertThat(reading.truncation())
        .isEqualTo("the table on line 2 has no row 'total' after line 6");
    assertThat(reading.counted().calls()).isEqualTo(114);
  }

  @Test
  void theLastRowOfACutTableDoesNotCountWithoutItsNewline() {
    TallyReading reading = read(HEADER + ROWS.substring(0, ROWS.length() - 3));
    assertThat(reading.counted().calls()).isEqualTo(110);
    assertThat(reading.skipped().count()).isOne();
    assertThat(reading.truncation()).isNotNull();
  }

  @Test
  void aTotalThatIsCutIsNoTotal() {
    String whole = TABLE.substring(0, TABLE.length() - 1);
    assertThat(read(whole).truncation()).isNull();
    assertThat(read(whole.substring(0, whole.length() - 1)).truncation()).isNotNull();
    String nameFirst =
        """
        syscall              calls
        ---------------- ---------
        read                    12
        ---------------- ---------
        """;
    assertThat(read(nameFirst + "total                   12").truncation()).isNull();
    assertThat(read(nameFirst + "total                   1").truncation()).isNotNull();
  }

  @Test
  void severalTablesAreAddedUpAndTold() {
    TallyReading reading = read(TABLE + TABLE + TABLE + TABLE + TABLE);
    assertThat(reading.counted().calls()).isEqualTo(5 * 114);
    assertThat(reading.remarks())
        .contains(
            "5 tables, on lines 1, 8, 15, and 2 more, are taken to be of different runs or"
                + " processes and are added up");
  }

  @Test
  void callsOfA32BitProgramAreCountedUnderTheirNamesAndTold() {
    TallyReading reading = read(text("two-modes.txt"));
    // One is the shell's.
    assertThat(count(reading, "getpid").calls()).isEqualTo(4);
    assertThat(reading.remarks())
        .anyMatch(remark ->
            remark.contains(
                "is of calls in 32 bit mode; its 3 calls are counted under the names that it"
                    + " gives them"));
  }

  @Test
  void anotherProgramsWordsAroundATableAreTold() {
    TallyReading reading = read("hello\n\n" + TABLE + "bye\n");
    assertThat(reading.tally("t").completeness().isComplete()).isTrue();
    assertThat(reading.remarks())
        .contains("2 lines outside of the table left alone; first: 1: hello");
  }

  @Test
  void anotherProgramsWordsWithinATableAreDoubted() {
    TallyReading reading = read(HEADER + "hello\n" + ROWS + "- - - - -\n" + DIVIDER + TOTAL);
    assertThat(reading.counted().calls()).isEqualTo(114);
    assertThat(reading.skipped().first())
        .containsExactly(new SkippedLines.Line(3, "hello"), new SkippedLines.Line(7, "- - - - -"));
  }

  @Test
  void rowsWhoseHeaderIsMissingAreDoubted() {
    TallyReading reading = read(ROWS + DIVIDER + TOTAL + "\n" + TABLE);
    assertThat(reading.counted().calls()).isEqualTo(114);
    assertThat(reading.skipped().count()).isEqualTo(4);
  }

  @Test
  void aFileWithoutATableIsDoubted() {
    // strace writes nothing at all if no call was to be counted.
    assertThat(read(text("none-matched.txt")).tally("t").completeness().notes())
        .containsExactly("no table of strace -c was found");
    TallyReading reading = read("[  5]   0.00-1.00   sec  1.2 GBytes\nstrace: exec: no\n");
    assertThat(reading.skipped().count()).isOne();
  }

  @Test
  void aTableWithoutCallsCountsForNothingAndSaysSo() {
    TallyReading reading = read(text("columns-without-calls.txt"));
    assertThat(reading.counted().counts()).isEmpty();
    assertThat(reading.tally("t").completeness().notes())
        .singleElement()
        .asString()
        .startsWith("the table on line 1 has no column 'calls': its ")
        .endsWith(" rows count for nothing; use -U calls,errors,name");
  }

  @Test
  void aTableWithoutErrorsDoesNotKnowThem() {
    assertThat(read(text("columns-without-errors.txt")).cannotKnow())
        .contains("errors: there is no such column");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[STDERR] ",
        "2026-11-01T12:00:00Z ",
        "2026-11-01 12:00:00,123 | ",
        "server-1  | ",
        "Nov 01 12:00:00 host strace[4711]: ",
        "     "
      })
  void whatARunnerWroteBeforeEachLineIsTakenOff(String prefix) {
    String prefixed = prefix + TABLE.strip().replace("\n", "\r\n" + prefix) + "\r\n";
    TallyReading reading = read(prefixed);
    assertThat(reading.tally("t").completeness().notes()).isEmpty();
    assertThat(reading.counted()).isEqualTo(read(TABLE).counted());
    assertThat(reading.remarks()).hasSize(1);
  }

  @Test
  void blanksThatWereSqueezedOrTrimmedDoNotMatter() {
    String squeezed = TABLE.replaceAll(" +", " ");
    String trimmed = TABLE.replaceAll("(?m)^ +", "");
    for (String text : List.of(squeezed, trimmed)) {
      TallyReading reading = read(text);
      assertThat(reading.tally("t").completeness().notes()).isEmpty();
      assertThat(reading.counted()).isEqualTo(read(TABLE).counted());
    }
  }

  @Test
  void aRowWhoseColumnsDoNotStandUnderTheHeaderIsNotGuessedAt() {
    // A digit of the calls is lost; what follows has moved to the left.
    TallyReading reading = read(TABLE.replace("       104        43", "       10        43"));
    assertThat(reading.skipped().first()).extracting(SkippedLines.Line::number).containsExactly(4L);
    assertThat(count(reading, "wait4").calls()).isEqualTo(6);
  }

  @Test
  void valuesWiderThanTheirColumnsPushTheRestToTheRight() {
    String table =
        HEADER
            + "100.00 1234567.010009        1668 1234567890        43 openat\n"
            + DIVIDER
            + "100.00 1234567.010009        1668 1234567890        43 total\n";
    TallyReading reading = read(table);
    assertThat(reading.tally("t").completeness().notes()).isEmpty();
    assertThat(count(reading, "openat").calls()).isEqualTo(1_234_567_890);
  }

  @Test
  void numbersThatNoComputerCountsToAreNotUnderstood() {
    String row = "100.00    0.010009        1668 9999999999999999         3 wait4\n";
    assertThat(read(HEADER + row).skipped().count()).isOne();
    // No more errors than calls.
    assertThat(read(TABLE.replace("  6         3", "  6         9")).skipped().count()).isOne();
  }

  @Test
  void namesAreThoseOfTheCatalogue() {
    TallyReading reading = read(TABLE.replace("openat", "pread"));
    assertThat(count(reading, "pread64").calls()).isEqualTo(104);
  }

  @ParameterizedTest
  @FieldSource(TABLES)
  void aHeaderIsRecognisedAndNothingElseIs(String name) {
    for (String line : text(name + ".txt").lines().toList()) {
      boolean isHeader = line.contains("syscall") || line.startsWith("System call");
      assertThat(StraceTableReader.recognises(line)).as(line).isEqualTo(isHeader);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "syscall",
        "calls syscall",
        "seconds calls",
        "   syscall            calls  errors  total       min       avg       max       stddev",
        "   syscall            calls    total       min       avg       max      stddev",
        "                                     (msec)    (msec)    (msec)    (msec)        (%)",
        "   --------------- --------  ------ -------- --------- --------- ---------     ------",
        "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd",
        "- - - - - - - - - - - - - - - - - - - - - - - - -",
        "7 getppid() = 1 <0.000002>",
        "@[read]: 12",
        "     0.000 ( 0.002 ms): iperf3/4711 read(fd: 5) = 37",
        " 63.92    0.010009        1668         6         3 wait4",
      })
  void noOtherToolsLineIsRecognised(String line) {
    assertThat(StraceTableReader.recognises(line)).isFalse();
  }

  private static Count count(TallyReading reading, String syscall) {
    SortedMap<String, Count> counts = reading.counted().groupedBy(Key::syscall);
    assertThat(counts).containsKey(syscall);
    return counts.getOrDefault(syscall, Count.NONE);
  }
}
