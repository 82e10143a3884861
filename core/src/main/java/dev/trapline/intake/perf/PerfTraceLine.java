// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static dev.trapline.intake.perf.TextLines.endOfBlanks;
import static dev.trapline.intake.perf.TextLines.endOfDigits;
import static dev.trapline.intake.perf.TextLines.endOfWord;

import dev.trapline.syscall.Errno;
import org.jspecify.annotations.Nullable;

/// Takes one line of `perf trace` apart. One object serves many lines; its fields are those of the
/// line parsed last.
///
/// ```
///      0.123 ( 0.004 ms): iperf3/4711 read(fd: 5<socket:[123]>, buf: 0x7f.., count: 131072)   = 131072
///          ? (         ): sh/1040  ... [continued]: execve())                                 = 0
///      4.442 (         ): sh/1040 wait4(upid: -1)                                             ...
///     12.535 (         ): ls/1041 exit_group()                                                = ?
/// ```
///
/// Format: `trace__fprintf_entry_head`, `trace__printf_interrupted_entry`, `trace__sys_exit` in
/// perf's `builtin-trace.c`. The name of the thread is cut to 14 bytes there, and may hold
/// anything, slashes, blanks and parentheses too; without more than one thread there is neither
/// name nor number, with `--no-comm` only the number. The time may be missing, if the program's own
/// output tore the line or perf is configured so; the parentheses are there always.
final class PerfTraceLine {
  enum Kind {
    /// A whole call.
    CALL,
    /// A call whose end is told later.
    BEGIN,
    /// The end of such a call, or of one whose begin perf did not see.
    CONTINUED,
    /// A call without a return.
    NEVER_RETURNS,
    /// A tracepoint, a page fault.
    OTHER_EVENT,
    NOT_UNDERSTOOD
  }

  static final long UNKNOWN = -1;
  static final int NO_THREAD = 0;
  private static final String CONTINUED_MARK = " ... [continued]: ";
  private static final int LONGEST_NAME_BYTES = 14;

  /// 11 days; a longer time is not one.
  private static final long LARGEST_MICROS = 1_000_000_000_000L;

  private static final int LARGEST_ERRNO = 4095;
  private static final String STRERROR = "strerror_r(";
  private static final String UNKNOWN_ERROR = "Unknown error ";

  private String line = "";

  /// Of the begin; [#UNKNOWN] if perf did not see it. Microseconds, with `-T` of the machine's
  /// clock, else since the first event.
  long timeMicros;

  /// [#UNKNOWN] where the line tells none.
  long durationMicros;

  /// [#NO_THREAD] where the line tells none.
  int tid;

  /// Undecoded; empty where the line tells none.
  String comm = "";

  String call = "";
  private int argumentsFrom;
  private int argumentsTo;

  /// The error's name, null for a call that succeeded.
  @Nullable String error;

  /// Whether [#result] is known.
  boolean hasResult;

  /// Of a call that succeeded.
  long result;

  Kind parse(String text) {
    line = text;
    tid = NO_THREAD;
    comm = "";
    call = "";
    error = null;
    hasResult = false;
    argumentsFrom = 0;
    argumentsTo = 0;
    int head = parseTimes();
    if (head < 0) {
      return Kind.NOT_UNDERSTOOD;
    }
    int body = parseThread(head);
    return parseBody(body);
  }

  /// @return where the thread begins; -1 if this is no such line
  private int parseTimes() {
    int at = endOfBlanks(line, 0);
    if (at >= line.length()) {
      return -1;
    }
    timeMicros = UNKNOWN;
    if (line.charAt(at) != '(') {
      int end = line.indexOf(' ', at);
      if (end < 0) {
        return -1;
      }
      if (line.charAt(at) != '?' || end != at + 1) {
        timeMicros = TextLines.fixedPoint(line, at, end, 3);
        if (timeMicros < 0) {
          return -1;
        }
      }
      at = endOfBlanks(line, end);
      if (at >= line.length() || line.charAt(at) != '(') {
        return -1;
      }
    }
    int close = line.indexOf("): ", at);
    if (close < 0 || close - at > 32) {
      return -1;
    }
    int number = endOfBlanks(line, at + 1);
    durationMicros = UNKNOWN;
    if (number < close) {
      if (!line.startsWith(" ms", close - 3)) {
        return -1;
      }
      durationMicros = TextLines.fixedPoint(line, number, close - 3, 3);
      if (durationMicros < 0 || durationMicros > LARGEST_MICROS) {
        return -1;
      }
    }
    return close + 3;
  }

  /// @return where the call begins
  private int parseThread(int head) {
    int mostSlash = Math.min(head + LONGEST_NAME_BYTES, line.length() - 1);
    for (int slash = mostSlash; slash >= head; slash--) {
      if (line.charAt(slash) == '/') {
        int end = endOfThread(slash + 1);
        if (end >= 0) {
          comm = line.substring(head, slash);
          return end;
        }
      }
    }
    int end = endOfThread(head);
    return end >= 0 ? end : head;
  }

  /// Takes a thread's number that has a call or an event behind it.
  ///
  /// @return where that begins; -1 if there is no such number
  private int endOfThread(int from) {
    int digits = endOfDigits(line, from);
    if (digits == from || digits >= line.length() || line.charAt(digits) != ' ') {
      return -1;
    }
    long number = TextLines.number(line, from, digits);
    int body = digits + 1;
    boolean isBody =
        line.startsWith(CONTINUED_MARK, body)
            || (body < line.length() && TextLines.isWord(line.charAt(body)));
    if (number < 0 || number > Integer.MAX_VALUE || !isBody) {
      return -1;
    }
    tid = (int) number;
    return body;
  }

  private Kind parseBody(int body) {
    boolean isContinued = line.startsWith(CONTINUED_MARK, body);
    int name = isContinued ? body + CONTINUED_MARK.length() : body;
    int nameEnd = endOfWord(line, name);
    if (nameEnd == name || nameEnd >= line.length()) {
      return Kind.NOT_UNDERSTOOD;
    }
    char behind = line.charAt(nameEnd);
    if (behind == ':' || behind == '-') {
      return isContinued ? Kind.NOT_UNDERSTOOD : Kind.OTHER_EVENT;
    }
    if (line.startsWith("fault [", nameEnd - 5)) {
      return Kind.OTHER_EVENT;
    }
    if (behind != '(') {
      return Kind.NOT_UNDERSTOOD;
    }
    call = line.substring(name, nameEnd);
    argumentsFrom = nameEnd + 1;
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == ' ') {
      end--;
    }
    if (!isContinued && line.startsWith(" ...", end - 4)) {
      int close = end - 4;
      while (close > nameEnd && line.charAt(close - 1) == ' ') {
        close--;
      }
      argumentsTo = close - 1;
      return line.charAt(close - 1) == ')' ? Kind.BEGIN : Kind.NOT_UNDERSTOOD;
    }
    int equals = equalsSign(end, nameEnd);
    if (equals < 0) {
      return Kind.NOT_UNDERSTOOD;
    }
    int value = endOfBlanks(line, equals + 1);
    if (!isContinued && value == end - 1 && line.charAt(value) == '?') {
      return Kind.NEVER_RETURNS;
    }
    parseResult(value, end);
    return isContinued ? Kind.CONTINUED : Kind.CALL;
  }

  /// The last `=` behind a closing parenthesis and blanks: strings among the arguments may hold
  /// such a thing too, the result does not.
  private int equalsSign(int end, int nameEnd) {
    int equals = line.lastIndexOf('=', end - 1);
    while (equals > nameEnd) {
      boolean isAlone = equals + 1 >= end || line.charAt(equals + 1) == ' ';
      if (isAlone && line.charAt(equals - 1) == ' ') {
        int close = equals - 1;
        while (close > nameEnd && line.charAt(close) == ' ') {
          close--;
        }
        if (line.charAt(close) == ')') {
          argumentsTo = close;
          return equals;
        }
      }
      equals = line.lastIndexOf('=', equals - 1);
    }
    return -1;
  }

  private void parseResult(int from, int end) {
    if (from >= end) {
      return; // perf prints nothing for the number of a process that it does not know
    }
    if (line.charAt(from) != '-') {
      int digits = endOfDigits(line, from);
      long number = TextLines.number(line, from, digits);
      boolean isNumber = digits == end || line.charAt(digits) == ' ';
      if (isNumber && number >= 0) {
        hasResult = true;
        result = number;
      }
      return;
    }
    int digits = endOfDigits(line, from + 1);
    long number = TextLines.number(line, from + 1, digits);
    if (number < 0) {
      return;
    }
    if (number == 1 && digits < end) {
      error = errorName(endOfBlanks(line, digits), end);
    } else if (number >= 1 && number <= LARGEST_ERRNO) {
      // Old versions print the number where they do not know the call.
      error = Errno.name((int) number);
    }
  }

  /// The error in `EAGAIN (Resource temporarily unavailable)`; for numbers that user space never
  /// sees in `(unknown) (INTERNAL ERROR: strerror_r(512, [buf], 128)=22)`.
  private String errorName(int from, int end) {
    int word = endOfWord(line, from);
    if (word > from && line.charAt(from) == 'E') {
      return line.substring(from, word);
    }
    for (String mark : new String[] {STRERROR, UNKNOWN_ERROR}) {
      int found = line.indexOf(mark, from);
      if (found >= 0 && found < end) {
        int digits = found + mark.length();
        long number = TextLines.number(line, digits, endOfDigits(line, digits));
        if (number >= 1 && number <= LARGEST_ERRNO) {
          return Errno.name((int) number);
        }
      }
    }
    return PerfTraceSummaryReader.UNNAMED_ERROR;
  }

  /// Where the value of an argument begins; -1 if the line has no such argument, which is also how
  /// perf writes 0.
  int argument(String nameAndColon) {
    int at = line.indexOf(nameAndColon, argumentsFrom);
    while (at >= 0 && at < argumentsTo) {
      if (at == argumentsFrom || line.startsWith(", ", at - 2)) {
        return endOfBlanks(line, at + nameAndColon.length());
      }
      at = line.indexOf(nameAndColon, at + 1);
    }
    return -1;
  }

  /// Whether arguments are told, with their names, so that one that is missing is 0.
  boolean hasNamedArguments() {
    return argumentsFrom < argumentsTo && line.startsWith(": ", endOfWord(line, argumentsFrom));
  }

  /// The text of an argument, up to the comma or the end.
  String argumentText(int from) {
    int comma = line.indexOf(", ", from);
    // `(READ|WRITE, 0, 0x1, 0x3fff)`
    if (from < argumentsTo && line.charAt(from) == '(') {
      int close = line.indexOf(')', from);
      return line.substring(from, close < 0 || close > argumentsTo ? argumentsTo : close + 1);
    }
    return line.substring(
        from, comma < 0 || comma > argumentsTo ? Math.max(from, argumentsTo) : comma);
  }
}
