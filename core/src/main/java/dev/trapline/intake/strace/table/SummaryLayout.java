// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which columns a table has and where they end, as its header tells.
///
/// ```
/// % time     seconds  usecs/call     calls    errors syscall
/// ------ ----------- ----------- --------- --------- ----------------
///  63.92    0.010009        1668         6         3 wait4
///   1.62    0.000016           4         4           arch_prctl
/// ------ ----------- ----------- --------- --------- ----------------
/// 100.00    0.015658          31       491        71 total
/// ```
///
/// A blank stands for no errors, and in the total of older versions for the time per call. Which
/// one is blank is found from where the values end. So a row must stand as strace puts it: as a
/// whole it may be moved, and a value wider than its column pushes what follows to the right;
/// nothing else is out of place. A table whose blanks were squeezed has no places any more and is
/// read by the order of values alone.
final class SummaryLayout {
  /// That of `strace -c` without `-U`.
  static final SummaryLayout USUAL =
      new SummaryLayout(
          List.of(
              new Place(SummaryColumn.PERCENT, 6),
              new Place(SummaryColumn.SECONDS, 18),
              new Place(SummaryColumn.MICROSECONDS_PER_CALL, 30),
              new Place(SummaryColumn.CALLS, 40),
              new Place(SummaryColumn.ERRORS, 50),
              new Place(SummaryColumn.SYSCALL, 51)),
          true);

  /// The width of the narrowest column.
  private static final int SHORTEST_DIVIDER = SummaryColumn.PERCENT.leastWidth;

  private final List<Place> places;
  private final boolean isAligned;
  private final EnumSet<SummaryColumn> columns = EnumSet.noneOf(SummaryColumn.class);

  /// @param edge the end of a column of numbers, the beginning of that of names
  private record Place(SummaryColumn column, int edge) {}

  /// Where a value stands in a line.
  private record Value(int from, int to) {}

  private SummaryLayout(List<Place> places, boolean isAligned) {
    this.places = places;
    this.isAligned = isAligned;
    for (Place place : places) {
      columns.add(place.column);
    }
  }

  /// The layout that a header tells, or null if the line is none. A header names the syscall and
  /// something else, each once, and nothing that is not strace's.
  static @Nullable SummaryLayout ofHeader(String line) {
    List<Place> places = new ArrayList<>();
    Set<SummaryColumn> seen = EnumSet.noneOf(SummaryColumn.class);
    int at = 0;
    while (at < line.length()) {
      if (line.charAt(at) == ' ') {
        at++;
        continue;
      }
      SummaryColumn column = SummaryColumn.at(line, at);
      if (column == null || !seen.add(column)) {
        return null;
      }
      int end = at + column.heading.length();
      places.add(new Place(column, column == SummaryColumn.SYSCALL ? at : end));
      at = end;
    }
    if (places.size() < 2 || !seen.contains(SummaryColumn.SYSCALL)) {
      return null;
    }
    return new SummaryLayout(places, areAsWideAsStraceMakesThem(places));
  }

  private static boolean areAsWideAsStraceMakesThem(List<Place> places) {
    int nextStart = 0;
    for (Place place : places) {
      boolean isName = place.column == SummaryColumn.SYSCALL;
      int start = isName ? place.edge : place.edge - place.column.leastWidth;
      // The first may have lost its blanks together with the rows'.
      boolean isFirst = nextStart == 0;
      if (isName ? start != nextStart && !isFirst : start < nextStart && !isFirst) {
        return false;
      }
      nextStart = (isName ? start + place.column.leastWidth : place.edge) + 1;
    }
    return true;
  }

  /// Whether no other tool writes such a header: `calls syscall` in plain words may be prose.
  boolean isUnmistakable() {
    Place first = places.getFirst();
    boolean isFirstWhole =
        first.column == SummaryColumn.SYSCALL || first.edge >= first.column.leastWidth;
    return (isAligned && isFirstWhole)
        || columns.contains(SummaryColumn.PERCENT)
        || columns.contains(SummaryColumn.MICROSECONDS_PER_CALL);
  }

  boolean has(SummaryColumn column) {
    return columns.contains(column);
  }

  /// Dashes under every column: `------ -----------`. Other programs rule their tables too.
  boolean isDivider(String line) {
    List<Value> runs = split(line);
    for (Value run : runs) {
      if (run.to - run.from < SHORTEST_DIVIDER) {
        return false;
      }
    }
    for (int at = 0; at < line.length(); at++) {
      if (line.charAt(at) != '-' && line.charAt(at) != ' ') {
        return false;
      }
    }
    return runs.size() == places.size();
  }

  /// A row of this table, or null.
  @Nullable SummaryRow row(String line) {
    List<Value> values = split(line);
    int blanks = places.size() - values.size();
    if (blanks == 0) {
      return row(line, values, EnumSet.noneOf(SummaryColumn.class));
    }
    EnumSet<SummaryColumn> mayBeBlank =
        EnumSet.of(SummaryColumn.ERRORS, SummaryColumn.MICROSECONDS_PER_CALL);
    mayBeBlank.retainAll(columns);
    if (blanks == 2 && mayBeBlank.size() == 2) {
      return row(line, values, mayBeBlank);
    }
    if (blanks == 1 && has(SummaryColumn.ERRORS)) {
      SummaryRow row = row(line, values, EnumSet.of(SummaryColumn.ERRORS));
      if (row != null) {
        return row;
      }
    }
    return blanks == 1 && has(SummaryColumn.MICROSECONDS_PER_CALL)
        ? row(line, values, EnumSet.of(SummaryColumn.MICROSECONDS_PER_CALL))
        : null;
  }

  private @Nullable SummaryRow row(String line, List<Value> values, Set<SummaryColumn> blank) {
    EnumMap<SummaryColumn, String> byColumn = new EnumMap<>(SummaryColumn.class);
    int next = 0;
    int shift = 0;
    for (Place place : places) {
      if (blank.contains(place.column)) {
        byColumn.put(place.column, "");
        continue;
      }
      Value value = values.get(next);
      String text = line.substring(value.from, value.to);
      if (!place.column.accepts(text)) {
        return null;
      }
      boolean isName = place.column == SummaryColumn.SYSCALL;
      int moved = (isName ? value.from : value.to) - place.edge;
      // A value that is too wide leaves no blank but the one between columns.
      boolean isTight = next > 0 && value.from - values.get(next - 1).to == 1;
      if (isAligned && next > 0 && moved != shift && !(moved > shift && isTight)) {
        return null;
      }
      shift = moved;
      byColumn.put(place.column, text);
      next++;
    }
    SummaryRow row = SummaryRow.of(byColumn);
    // Only a total has a blank where the time per call would be.
    boolean isRowOfTotal =
        !blank.contains(SummaryColumn.MICROSECONDS_PER_CALL) || (row != null && row.isTotal());
    return isRowOfTotal ? row : null;
  }

  private List<Value> split(String line) {
    List<Value> values = new ArrayList<>(places.size());
    int at = 0;
    while (at < line.length() && values.size() <= places.size()) {
      int end = at;
      while (end < line.length() && line.charAt(end) != ' ') {
        end++;
      }
      if (end > at) {
        values.add(new Value(at, end));
      }
      at = end + 1;
    }
    return values;
  }
}
