// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static dev.trapline.intake.strace.ByteText.bytes;
import static dev.trapline.intake.strace.ByteText.endOfDigits;
import static dev.trapline.intake.strace.ByteText.endOfWord;
import static dev.trapline.intake.strace.ByteText.endsWith;
import static dev.trapline.intake.strace.ByteText.isDigit;
import static dev.trapline.intake.strace.ByteText.startsWith;

/// Takes one line of strace(1) apart, into positions of the buffer that it stands in. One object is
/// used for all lines; what a line does not have is -1.
///
/// ```
/// 4711<comm> 12:00:00.123456 read(3<TCP:[..]>, ""..., 64) = 64 <0.000012>
/// 4711<comm> <... read resumed>""..., 64)          = -1 EAGAIN (Resource ...) <0.000012>
/// 4711<comm> futex(0x7f.., FUTEX_WAIT, 0, NULL <unfinished ...>
/// 4711<comm> +++ exited with 0 +++
/// ```
///
/// Where arguments end is found by reading them: a quoted string or a file's name may hold `) = 0`
/// itself. strace escapes quotes in strings and angle brackets in names, so that is exact.
final class StraceLine {
  /// What a line is.
  enum Kind {
    /// Begin and end of a call.
    CALL,
    /// The begin of a call whose end comes later.
    UNFINISHED,
    /// The end of a call that began earlier.
    RESUMED,
    /// The begin of a call that strace did not see the end of, because it let go of the thread.
    DETACHED,
    /// Like [#CALL], but the line stops amid the call. Whether that is an error depends on where it
    /// stands.
    CUT,
    /// A thread has ended.
    EXITED,
    /// A thread group's leader was replaced by the thread that called execve.
    SUPERSEDED,
    /// A line that says nothing about calls: a signal, a stop, strace's own messages.
    IRRELEVANT,
    /// None of these.
    NOT_UNDERSTOOD
  }

  /// Larger than any thread id: see `PID_MAX_LIMIT` of the kernel's threads.h. A larger number at
  /// the start of a line is a time in seconds.
  private static final long LARGEST_TID = 1 << 22;

  private static final byte[] BRACKETED_PID = bytes("[pid ");
  private static final byte[] RESUMED_START = bytes("<... ");
  private static final byte[] RESUMED_END = bytes(" resumed>");
  private static final byte[] UNFINISHED_END = bytes("<unfinished ...>");
  private static final byte[] DETACHED_END = bytes("<detached ...>");
  private static final byte[] EXITED_START = bytes("+++ exited with ");
  private static final byte[] KILLED_START = bytes("+++ killed by ");
  private static final byte[] EVENT_END = bytes(" +++");
  private static final byte[] SIGNAL_START = bytes("--- ");
  private static final byte[] OWN_MESSAGE = bytes("strace: ");
  private static final byte[] SUPERSEDED_START = bytes("+++ superseded by execve in pid ");
  private static final byte[] STACK_FRAME = bytes(" > ");

  byte[] text = new byte[0];
  int start;
  int end;

  /// 0 where the log does not say, as one without `-f`.
  int tid;

  /// The thread's name as `-Y` writes it, without its angle brackets.
  int commandStart;

  int commandEnd;
  int nameStart;
  int nameEnd;

  /// From behind the opening parenthesis (or behind `resumed>`) to the closing one, or to the end
  /// of what there is.
  int argumentsStart;

  int argumentsEnd;

  /// The value returned, from behind `= ` to the time or the end.
  int resultStart;

  int resultEnd;

  /// The time in the call in nanoseconds, option `-T`.
  long wallNanos;

  /// The thread whose execve ended this one.
  int supersededBy;

  Kind parse(byte[] buffer, int from, int to) {
    text = buffer;
    start = from;
    end = to;
    tid = 0;
    commandStart = -1;
    commandEnd = -1;
    nameStart = -1;
    nameEnd = -1;
    argumentsStart = -1;
    argumentsEnd = -1;
    resultStart = -1;
    resultEnd = -1;
    wallNanos = -1;
    if (startsWith(buffer, from, to, STACK_FRAME)) {
      return Kind.IRRELEVANT;
    }
    int body = skipPrefix(from);
    if (body >= to) {
      return body == from ? Kind.IRRELEVANT : Kind.NOT_UNDERSTOOD;
    }
    return switch (buffer[body]) {
      case '<' -> parseResumed(body);
      case '+' -> parseEvent(body);
      case '-' ->
          startsWith(buffer, body, to, SIGNAL_START) ? Kind.IRRELEVANT : Kind.NOT_UNDERSTOOD;
      default -> startsWith(buffer, body, to, OWN_MESSAGE) ? Kind.IRRELEVANT : parseCall(body);
    };
  }

  /// Skips thread and time in any order of theirs and returns where the call begins.
  private int skipPrefix(int from) {
    int at = from;
    if (startsWith(text, at, end, BRACKETED_PID)) {
      at = skipSpaces(at + BRACKETED_PID.length);
      at = takeThread(at, endOfDigits(text, at, end));
      if (at < end && text[at] == ']') {
        at++;
      }
    } else if (at < end && isDigit(text[at])) {
      int digits = endOfDigits(text, at, end);
      boolean isThread =
          digits < end
              && (text[digits] == ' ' || text[digits] == '<')
              && ByteText.number(text, at, digits) <= LARGEST_TID;
      if (isThread) {
        at = takeThread(at, digits);
      }
    }
    at = skipSpaces(at);
    // A time: 12:00:00, 12:00:00.123456, 1700000000.123456, or 0.000012 since the last line.
    while (at < end && isDigit(text[at])) {
      while (at < end && (isDigit(text[at]) || text[at] == ':' || text[at] == '.')) {
        at++;
      }
      at = skipSpaces(at);
    }
    return at;
  }

  private int takeThread(int from, int digits) {
    tid = (int) ByteText.number(text, from, digits);
    if (digits >= end || text[digits] != '<') {
      return digits;
    }
    commandStart = digits + 1;
    commandEnd = commandStart;
    while (commandEnd < end && text[commandEnd] != '>') {
      commandEnd++;
    }
    return Math.min(commandEnd + 1, end);
  }

  private int skipSpaces(int from) {
    int at = from;
    while (at < end && text[at] == ' ') {
      at++;
    }
    return at;
  }

  private Kind parseResumed(int body) {
    if (!startsWith(text, body, end, RESUMED_START)) {
      return Kind.NOT_UNDERSTOOD;
    }
    nameStart = body + RESUMED_START.length;
    nameEnd = endOfWord(text, nameStart, end);
    if (!startsWith(text, nameEnd, end, RESUMED_END)) {
      return Kind.NOT_UNDERSTOOD;
    }
    argumentsStart = nameEnd + RESUMED_END.length;
    return parseArgumentsAndResult(Kind.RESUMED);
  }

  private Kind parseEvent(int body) {
    if (!endsWith(text, body, end, EVENT_END)) {
      return Kind.NOT_UNDERSTOOD;
    }
    if (startsWith(text, body, end, EXITED_START) || startsWith(text, body, end, KILLED_START)) {
      return Kind.EXITED;
    }
    if (!startsWith(text, body, end, SUPERSEDED_START)) {
      return Kind.NOT_UNDERSTOOD;
    }
    int digits = body + SUPERSEDED_START.length;
    supersededBy = (int) ByteText.number(text, digits, endOfDigits(text, digits, end));
    return Kind.SUPERSEDED;
  }

  private Kind parseCall(int body) {
    nameStart = body;
    nameEnd = endOfWord(text, body, end);
    if (nameEnd == body || nameEnd >= end || text[nameEnd] != '(') {
      return Kind.NOT_UNDERSTOOD;
    }
    argumentsStart = nameEnd + 1;
    if (text[end - 1] == '>') {
      if (endsWith(text, argumentsStart, end, UNFINISHED_END)) {
        argumentsEnd = end - UNFINISHED_END.length;
        return Kind.UNFINISHED;
      }
      if (endsWith(text, argumentsStart, end, DETACHED_END)) {
        argumentsEnd = end - DETACHED_END.length;
        return Kind.DETACHED;
      }
    }
    return parseArgumentsAndResult(Kind.CALL);
  }

  private Kind parseArgumentsAndResult(Kind kind) {
    int close = closingParenthesis(argumentsStart);
    argumentsEnd = close;
    if (close >= end) {
      return Kind.CUT;
    }
    int at = skipSpaces(close + 1);
    if (at + 2 >= end || text[at] != '=' || text[at + 1] != ' ') {
      return Kind.CUT;
    }
    resultStart = at + 2;
    resultEnd = end;
    takeTime();
    return kind;
  }

  /// Where the parenthesis closes that is open at `from`, or the end of the line.
  private int closingParenthesis(int from) {
    int depth = 1;
    int at = from;
    while (at < end) {
      switch (text[at]) {
        case '"' -> at = endOfString(at + 1) - 1;
        case '(' -> depth++;
        case ')' -> {
          if (--depth == 0) {
            return at;
          }
        }
        case '<' -> at = endOfDecoration(at) - 1;
        default -> {
          // Nothing that opens or closes.
        }
      }
      at++;
    }
    return end;
  }

  /// Behind the quote that ends a string.
  private int endOfString(int from) {
    int at = from;
    while (at < end && text[at] != '"') {
      at += text[at] == '\\' ? 2 : 1;
    }
    return Math.min(at + 1, end);
  }

  /// Behind a decoration that begins at an angle bracket; behind that bracket, if it is another
  /// thing, such as the `<<` of a shift.
  ///
  /// Decorations follow a descriptor's number, `AT_FDCWD`, or a process id. They nest once
  /// (`</dev/null<char 1:3>>`), hold arrows (`<TCP:[a->b]>`) and quoted names of Unix sockets.
  int endOfDecoration(int open) {
    boolean decorates = open > start && ByteText.isWord(text[open - 1]);
    if (!decorates || (open + 1 < end && text[open + 1] == '<')) {
      return open + (open + 1 < end && text[open + 1] == '<' ? 2 : 1);
    }
    int depth = 0;
    int at = open;
    while (at < end) {
      switch (text[at]) {
        case '"' -> at = endOfString(at + 1) - 1;
        case '<' -> depth++;
        case '>' -> {
          if (text[at - 1] != '-' && --depth == 0) {
            return at + 1;
          }
        }
        default -> {
          // Part of a name.
        }
      }
      at++;
    }
    return end;
  }

  /// Takes ` <0.000012>` off the end. A decoration of the value returned also ends in `>`, but no
  /// blank stands before its opening bracket.
  private void takeTime() {
    if (text[end - 1] != '>') {
      return;
    }
    int at = end - 2;
    while (at > resultStart && (isDigit(text[at]) || text[at] == '.')) {
      at--;
    }
    if (at <= resultStart - 1 || text[at] != '<' || text[at - 1] != ' ' || at == end - 2) {
      return;
    }
    resultEnd = at - 1;
    int seconds = endOfDigits(text, at + 1, end);
    long nanos = ByteText.number(text, at + 1, seconds) * 1_000_000_000L;
    if (text[seconds] == '.') {
      long unit = 100_000_000L;
      for (int digit = seconds + 1; isDigit(text[digit]); digit++) {
        nanos += (text[digit] - '0') * unit;
        unit /= 10;
      }
    }
    wallNanos = nanos;
  }

  /// Where the argument of an index begins, or -1 if there are not that many.
  int argument(int index) {
    int at = argumentsStart;
    for (int skipped = 0; skipped < index; skipped++) {
      at = endOfArgument(at);
      if (at >= argumentsEnd) {
        return -1;
      }
      at++;
      while (at < argumentsEnd && text[at] == ' ') {
        at++;
      }
    }
    return at;
  }

  private int endOfArgument(int from) {
    int depth = 0;
    int at = from;
    while (at < argumentsEnd) {
      switch (text[at]) {
        case '"' -> at = endOfString(at + 1) - 1;
        case '<' -> at = endOfDecoration(at) - 1;
        case '(', '[', '{' -> depth++;
        case ')', ']', '}' -> depth--;
        case ',' -> {
          if (depth <= 0) {
            return at;
          }
        }
        default -> {
          // Part of the argument.
        }
      }
      at++;
    }
    return argumentsEnd;
  }
}
