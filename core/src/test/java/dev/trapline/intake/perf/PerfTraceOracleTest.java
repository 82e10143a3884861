// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.capture.KnownProgram;
import dev.trapline.capture.perf.PerfCaptureSource;
import dev.trapline.host.Tool;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// perf's own table judges what is read from its lines: `perf trace -S` prints both of one run.
class PerfTraceOracleTest {
  static final List<String> FIXTURES = PerfFixtures.WITH_LINES_AND_TABLE;

  /// What the table lacks: calls without a return, and the one whose end has no number.
  private static final Set<String> NOT_IN_TABLE = Set.of("exit", "exit_group", "rt_sigreturn");

  private static final int ATTEMPTS = 5;

  @TempDir private Path folder;

  @ParameterizedTest
  @FieldSource("FIXTURES")
  void linesAreCountedAsInPerfsTableOfTheSameRun(String name) {
    byte[] text = PerfFixtures.bytes(name);
    assertAgree(PerfFixtures.lines(text), PerfFixtures.table(text), true);
  }

  @Test
  void linesOfALiveRunAreCountedAsInItsTable() throws Exception {
    new PerfCaptureSource()
        .unavailable()
        .ifPresent(reason -> {
          System.out.println("skipped: " + reason);
          assumeTrue(false, "skipped: " + reason);
        });
    KnownProgram program = KnownProgram.compileIn(folder);
    byte[] text = traced(program, 1);
    TallyReading lines = PerfFixtures.lines(text);
    // Now and then perf stops before it has printed the end of a call of a thread that is ending.
    for (int attempt = 2; attempt <= ATTEMPTS && !isWhole(lines); attempt++) {
      text = traced(program, attempt);
      lines = PerfFixtures.lines(text);
    }
    assumeTrue(isWhole(lines), "skipped: perf lost events or ends in each of its runs");
    // perf's table now and then lacks a thread that had ended; its lines are all there.
    assertAgree(lines, PerfFixtures.table(text), false);
    assertThat(calls(lines, "getppid"))
        .isGreaterThanOrEqualTo(KnownProgram.PARENT_ASKED + KnownProgram.PARENT_ASKED_BY_CHILD);
  }

  private byte[] traced(KnownProgram program, int attempt) throws IOException {
    Path output = folder.resolve("trace-" + attempt);
    Tool.run(
        List.of(
            "perf",
            "trace",
            "-S",
            "--errno-summary",
            "-o",
            output.toString(),
            "--",
            program.command().getFirst()));
    return Files.readAllBytes(output);
  }

  private static boolean isWhole(TallyReading lines) {
    return lines.counted().completeness().isComplete();
  }

  private static long calls(TallyReading reading, String syscall) {
    long sum = 0;
    for (var entry : reading.counted().counts().entrySet()) {
      sum += entry.getKey().syscall().equals(syscall) ? entry.getValue().calls() : 0;
    }
    return sum;
  }

  private static void assertAgree(TallyReading lines, TallyReading table, boolean everyThread) {
    assertThat(lines.skipped().first()).isEmpty();
    assertThat(table.skipped().first()).isEmpty();
    assertThat(lines.truncation()).isNull();
    assertThat(table.truncation()).isNull();
    assertThat(lines.counted().completeness().notes()).isEmpty();
    SortedMap<String, Count> ours = byThreadAndSyscall(lines.counted());
    SortedMap<String, Count> judge = byThreadAndSyscall(table.counted());
    if (!everyThread) {
      Set<String> known = new HashSet<>();
      judge.keySet().forEach(key -> known.add(threadOf(key)));
      ours.keySet().removeIf(key -> !known.contains(threadOf(key)));
      assertThat(ours).isNotEmpty();
    }
    assertThat(callsAndErrors(ours)).isEqualTo(callsAndErrors(judge));
    ours.forEach((key, count) -> {
      // perf sums up nanoseconds, and rounds each call's for its line.
      long tolerance = 1000 * (count.calls() + 1);
      long expected = wall(judge.getOrDefault(key, Count.NONE));
      assertThat(wall(count)).as(key).isBetween(expected - tolerance, expected + tolerance);
    });
  }

  private static String threadOf(String key) {
    return key.substring(0, key.indexOf(' '));
  }

  private static long wall(Count count) {
    Long wall = count.wallNanos();
    return wall == null ? -1 : wall;
  }

  private static SortedMap<String, Count> byThreadAndSyscall(Tally tally) {
    SortedMap<String, Count> groups =
        tally.groupedBy(key -> key.thread().tid() + " " + key.syscall());
    groups.keySet().removeIf(key -> NOT_IN_TABLE.contains(key.substring(key.indexOf(' ') + 1)));
    return groups;
  }

  private static Map<String, String> callsAndErrors(SortedMap<String, Count> counts) {
    Map<String, String> rows = new TreeMap<>();
    counts.forEach((key, count) -> {
      SortedMap<String, Long> named = new TreeMap<>(count.errors());
      // The table has no names for these.
      named.keySet().removeIf(error -> error.startsWith("ERESTART") || error.equals("unknown"));
      rows.put(key, count.calls() + " " + count.failedCalls() + " " + named);
    });
    return rows;
  }
}
