// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One table as strace printed it: its rows by syscall, and what its last row says that they add up
/// to. [#differences] holds tables against a tally of the same calls, which is how a log of `strace
/// -C` is checked against strace's own count. It is not a tally: [StraceTableReader] makes that.
///
/// strace counts a call when it returns (`syscall_exiting_trace` in its `src/syscall.c`,
/// `count_syscall` in `src/count.c`), and so do the lines of its log, but for these:
///
/// - `exit` and `exit_group` have a line and no return;
/// - a call that was under way when its thread ended (`= ?`) or when strace let go of it has a line
///   and no return; that includes `???`, a call whose thread was killed before strace had its name;
/// - a call that strace has no name for (`syscall_0x3e7`) has a whole line and is not counted;
/// - with `-z`, `-Z` or `-e status` strace before 6.3 counts the calls that it leaves out of the
///   log.
///
/// A call that a signal interrupted (`= ? ERESTARTSYS`) is one call and one error, its restart
/// another call; an `rt_sigreturn` that returns the interrupted call's error is an error too.
public final class StraceTable {
  /// Keys that stand for a number without a name; strace's table passes over those.
  private static final Pattern UNNAMED = Pattern.compile("syscall-\\d+|syscall_0x.*|i386#\\d+");

  /// Times are printed in microseconds, so each row is wrong by up to half of one.
  private static final long HALF_STEP_NANOS = 500;

  private final long firstLine;
  private final @Nullable String mode;
  private final SummaryLayout layout;
  private final SortedMap<String, SummaryRow> rows = new TreeMap<>();
  private @Nullable SummaryRow sum;
  private @Nullable SummaryRow total;
  private long lastLine;
  private long rowCount;
  private long rowsWithoutTime;

  /// @param mode what strace calls the calling convention, such as `32 bit`; null for the usual one
  StraceTable(long firstLine, @Nullable String mode, SummaryLayout layout) {
    this.firstLine = firstLine;
    this.mode = mode;
    this.layout = layout;
    this.lastLine = firstLine;
  }

  /// What of the calls that a tally has this table (or several, as strace writes for a 64-bit and a
  /// 32-bit program) has not, and the other way round, in words; empty if calls and errors of each
  /// syscall are the same. Times are not compared.
  ///
  /// @param tableLines what strace wrote behind its log, from the header on
  /// @param fromLog a tally made from the lines of the log
  public static List<String> differences(List<String> tableLines, Tally fromLog) {
    TableParser parser = new TableParser();
    for (String line : tableLines) {
      parser.readLine(line, true);
    }
    return differences(parser.end(), fromLog);
  }

  private static List<String> differences(TableParser parsed, Tally fromLog) {
    if (parsed.tables().isEmpty()) {
      return List.of("strace's table: none was found");
    }
    List<String> differences = new ArrayList<>();
    SortedMap<String, SummaryRow> table = new TreeMap<>();
    boolean isWhole = parsed.skipped().count() == 0;
    for (StraceTable one : parsed.tables()) {
      isWhole &= one.isWhole();
      if (!one.isWhole()) {
        differences.add("strace's table: it is cut, without a row 'total'");
      } else if (one.sumMismatch() != null) {
        differences.add("strace's table: " + one.sumMismatch());
      }
      one.addTo(table);
    }
    SortedMap<String, Count> log = fromLog.groupedBy(Key::syscall);
    TreeSet<String> names = new TreeSet<>(table.keySet());
    names.addAll(log.keySet());
    for (String name : names) {
      Count counted = log.getOrDefault(name, Count.NONE);
      SummaryRow row = table.get(name);
      if (row == null) {
        if (isWhole && counted.calls() > 0 && isInTables(name)) {
          differences.add(name + ": " + counted.calls() + " calls in the log, none in the table");
        }
        continue;
      }
      if (row.calls() != null && row.calls() != counted.calls()) {
        differences.add(
            name + ": " + counted.calls() + " calls in the log, " + row.calls() + " in the table");
      }
      if (row.errors() != null && row.errors() != counted.failedCalls()) {
        differences.add(
            name
                + ": "
                + counted.failedCalls()
                + " failed calls in the log, "
                + row.errors()
                + " in the table");
      }
    }
    return differences;
  }

  /// Whether strace puts calls of that name into its table.
  private static boolean isInTables(String name) {
    Optional<Syscall> known = SyscallCatalogue.instance().byName(name);
    return !UNNAMED.matcher(name).matches() && !known.map(Syscall::neverReturns).orElse(false);
  }

  /// The catalogue's name of a syscall, or strace's own where the catalogue has none.
  static String canonical(String straceName) {
    return SyscallCatalogue.instance().byName(straceName).map(Syscall::name).orElse(straceName);
  }

  /// @return false if the numbers are too large to be added up; the row is not taken then
  boolean add(SummaryRow row, long line) {
    try {
      SummaryRow sumWithRow = sum == null ? row : sum.plus(row);
      rows.merge(canonical(row.name()), row, SummaryRow::plus);
      sum = sumWithRow;
    } catch (ArithmeticException tooLarge) {
      return false;
    }
    rowCount++;
    if (row.timeNanos() != null && row.timeNanos() == 0) {
      rowsWithoutTime++;
    }
    lastLine = line;
    return true;
  }

  void end(SummaryRow lastRow, long line) {
    total = lastRow;
    lastLine = line;
  }

  /// The total was none after all.
  void reopen() {
    total = null;
  }

  /// Whether it has its last row.
  boolean isWhole() {
    return total != null;
  }

  /// How the rows differ from the total that strace printed under them, in words; null if they do
  /// not, or there is none.
  @Nullable String sumMismatch() {
    if (total == null) {
      return null;
    }
    if (sum == null) {
      return isZero(total.calls()) && isZero(total.errors()) ? null : "it has a total and no rows";
    }
    if (differ(sum.calls(), total.calls(), 0)) {
      return "its rows have " + sum.calls() + " calls and its total says " + total.calls();
    }
    if (differ(sum.errors(), total.errors(), 0)) {
      return "its rows have " + sum.errors() + " errors and its total says " + total.errors();
    }
    long tolerance = (rowCount + 1) * HALF_STEP_NANOS;
    if (differ(sum.timeNanos(), total.timeNanos(), tolerance)) {
      return "its rows have "
          + seconds(sum.timeNanos())
          + " and its total says "
          + seconds(total.timeNanos());
    }
    if (differ(sum.wallNanos(), total.wallNanos(), tolerance)) {
      return "its rows have "
          + seconds(sum.wallNanos())
          + " of wall time and its total says "
          + seconds(total.wallNanos());
    }
    return null;
  }

  private static boolean isZero(@Nullable Long value) {
    return value == null || value == 0;
  }

  private static boolean differ(@Nullable Long left, @Nullable Long right, long tolerance) {
    return left != null && right != null && Math.abs(left - right) > tolerance;
  }

  private static String seconds(@Nullable Long nanos) {
    return nanos == null ? "-" : nanos / 1000 + " us";
  }

  private void addTo(SortedMap<String, SummaryRow> all) {
    for (Map.Entry<String, SummaryRow> row : rows.entrySet()) {
      all.merge(row.getKey(), row.getValue(), StraceTable::plusOrFirst);
    }
  }

  private static SummaryRow plusOrFirst(SummaryRow first, SummaryRow second) {
    try {
      return first.plus(second);
    } catch (ArithmeticException tooLarge) {
      return first;
    }
  }

  /// By the catalogue's names.
  Collection<Map.Entry<String, SummaryRow>> rows() {
    return rows.entrySet();
  }

  /// All rows together; null if there are none.
  @Nullable SummaryRow sum() {
    return sum;
  }

  SummaryLayout layout() {
    return layout;
  }

  @Nullable String mode() {
    return mode;
  }

  long firstLine() {
    return firstLine;
  }

  /// The last of its lines that was understood.
  long lastLine() {
    return lastLine;
  }

  long rowCount() {
    return rowCount;
  }

  /// Rows whose calls took 0.000000 seconds together.
  long rowsWithoutTime() {
    return rowsWithoutTime;
  }
}
