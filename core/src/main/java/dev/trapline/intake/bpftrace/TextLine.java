// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The grammar of one line of bpftrace's text, as `TextOutput` in bpftrace's `src/output.cpp`
/// (0.17) and `src/output/text.cpp` (0.24) writes it.
///
/// ```
/// @calls[iperf3, tracepoint:syscalls:sys_enter_read]: 12
/// @ns[iperf3]: count 12, average 350, total 4200
/// @h[iperf3]:
/// [1K, 2K)              12 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
/// ```
///
/// A key's strings stand there unquoted, so a thread's name may look like the end of a key. The
/// last `]:` of a line ends the key, which is right for all values that are counted.
final class TextLine {
  private static final Pattern NAME = Pattern.compile("@[A-Za-z0-9_]*+");
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,20}");

  private static final Pattern STATISTICS =
      Pattern.compile(
          "count (-?[0-9]{1,20}), average -?[0-9]{1,20}, total (-?[0-9]{1,20})"
              // 0.24 prints them as it prints any record.
              + "|\\{ \\.count = (-?[0-9]{1,20}), \\.average = -?[0-9]{1,20},"
              + " \\.total = (-?[0-9]{1,20}) \\}");

  /// A bar has 52 columns. Labels are numbers with K, M, G, T (or P, E) for powers of 1024.
  private static final Pattern BUCKET =
      Pattern.compile(
          "(?:\\(\\.\\.\\., -?[0-9]{1,20}[KMGTPE]?\\)"
              + "|\\[-?[0-9]{1,20}[KMGTPE]?"
              + "(?:\\]|, -?[0-9]{1,20}[KMGTPE]?\\)|, \\.\\.\\.\\)))"
              + " {1,32}([0-9]{1,19}) \\|@{0,52} {0,52}\\|[ \\t]*");

  private TextLine() {}

  /// One line of a map.
  ///
  /// @param value null if the line ends behind the colon: buckets follow, or the value is an empty
  ///   string
  record Entry(String map, @Nullable String key, @Nullable PrintedValue value) {}

  /// Whether it is what a map can be called, its `@` included.
  static boolean isMapName(String name) {
    return NAME.matcher(name).matches();
  }

  /// The line as an entry; null if it is none.
  static @Nullable Entry entry(String line) {
    Matcher name = NAME.matcher(line);
    if (!name.lookingAt()) {
      return null;
    }
    int nameEnd = name.end();
    if (nameEnd == line.length()) {
      return null;
    }
    if (line.charAt(nameEnd) == ':') {
      return entry(name.group(), null, line, nameEnd + 1);
    }
    int keyEnd = line.lastIndexOf("]:");
    if (line.charAt(nameEnd) != '[' || keyEnd < nameEnd) {
      return null;
    }
    return entry(name.group(), line.substring(nameEnd + 1, keyEnd), line, keyEnd + 2);
  }

  private static @Nullable Entry entry(String map, @Nullable String key, String line, int from) {
    if (from < line.length() && line.charAt(from) != ' ') {
      return null;
    }
    String value = line.substring(from).strip();
    return new Entry(map, key, value.isEmpty() ? null : value(value));
  }

  /// A value that bpftrace counted, or [PrintedValue#OTHER].
  private static PrintedValue value(String text) {
    if (NUMBER.matcher(text).matches()) {
      Long number = number(text);
      return number == null ? PrintedValue.OTHER : PrintedValue.ofNumber(number);
    }
    Matcher statistics = STATISTICS.matcher(text);
    if (!statistics.matches()) {
      return PrintedValue.OTHER;
    }
    int group = statistics.group(1) == null ? 3 : 1;
    Long count = number(statistics.group(group));
    Long total = number(statistics.group(group + 1));
    return count == null || total == null
        ? PrintedValue.OTHER
        : new PrintedValue(PrintedValue.Kind.STATISTICS, count, total);
  }

  /// Whether a key begins here that goes on in further lines, as keys with stacks do.
  static boolean opensKey(String line) {
    Matcher name = NAME.matcher(line);
    return name.lookingAt()
        && name.end() < line.length()
        && line.charAt(name.end()) == '['
        && (line.endsWith("[") || line.endsWith(",") || line.endsWith(", "));
  }

  /// The name of the map whose key begins here.
  static String openedMap(String line) {
    return line.substring(0, line.indexOf('['));
  }

  /// How many values a bucket of a histogram holds; -1 if the line is no bucket.
  static long bucketCount(String line) {
    // Most lines are none, and the first character tells.
    if (line.isEmpty() || (line.charAt(0) != '[' && line.charAt(0) != '(')) {
      return -1;
    }
    Matcher bucket = BUCKET.matcher(line);
    if (!bucket.matches()) {
      return -1;
    }
    Long count = number(bucket.group(1));
    return count == null ? -1 : count;
  }

  /// A decimal number; null if it has more than 63 bits.
  static @Nullable Long number(String digits) {
    try {
      return Long.valueOf(digits);
    } catch (NumberFormatException beyondLong) {
      return null;
    }
  }
}
