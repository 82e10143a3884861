// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads the tables of `strace -c` into a tally, in whatever order (`-S`) and with whatever columns
/// (`-U`) they were printed, among the output of other programs or not. Several tables are added
/// up. One object reads one text.
///
/// A table is over all threads and processes, so all counts stand under one thread of number 0 and
/// no name. Errors have no names in it; they stand under [#UNNAMED_ERROR].
///
/// The column `seconds` is wall time with `-w` and system time without, and the table does not tell
/// which. Only wall time becomes part of the tally, and only if the caller knows ([Clock#WALL]) or
/// the column says so itself (`wall-total`). System time does not: strace takes it as the growth of
/// the thread's `ru_stime` between two stops (`count_syscall` in `src/count.c`), so it holds the
/// stops themselves, and on kernels that charge time by the clock's ticks it is mostly 0 or a tick.
public final class StraceTableReader {
  /// The name of errors that a table counts and does not name, as in a summary of `perf trace`.
  public static final String UNNAMED_ERROR = "unknown";

  /// What the column `seconds` is.
  public enum Clock {
    /// Nobody knows.
    UNKNOWN,
    /// CPU time in the kernel: strace had no `-w`.
    SYSTEM,
    /// From the begin of each call to its end: strace had `-w`.
    WALL
  }

  private static final int TOLD = 3;
  private static final ThreadKey ALL_THREADS =
      new ThreadKey(ThreadKey.UNKNOWN_ID, "", ThreadKey.UNKNOWN_ID, "");

  private final Clock clock;
  private final TableParser parser = new TableParser();
  private final List<String> doubts = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  /// A reader of tables whose times are unknown or known to be of one kind.
  public StraceTableReader(Clock clock) {
    this.clock = clock;
  }

  /// Whether a line is the header of such a table, or the line before one: nothing else in a table
  /// is strace's alone.
  ///
  /// @param line without a newline, a carriage return, and what a runner wrote before it
  public static boolean recognises(String line) {
    if (TableParser.isMode(line)) {
      return true;
    }
    SummaryLayout layout = SummaryLayout.ofHeader(line);
    return layout != null && layout.isUnmistakable();
  }

  /// Reads to the end of the stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a text makes one
  public TallyReading read(InputStream text) throws IOException {
    TextLines.forEach(text, parser::readLine);
    parser.end();
    SortedMap<Key, Count> counts = new TreeMap<>();
    boolean timesAreWall = timesAreWall();
    for (StraceTable table : parser.tables()) {
      addTo(counts, table, timesAreWall);
      tellOf(table);
    }
    tellOfTables();
    Completeness completeness = Completeness.COMPLETE;
    for (String doubt : firstOf(doubts)) {
      completeness = completeness.withNote(doubt);
    }
    return new TallyReading(
        new Tally(counts, completeness),
        parser.lines(),
        parser.skipped(),
        truncation(),
        cannotKnow(timesAreWall),
        null,
        remarks);
  }

  /// Whether the column `seconds` is to be believed to be wall time.
  private boolean timesAreWall() {
    if (clock != Clock.WALL) {
      return false;
    }
    for (StraceTable table : parser.tables()) {
      if (table.rowsWithoutTime() > 0) {
        remarks.add(
            table.rowsWithoutTime()
                + (table.rowsWithoutTime() == 1 ? " row" : " rows")
                + " of the table on line "
                + table.firstLine()
                + " took 0.000000 seconds. No call under strace is that short on the wall clock, so"
                + " this is system time, or -O took it away; times are left out");
        return false;
      }
    }
    return true;
  }

  private void addTo(SortedMap<Key, Count> counts, StraceTable table, boolean timesAreWall) {
    for (Map.Entry<String, SummaryRow> named : table.rows()) {
      SummaryRow row = named.getValue();
      if (row.calls() == null) {
        continue;
      }
      SortedMap<String, Long> errors = new TreeMap<>();
      if (row.errors() != null && row.errors() > 0) {
        errors.put(UNNAMED_ERROR, row.errors());
      }
      Long wallNanos = row.wallNanos();
      if (wallNanos == null && timesAreWall) {
        wallNanos = row.timeNanos();
      }
      long timed = wallNanos == null ? 0 : row.calls();
      counts.merge(
          new Key(ALL_THREADS, named.getKey(), null, null),
          new Count(row.calls(), timed, errors, null, wallNanos, null, null, null, null, null),
          Count::plus);
    }
  }

  private void tellOf(StraceTable table) {
    String where = "the table on line " + table.firstLine();
    if (!table.layout().has(SummaryColumn.CALLS) && table.rowCount() > 0) {
      doubts.add(
          where
              + " has no column 'calls': its "
              + table.rowCount()
              + " rows count for nothing; use -U calls,errors,name");
    }
    String mismatch = table.sumMismatch();
    if (mismatch != null) {
      doubts.add(where + " does not add up: " + mismatch);
    }
  }

  private void tellOfTables() {
    List<StraceTable> tables = parser.tables();
    if (tables.isEmpty()) {
      doubts.add("no table of strace -c was found");
      return;
    }
    List<String> runs = new ArrayList<>();
    for (StraceTable table : tables) {
      SummaryRow sum = table.sum();
      if (table.mode() == null) {
        runs.add(String.valueOf(table.firstLine()));
      } else {
        remarks.add(
            "the table on line "
                + table.firstLine()
                + " is of calls in "
                + table.mode()
                + " mode; its "
                + (sum == null || sum.calls() == null ? 0 : sum.calls())
                + " calls are counted under the names that it gives them");
      }
    }
    if (runs.size() > 1) {
      remarks.add(
          runs.size()
              + " tables, on lines "
              + String.join(", ", firstOf(runs))
              + ", are taken to be of different runs or processes and are added up");
    }
    SkippedLines foreign = parser.foreign();
    if (foreign.count() > 0) {
      SkippedLines.Line first = foreign.first().getFirst();
      remarks.add(
          foreign.count()
              + (foreign.count() == 1 ? " line" : " lines")
              + " outside of the "
              + (tables.size() == 1 ? "table" : "tables")
              + " left alone; first: "
              + first.number()
              + ": "
              + first.excerpt());
    }
    if (hasTimes() && clock != Clock.WALL) {
      remarks.add(
          clock == Clock.SYSTEM
              ? "the table's seconds are system time, which holds strace's own stops and is charged"
                  + " by ticks; they are left out"
              : "the table does not tell whether its seconds are wall time (strace -w) or system"
                  + " time; they are left out");
    }
  }

  private boolean hasTimes() {
    for (StraceTable table : parser.tables()) {
      if (table.layout().has(SummaryColumn.SECONDS)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable String truncation() {
    List<String> cut = new ArrayList<>();
    for (StraceTable table : parser.tables()) {
      if (!table.isWhole()) {
        cut.add(
            "the table on line "
                + table.firstLine()
                + " has no row 'total' after line "
                + table.lastLine());
      }
    }
    if (parser.missingMode() != null) {
      cut.add("the table of " + parser.missingMode() + " mode, which is announced, is missing");
    }
    return cut.isEmpty() ? null : String.join("; ", firstOf(cut));
  }

  private List<String> cannotKnow(boolean timesAreWall) {
    List<String> unknown = new ArrayList<>();
    unknown.add("threads and processes: a table adds them up");
    unknown.add("objects of descriptors");
    unknown.add("requests of ioctl and futex");
    boolean hasErrors = !parser.tables().isEmpty();
    boolean hasWall = hasErrors;
    for (StraceTable table : parser.tables()) {
      hasErrors &= table.layout().has(SummaryColumn.ERRORS);
      hasWall &=
          table.layout().has(SummaryColumn.WALL_TOTAL)
              || (timesAreWall && table.layout().has(SummaryColumn.SECONDS));
    }
    unknown.add(hasErrors ? "names of errors" : "errors: there is no such column");
    unknown.add("bytes");
    if (hasWall) {
      unknown.add("distribution of times");
      unknown.add("what the time was spent on");
    } else {
      unknown.add("wall time, and what it was spent on");
    }
    unknown.add("calls that did not return: exit, exit_group, and those under way at the end");
    return unknown;
  }

  /// A file of a thousand cut tables is not told of a thousand times.
  private static List<String> firstOf(List<String> all) {
    if (all.size() <= TOLD) {
      return all;
    }
    List<String> told = new ArrayList<>(all.subList(0, TOLD));
    told.add("and " + (all.size() - TOLD) + " more");
    return told;
  }
}
