// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import org.jspecify.annotations.Nullable;

/// The columns that strace can write, by the words above them. Their names and least widths are
/// those of `cdesc` in strace's `src/count.c`; which ones a table has, and in which order, is the
/// user's choice (`-U`).
enum SummaryColumn {
  PERCENT("% time", 6, Content.DECIMAL),
  SECONDS("seconds", 11, Content.DECIMAL),
  MICROSECONDS_PER_CALL("usecs/call", 11, Content.WHOLE),
  SHORTEST("shortest", 8, Content.DECIMAL),
  LONGEST("longest", 7, Content.DECIMAL),
  CALLS("calls", 9, Content.WHOLE),
  ERRORS("errors", 9, Content.WHOLE),
  // Later than 6.16: wall time whatever -w says.
  WALL_TOTAL("wall-total", 11, Content.DECIMAL),
  WALL_MINIMUM("wall-min", 8, Content.DECIMAL),
  WALL_MAXIMUM("wall-max", 8, Content.DECIMAL),
  WALL_AVERAGE("wall-avg", 11, Content.WHOLE),
  /// The only one that is flush left.
  SYSCALL("syscall", 16, Content.NAME);

  /// What stands in it.
  enum Content {
    DECIMAL,
    WHOLE,
    NAME
  }

  final String heading;

  /// The header is padded to this, or further where a value is longer.
  final int leastWidth;

  final Content content;

  SummaryColumn(String heading, int leastWidth, Content content) {
    this.heading = heading;
    this.leastWidth = leastWidth;
    this.content = content;
  }

  /// The column whose heading stands there as a whole, or null.
  static @Nullable SummaryColumn at(String line, int from) {
    for (SummaryColumn column : values()) {
      int end = from + column.heading.length();
      if (line.startsWith(column.heading, from)
          && (end == line.length() || line.charAt(end) == ' ')) {
        return column;
      }
    }
    return null;
  }

  /// Whether a value can stand in this column.
  boolean accepts(String value) {
    return switch (content) {
      case DECIMAL -> isDecimal(value) || (this == PERCENT && isNotANumber(value));
      case WHOLE -> !value.isEmpty() && endOfDigits(value, 0) == value.length();
      case NAME -> isName(value);
    };
  }

  /// Digits on both sides of the mark, which is a comma in some locales: strace calls
  /// `setlocale(LC_ALL, "")`.
  private static boolean isDecimal(String value) {
    int mark = endOfDigits(value, 0);
    return mark > 0
        && mark + 1 < value.length()
        && (value.charAt(mark) == '.' || value.charAt(mark) == ',')
        && endOfDigits(value, mark + 1) == value.length();
  }

  /// Older versions divide by the time of all calls even where it is zero.
  private static boolean isNotANumber(String value) {
    return value.equals("nan") || value.equals("-nan");
  }

  private static boolean isName(String value) {
    for (int at = 0; at < value.length(); at++) {
      char letter = value.charAt(at);
      boolean inside =
          (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
      if (!inside && (at == 0 || letter < '0' || letter > '9')) {
        return false;
      }
    }
    return !value.isEmpty();
  }

  private static int endOfDigits(String value, int from) {
    int at = from;
    while (at < value.length() && value.charAt(at) >= '0' && value.charAt(at) <= '9') {
      at++;
    }
    return at;
  }
}
