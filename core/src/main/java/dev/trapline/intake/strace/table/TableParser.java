// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds tables among other lines. Every line ends up in one of four counts: rows (and totals), the
/// rest of a table, lines of others outside of tables, and lines not understood. One object reads
/// one text.
final class TableParser {
  private static final String MODE_START = "System call usage summary for ";
  private static final String MODE_END = " mode:";

  /// strace's own messages, such as `strace: Process 4711 attached`.
  private static final String OWN_MESSAGE = "strace: ";

  private final List<StraceTable> tables = new ArrayList<>();
  private SkippedLines skipped = SkippedLines.NONE;
  private SkippedLines foreign = SkippedLines.NONE;
  private long lines;
  private long rowLines;
  private long frameLines;
  private @Nullable String mode;

  /// The table whose rows are being read; null outside of one.
  private @Nullable StraceTable open;

  /// @param isTerminated whether a newline follows; what stands before the end of a text may be cut
  void readLine(String line, boolean isTerminated) {
    lines++;
    if (understands(line, isTerminated)) {
      return;
    }
    int prefix = ForeignPrefix.end(line);
    if (prefix > 0 && understands(line.substring(prefix), isTerminated)) {
      return;
    }
    String text = line.substring(prefix);
    boolean isOurs = open != null || SummaryLayout.USUAL.row(text) != null;
    if (isOurs || (!isTerminated && mayBeginTable(text))) {
      skipped = skipped.with(lines, line);
    } else {
      foreign = foreign.with(lines, line);
    }
  }

  /// @return this, when all lines were read
  TableParser end() {
    open = null;
    if (tables.isEmpty()) {
      // There is nothing that they could stand beside.
      skipped = foreign.plus(skipped);
      foreign = SkippedLines.NONE;
    }
    return this;
  }

  /// Whether a table was to come where the text was cut.
  private static boolean mayBeginTable(String text) {
    String percent = SummaryColumn.PERCENT.heading;
    return text.startsWith(percent)
        || percent.startsWith(text)
        || text.startsWith(MODE_START)
        || MODE_START.startsWith(text);
  }

  private boolean understands(String line, boolean isTerminated) {
    if (line.isBlank() || line.startsWith(OWN_MESSAGE)) {
      frameLines++;
      return true;
    }
    if (isMode(line)) {
      frameLines++;
      open = null;
      mode = line.substring(MODE_START.length(), line.length() - MODE_END.length());
      return true;
    }
    SummaryLayout layout = SummaryLayout.ofHeader(line);
    if (layout != null && layout.isUnmistakable()) {
      frameLines++;
      open = new StraceTable(lines, mode, layout);
      mode = null;
      tables.add(open);
      return true;
    }
    StraceTable table = open;
    if (table == null) {
      return false;
    }
    if (table.layout().isDivider(line)) {
      frameLines++;
      return true;
    }
    SummaryRow row = table.layout().row(line);
    return row != null && take(row, table, isTerminated);
  }

  private boolean take(SummaryRow row, StraceTable table, boolean isTerminated) {
    if (row.isTotal()) {
      table.end(row, lines);
      if (!isTerminated && table.sumMismatch() != null) {
        // Its last number is cut.
        table.reopen();
        return false;
      }
      open = null;
    } else if (!isTerminated || !table.add(row, lines)) {
      // The last line of a cut text: its last word may be cut too.
      return false;
    }
    rowLines++;
    return true;
  }

  static boolean isMode(String line) {
    return line.startsWith(MODE_START)
        && line.endsWith(MODE_END)
        && line.length() > MODE_START.length() + MODE_END.length();
  }

  /// The calling convention of a table that was announced and did not come; null mostly.
  @Nullable String missingMode() {
    return mode;
  }

  List<StraceTable> tables() {
    return tables;
  }

  /// Lines inside of tables that are no rows, and rows outside of tables.
  SkippedLines skipped() {
    return skipped;
  }

  /// Lines of other programs outside of tables.
  SkippedLines foreign() {
    return foreign;
  }

  long lines() {
    return lines;
  }

  /// Rows and totals.
  long rowLines() {
    return rowLines;
  }

  /// Headers, dividers, blanks, and strace's own messages.
  long frameLines() {
    return frameLines;
  }
}
