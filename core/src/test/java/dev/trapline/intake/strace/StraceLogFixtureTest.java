// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.intake.strace.StraceLogReader.Source;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Logs of real runs with every option, see the README in their folder.
class StraceLogFixtureTest {
  static Path fixture(String name) {
    try {
      return Path.of(Objects.requireNonNull(StraceLogFixtureTest.class.getResource(name)).toURI());
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static StraceLog read(String name) throws IOException {
    return new StraceLogReader().read(fixture(name + ".strace"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "t",
        "tt",
        "ttt",
        "r",
        "y",
        "yy",
        "comm",
        "number-and-address",
        "hex",
        "stack",
        "quiet",
        "terminal",
        "32-bit"
      })
  void callsAndErrorsAreThoseOfTheTableBehindTheLog(String name) throws IOException {
    StraceLog log = read(name);
    Map<String, String> ours = new TreeMap<>();
    for (Map.Entry<String, Count> entry :
        log.reading().counted().groupedBy(Key::syscall).entrySet()) {
      // strace counts returns, which exits have not, and leaves out calls without a name.
      if (!entry.getKey().matches("(i386#)?exit.*|i386#999")) {
        Count count = entry.getValue();
        ours.put(entry.getKey(), count.calls() + " calls, " + count.failedCalls() + " failed");
      }
    }
    assertThat(ours).isEqualTo(rows(log.table()));
    assertThat(log.reading().truncation()).isNull();
    assertThat(log.reading().counted().completeness().isComplete()).isTrue();
    // The shell that made the fixtures said "Terminated" to the same terminal.
    assertThat(log.reading().skipped().count()).isEqualTo(name.equals("terminal") ? 1 : 0);
  }

  private static Map<String, String> rows(List<String> table) {
    Map<String, String> rows = new TreeMap<>();
    String personality = "";
    for (String line : table) {
      if (line.startsWith("System call usage summary for 32 bit mode")) {
        personality = "i386#";
      }
      String[] fields = line.strip().split("\\s+", -1);
      boolean isRow = fields.length >= 5 && Character.isDigit(fields[0].charAt(0));
      if (isRow && !fields[fields.length - 1].equals("total")) {
        String errors = fields.length == 6 ? fields[4] : "0";
        rows.put(
            personality + fields[fields.length - 1], fields[3] + " calls, " + errors + " failed");
      }
    }
    return rows;
  }

  @ParameterizedTest
  @CsvSource({"plain,false", "t,false", "tt,true", "ttt,true", "r,true", "comm,true"})
  void theSpanIsThatOfTheTimesBeforeTheCalls(String name, boolean isKnown) throws IOException {
    Long span = read(name).reading().spanNanos();
    assertThat(span != null).isEqualTo(isKnown);
    if (span != null) {
      assertThat(span).isBetween(0L, 2_000_000_000L);
    }
  }

  @Test
  void whatALogCannotTellIsTold() throws IOException {
    String split = "what the time in calls was spent on: work or waiting";
    assertThat(read("plain").reading().cannotKnow())
        .containsExactly(
            "time in calls (strace -T tells it)",
            split,
            "objects of descriptors (strace -yy tells them)");
    assertThat(read("comm").reading().cannotKnow()).containsExactly(split);
  }

  @Test
  void theOnlyThreadWithoutANumberIsTheOneWhoseNumberAppearsLater() throws IOException {
    TallyReading reading = read("terminal").reading();
    assertThat(reading.counted().counts().keySet())
        .allSatisfy(key -> assertThat(key.thread().tid()).isPositive());
  }

  @Test
  void threadsOfFilesOfTheirOwnBelongToTheirProcesses() throws IOException {
    StraceLog log = new StraceLogReader().readAll(sources("per-thread"));
    assertThat(log.reading().skipped().count()).isZero();
    assertThat(log.reading().truncation()).isNull();
    assertThat(log.reading().spanNanos()).isPositive();
    Map<String, Long> threadsByProcess = new TreeMap<>();
    log.reading().counted().counts().keySet().stream()
        .map(Key::thread)
        .distinct()
        .forEach(thread -> threadsByProcess.merge(thread.process(), 1L, Long::sum));
    assertThat(threadsByProcess).containsEntry("xz", 2L).containsEntry("sleep", 1L);
    // The same as of one log with all of them, but for what runs differently each time.
    SortedMap<String, Count> apart = log.reading().counted().groupedBy(Key::syscall);
    SortedMap<String, Count> together = read("yy").reading().counted().groupedBy(Key::syscall);
    assertThat(apart.get("execve"))
        .extracting(Count::calls)
        .isEqualTo(Objects.requireNonNull(together.get("execve")).calls());
  }

  @Test
  void anExecByASecondThreadIsTheSameInOneFileAndInTwo() throws IOException {
    TallyReading together = read("exec-by-thread").reading();
    TallyReading apart = new StraceLogReader().readAll(sources("exec-by-thread")).reading();
    for (TallyReading reading : List.of(together, apart)) {
      assertThat(reading.skipped().count()).isZero();
      assertThat(reading.counted().completeness().isComplete()).isTrue();
      assertThat(reading.counted().completeness().inFlightAtEnd()).isZero();
      assertThat(reading.counted().completeness().cutShortByExit()).isOne();
    }
    assertThat(callsByProgram(apart)).isEqualTo(callsByProgram(together));
  }

  private static Map<String, Long> callsByProgram(TallyReading reading) {
    Map<String, Long> calls = new TreeMap<>();
    reading
        .counted()
        .counts()
        .forEach((key, count) ->
            calls.merge(key.thread().process() + " " + key.syscall(), count.calls(), Long::sum));
    return calls;
  }

  private static SortedMap<Integer, Source> sources(String folder) throws IOException {
    SortedMap<Integer, Source> sources = new TreeMap<>();
    try (Stream<Path> files = Files.list(fixture(folder))) {
      files.forEach(file -> {
        String name = file.getFileName().toString();
        sources.put(Integer.parseInt(name.substring(name.lastIndexOf('.') + 1)), Source.of(file));
      });
    }
    return sources;
  }

  @Test
  void aLogOfATracerThatLetGoIsWhole() throws IOException {
    TallyReading reading = read("attached").reading();
    assertThat(reading.truncation()).isNull();
    assertThat(reading.skipped().count()).isZero();
    assertThat(reading.remarks()).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aProgramsLogWithoutTheEndsOfSomeThreadsIsCut() throws IOException {
    String log = Files.readString(fixture("ttt.strace"), StandardCharsets.ISO_8859_1);
    int lastEnd = log.indexOf("+++ killed by SIGTERM");
    String cut = log.substring(0, log.lastIndexOf('\n', lastEnd) + 1);
    StraceLog read =
        new StraceLogReader()
            .read(new ByteArrayInputStream(cut.getBytes(StandardCharsets.ISO_8859_1)));
    assertThat(read.reading().truncation()).contains("does not tell the end of");
  }

  @Test
  void aLogOfATracerThatWasKilledIsCut() throws IOException {
    assertThat(read("killed").reading().truncation()).contains("is cut");
  }

  @ParameterizedTest
  @ValueSource(strings = {"comm", "terminal", "yy", "r"})
  void aRunnersPrefixAndCarriageReturnsChangeNothing(String name) throws IOException {
    String plain = Files.readString(fixture(name + ".strace"), StandardCharsets.ISO_8859_1);
    StraceLog expected = new StraceLogReader().read(fixture(name + ".strace"));
    for (String prefix : List.of("", "[STDOUT] ", "2026-11-01T12:00:00Z ", "server-1  | ")) {
      String changed = prefix + plain.replaceAll("\n(?!\\z)", "\r\n" + prefix);
      StraceLog log =
          new StraceLogReader()
              .read(new ByteArrayInputStream(changed.getBytes(StandardCharsets.ISO_8859_1)));
      assertThat(log.reading().counted()).as(prefix).isEqualTo(expected.reading().counted());
      assertThat(log.table().size()).isEqualTo(expected.table().size());
    }
  }

  @Test
  void linesOfOtherToolsAreNotRecognised() {
    assertThat(
            List.of(
                "100.00    0.000751           3       191        27 total",
                "% time     seconds  usecs/call     calls    errors syscall",
                "     0.000 ( 0.001 ms): sleep/4711 read(fd: 3, buf: 0x7f, count: 832) = 832",
                "   read                 3      0     0.010     0.002     0.003     0.005     20.00%",
                "@calls[read]: 5",
                "[  5]   0.00-1.00   sec  1.10 GBytes  9.44 Gbits/sec",
                "sockperf: Summary: Latency is 5.123 usec",
                "strlen(\"abc\") = 3",
                "iperf3 4711 [001] 12.5: syscalls:sys_enter_read: fd: 0x00000003",
                "",
                "{ \"start\": { } }"))
        .noneMatch(StraceLogReader::recognises);
    assertThat(
            List.of(
                "read(3, \"\", 5) = 0",
                "4711 12:00:00 <... read resumed>\"\", 5) = 0 <0.000012>",
                "4711 +++ exited with 0 +++",
                "4711 futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>",
                "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---",
                "strace: Process 4711 attached"))
        .allMatch(StraceLogReader::recognises);
  }

  @Test
  void midnightBetweenTwoLinesIsADay() throws IOException {
    String log = "7 23:59:59.5 getppid() = 1\n7 00:00:01.25 getppid() = 1\n";
    StraceLog read =
        new StraceLogReader(Ending.UNKNOWN)
            .read(new ByteArrayInputStream(log.getBytes(StandardCharsets.UTF_8)));
    assertThat(read.reading().spanNanos()).isEqualTo(1_750_000_000L);
  }
}
