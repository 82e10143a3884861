// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

/// The table that `strace -C` writes behind its log, told apart line by line. What it says is not
/// read here.
final class SummaryTable {
  private static final String HEADER_START = "% time ";
  private static final String HEADER_END = " syscall";
  private static final String RULE_START = "------ -----------";
  private static final String TITLE_START = "System call usage summary for ";
  private static final int MOST_FIELDS = 6;
  private static final int FEWEST_FIELDS = 5;

  private SummaryTable() {}

  /// Whether a line is part of such a table: its title, header, rules, rows and total, in the
  /// columns that it has without option `-U`.
  static boolean isLine(String line) {
    String bare = line.strip();
    return (bare.startsWith(HEADER_START) && bare.endsWith(HEADER_END))
        || bare.startsWith(RULE_START)
        || (bare.startsWith(TITLE_START) && bare.endsWith(":"))
        || isRow(bare);
  }

  private static boolean isRow(String line) {
    String[] fields = line.split(" +", MOST_FIELDS + 1);
    int last = fields.length - 1;
    boolean isTotal = fields[last].equals("total");
    // strace before 5.6 left out the average in its last line.
    if (fields.length > MOST_FIELDS
        || fields.length < (isTotal ? FEWEST_FIELDS - 1 : FEWEST_FIELDS)) {
      return false;
    }
    if (!isDecimal(fields[0]) || !isDecimal(fields[1]) || !isName(fields[last])) {
      return false;
    }
    for (int at = 2; at < last; at++) {
      if (!isNumber(fields[at])) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDecimal(String field) {
    int point = field.indexOf('.');
    return field.equals("nan")
        || field.equals("-nan")
        || (point > 0
            && isNumber(field.substring(0, point))
            && isNumber(field.substring(point + 1)));
  }

  private static boolean isNumber(String field) {
    if (field.isEmpty()) {
      return false;
    }
    for (int at = 0; at < field.length(); at++) {
      if (field.charAt(at) < '0' || field.charAt(at) > '9') {
        return false;
      }
    }
    return true;
  }

  private static boolean isName(String field) {
    for (int at = 0; at < field.length(); at++) {
      char character = field.charAt(at);
      boolean isOfName =
          character == '_'
              || (character >= 'a' && character <= 'z')
              || (character >= 'A' && character <= 'Z')
              || (character >= '0' && character <= '9');
      if (!isOfName) {
        return false;
      }
    }
    return !isNumber(field);
  }
}
