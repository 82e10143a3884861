// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.StringTokenizer;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads the table of `perf trace -s`, with or without `--errno-summary`: one section per thread,
/// one row per syscall. One object reads one table.
///
/// ```
///  comm (4711), 1010 events, 28.2%
///    syscall            calls  errors  total       min       avg       max       stddev
///                                      (msec)    (msec)    (msec)    (msec)        (%)
///    --------------- --------  ------ -------- --------- --------- ---------     ------
///    read                 499    499    11.139     0.015     0.022     0.088      2.02%
/// 				EBADF: 499
/// ```
///
/// The table does not tell processes, bytes, objects, requests or a distribution, and its times are
/// rounded to a microsecond per row. Errors without `--errno-summary` are a bare number, told under
/// the name [#UNNAMED_ERROR]. Calls that never return are not in it.
public final class PerfTraceSummaryReader {
  /// The name of errors that the table counts and does not name.
  public static final String UNNAMED_ERROR = "unknown";

  private static final int COLUMNS_WITH_ERRORS = 8;

  /// Older versions have no column of errors.
  private static final int COLUMNS_WITHOUT_ERRORS = 7;

  private static final String EVENTS = " events, ";
  private static final int LINES_SHOWN = 3;
  private static final BigDecimal NANOS_PER_MILLISECOND = BigDecimal.valueOf(1_000_000);

  private final SortedMap<Key, Count> counts = new TreeMap<>();
  private @Nullable ThreadKey thread;
  private @Nullable Row row;
  private long lineNumber;
  private long lostEvents;
  private long linesNotUnderstood;
  private final List<String> firstNotUnderstood = new ArrayList<>();

  /// A row, whose errors may be named by the lines behind it.
  private record Row(
      Key key, long calls, long errors, long wallNanos, TreeMap<String, Long> named) {
    Count count() {
      TreeMap<String, Long> all = new TreeMap<>(named);
      long unnamed = errors;
      for (long count : named.values()) {
        unnamed -= count;
      }
      if (unnamed > 0) {
        all.put(UNNAMED_ERROR, unnamed);
      }
      return new Count(calls, calls, all, null, wallNanos, null, null, null, null, null);
    }
  }

  /// Reads to the end.
  ///
  /// @throws IOException from the reader; nothing in a table makes one
  public Tally read(Reader table) throws IOException {
    BufferedReader lines = new BufferedReader(table);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      lineNumber++;
      readLine(line);
    }
    endRow();
    Completeness completeness = new Completeness(lostEvents, 0, 0, 0, 0, 0, List.of());
    if (linesNotUnderstood > 0) {
      completeness =
          completeness.withNote(
              linesNotUnderstood
                  + " lines of the perf trace summary were not understood; the first: "
                  + String.join(" | ", firstNotUnderstood));
    }
    return new Tally(counts, completeness);
  }

  private void readLine(String line) {
    String text = line.strip();
    if (text.isEmpty()
        || text.equals("Summary of events:")
        || text.startsWith("---")
        || text.startsWith("(msec)")
        || (text.startsWith("syscall ") && text.endsWith("stddev"))) {
      return;
    }
    boolean understood = readLost(text) || readSection(text) || readError(text) || readRow(text);
    if (!understood) {
      linesNotUnderstood++;
      if (firstNotUnderstood.size() < LINES_SHOWN) {
        firstNotUnderstood.add(lineNumber + ": " + text);
      }
    }
  }

  /// `LOST 17 events!`
  private boolean readLost(String text) {
    if (!text.startsWith("LOST ") || !text.endsWith(" events!")) {
      return false;
    }
    OptionalNumber lost = number(text.substring(5, text.length() - " events!".length()));
    lostEvents += lost.isPresent ? lost.value : 0;
    return lost.isPresent;
  }

  /// `comm (4711), 1010 events, 28.2%`; the name may hold anything, so it is read from the end.
  private boolean readSection(String text) {
    int events = text.lastIndexOf(EVENTS);
    int close = events < 0 ? -1 : text.lastIndexOf("), ", events);
    int open = close < 0 ? -1 : text.lastIndexOf(" (", close);
    if (open < 0) {
      return false;
    }
    OptionalNumber tid = number(text.substring(open + 2, close));
    if (!tid.isPresent) {
      return false;
    }
    endRow();
    thread = new ThreadKey(ThreadKey.UNKNOWN_ID, "", (int) tid.value, text.substring(0, open));
    return true;
  }

  /// `EBADF: 499`
  private boolean readError(String text) {
    int colon = text.indexOf(": ");
    if (row == null || colon < 0 || text.indexOf(' ') != colon + 1) {
      return false;
    }
    OptionalNumber count = number(text.substring(colon + 2).strip());
    if (count.isPresent) {
      row.named.merge(text.substring(0, colon), count.value, Long::sum);
    }
    return count.isPresent;
  }

  private boolean readRow(String text) {
    StringTokenizer fields = new StringTokenizer(text);
    int columns = fields.countTokens();
    if (thread == null || (columns != COLUMNS_WITH_ERRORS && columns != COLUMNS_WITHOUT_ERRORS)) {
      return false;
    }
    String name = fields.nextToken();
    OptionalNumber calls = number(fields.nextToken());
    OptionalNumber errors =
        columns == COLUMNS_WITH_ERRORS ? number(fields.nextToken()) : new OptionalNumber(true, 0);
    OptionalNumber wall = milliseconds(fields.nextToken());
    if (!calls.isPresent || !errors.isPresent || !wall.isPresent) {
      return false;
    }
    endRow();
    Optional<Syscall> known = SyscallCatalogue.instance().byName(name);
    Key key = new Key(thread, known.map(Syscall::name).orElse(name), null, null);
    row = new Row(key, calls.value, errors.value, wall.value, new TreeMap<>());
    return true;
  }

  private void endRow() {
    if (row != null) {
      counts.merge(row.key, row.count(), Count::plus);
      row = null;
    }
  }

  private record OptionalNumber(boolean isPresent, long value) {}

  private static OptionalNumber number(String text) {
    try {
      return new OptionalNumber(true, Long.parseLong(text));
    } catch (NumberFormatException notANumber) {
      return new OptionalNumber(false, 0);
    }
  }

  private static OptionalNumber milliseconds(String text) {
    try {
      return new OptionalNumber(
          true, new BigDecimal(text).multiply(NANOS_PER_MILLISECOND).longValueExact());
    } catch (ArithmeticException | NumberFormatException notATime) {
      return new OptionalNumber(false, 0);
    }
  }
}
