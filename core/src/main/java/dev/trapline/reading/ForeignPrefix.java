// SPDX-License-Identifier: Apache-2.0
package dev.trapline.reading;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a runner writes before each line of the tool that it runs: `[STDOUT] `, `2026-11-01
/// 12:00:00.123 `, `Sun Nov 1 12:00:00 2026 `, `2026-11-01T12:00:00Z | `, `server-1 | `, `Nov 01
/// 12:00:00 host iperf3[4711]: `, in any row.
///
/// It is to be taken off only where a line makes no sense as it is: tools write times and brackets
/// of their own (`[ ID] Interval`, `[pid 4711]`), and those are no prefix.
public final class ForeignPrefix {
  private static final Pattern PREFIX =
      Pattern.compile(
          "(?:"
              // A stream's or a level's name.
              + "\\[?(?:STDOUT|STDERR|stdout|stderr|OUT|ERR|INFO|DEBUG|WARN|ERROR|TRACE)\\]?:?[ \\t]"
              // A date with a time, as ISO 8601 and its relatives, bracketed or not.
              + "|\\[?\\d{4}[-/]\\d\\d[-/]\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?"
              + "(?:Z| ?[+-]\\d\\d:?\\d\\d)?\\]?:?[ \\t]"
              // A date as ctime(3) writes it, which is that of iperf3 --timestamps.
              + "|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4} "
              // A bracketed time of day.
              + "|\\[\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?\\][ \\t]"
              // syslog.
              + "|[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\S{1,64} \\S{1,64}: "
              // docker compose, GNU parallel --tag and the like.
              + "|[A-Za-z0-9][A-Za-z0-9_.-]{0,63} {0,32}\\| "
              + "|\\| "
              + ")");

  private static final int MOST_PARTS = 4;

  private ForeignPrefix() {}

  /// Where the tool's own text begins; 0 if there is no prefix.
  public static int end(CharSequence line) {
    Matcher matcher = PREFIX.matcher(line);
    int at = 0;
    for (int part = 0; part < MOST_PARTS; part++) {
      matcher.region(at, line.length());
      if (!matcher.lookingAt()) {
        break;
      }
      at = matcher.end();
    }
    return at;
  }

  /// The line without its prefix.
  public static String strip(String line) {
    return line.substring(end(line));
  }
}
