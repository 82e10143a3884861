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
/// What may stand before a call, in this order: the thread (`4711`, `4711<comm>`, `[pid 4711]`), a
/// time (options `-t` to `-ttt`, `-r`), a syscall's number (`-n`), an instruction's address (`-i`).
///
/// Where arguments end: if one place only looks like it (`) = `), there. A quoted string or a
/// file's name may hold `) = 0` too; if there are several such places, the arguments are read.
/// strace escapes quotes in strings and angle brackets in names, so that this is exact.
final class StraceLine {
  /// What a line is.
  enum Kind {
    /// Begin and end of a call.
    CALL,
    /// The begin of a call whose end comes later.
    UNFINISHED,
    /// The begin of a call, broken off by strace's own message that it has attached to a process:
    /// the rest is the next line, without thread and time. Only where both go to one terminal.
    BROKEN,
    /// The end of a call that began earlier.
    RESUMED,
    /// The begin of a call that strace did not see the end of, because it let go of the thread.
    DETACHED,
    /// The begin of an execve whose end is told under another number: see [#SUPERSEDED].
    MOVED,
    /// Like [#CALL], but the line stops amid the call. Whether that is an error depends on where it
    /// stands.
    CUT,
    /// A thread has ended.
    EXITED,
    /// A thread group's leader was replaced by the thread that called execve.
    SUPERSEDED,
    /// From here on a process calls the kernel as a program of 32 or 64 bits.
    PERSONALITY,
    /// strace says that it has attached to a process.
    ATTACHED,
    /// strace says that it has let go of a process.
    LET_GO,
    /// A line that says nothing about calls: a signal, a stop, strace's own messages.
    IRRELEVANT,
    /// None of these.
    NOT_UNDERSTOOD
  }

  /// Larger than any thread id: see `PID_MAX_LIMIT` of the kernel's threads.h. A larger number at
  /// the start of a line is a time in seconds.
  static final long LARGEST_TID = 1 << 22;

  private static final int MOST_DIGITS_OF_TID = 7;
  private static final int MOST_DIGITS_OF_SECONDS = 9;
  private static final int MOST_DIGITS_OF_FRACTION = 9;

  /// More than ` <0.000012>`.
  private static final int SHORT_TIME_BYTES = 11;

  private static final byte[] BRACKETED_PID = bytes("[pid ");
  private static final byte[] RESUMED_START = bytes("<... ");
  private static final byte[] RESUMED_END = bytes(" resumed>");
  private static final byte[] UNFINISHED_END = bytes("<unfinished ...>");
  private static final byte[] DETACHED_END = bytes("<detached ...>");
  private static final byte[] MOVED_START = bytes("<pid changed to ");
  private static final byte[] MOVED_END = bytes(" ...>");
  private static final byte[] EXITED_START = bytes("+++ exited with ");
  private static final byte[] KILLED_START = bytes("+++ killed by ");
  private static final byte[] SUPERSEDED_START = bytes("+++ superseded by execve in pid ");
  private static final byte[] EVENT_END = bytes(" +++");
  private static final byte[] SIGNAL_START = bytes("--- SIG");
  private static final byte[] STOPPED_START = bytes("--- stopped by ");
  private static final byte[] SIGNAL_NUMBER_START = bytes("--- ");
  private static final byte[] SIGNAL_END = bytes(" ---");
  private static final byte[] OWN_MESSAGE = bytes("strace: ");
  private static final byte[] PROCESS = bytes("Process ");
  private static final byte[] ATTACHED_END = bytes(" attached");
  private static final byte[] LET_GO_END = bytes(" detached");
  private static final byte[] STACK_FRAME = bytes(" > ");
  private static final byte[] PERSONALITY_START = bytes("[ Process PID=");
  private static final byte[] RUNS_IN = bytes(" runs in ");
  private static final byte[] MODE_END = bytes(" mode. ]");

  byte[] text = new byte[0];
  int start;
  int end;

  /// 0 where the log does not say, as one without `-f`.
  int tid;

  /// The thread's name as `-Y` writes it, without its angle brackets.
  int commandStart;

  int commandEnd;

  /// The time before the call.
  int stampStart;

  int stampEnd;
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

  /// The number in the line's text: of the thread whose execve ended this one, of the process
  /// attached to or of another personality.
  int otherTid;

  /// `32 bit`, as [Kind#PERSONALITY] tells it.
  int modeStart;

  int modeEnd;

  private int resultSigns;
  private int lastResultSign;
  private boolean alwaysReadArguments;

  /// Takes a line apart of which nothing is known yet.
  Kind parse(byte[] buffer, int from, int to) {
    return parse(buffer, from, to, -1, -1);
  }

  /// Takes a line apart that may be cut anywhere, so that what looks like its result may not be.
  Kind parseExactly(byte[] buffer, int from, int to) {
    alwaysReadArguments = true;
    try {
      return parse(buffer, from, to, -1, -1);
    } finally {
      alwaysReadArguments = false;
    }
  }

  /// Takes a line apart.
  ///
  /// @param signs in how many places of the line [#isResultSign]; -1 if they were not counted
  /// @param lastSign the last of them
  Kind parse(byte[] buffer, int from, int to, int signs, int lastSign) {
    resultSigns = signs;
    lastResultSign = lastSign;
    text = buffer;
    start = from;
    end = to;
    tid = 0;
    commandStart = -1;
    stampStart = -1;
    argumentsStart = -1;
    argumentsEnd = -1;
    wallNanos = -1;
    int body = skipPrefix(from);
    if (body >= to) {
      return body == from ? Kind.IRRELEVANT : Kind.NOT_UNDERSTOOD;
    }
    byte first = buffer[body];
    if (first >= 'a' && first <= 'z') {
      return first == 's' && startsWith(buffer, body, to, OWN_MESSAGE)
          ? parseMessage(body + OWN_MESSAGE.length)
          : parseCall(body);
    }
    return switch (first) {
      case '<' -> parseResumed(body);
      case '+' -> parseEvent(body);
      case '-' -> isSignal(body) ? Kind.IRRELEVANT : Kind.NOT_UNDERSTOOD;
      case '[' -> parsePersonality(body);
      case 'P' -> parseOldMessage(body);
      case '>' -> startsWith(buffer, from, to, STACK_FRAME) ? Kind.IRRELEVANT : Kind.NOT_UNDERSTOOD;
      default -> parseCall(body);
    };
  }

  /// Takes the line as the rest of a [Kind#BROKEN] one: [Kind#UNFINISHED] without more, or
  /// [Kind#RESUMED] or [Kind#CUT] without a name.
  Kind parseRest(byte[] buffer, int from, int to) {
    parse(buffer, to, to);
    start = from;
    int at = skipSpaces(from);
    if (at + UNFINISHED_END.length == to && startsWith(buffer, at, to, UNFINISHED_END)) {
      return Kind.UNFINISHED;
    }
    argumentsStart = from;
    return parseArgumentsAndResult(Kind.RESUMED);
  }

  /// Skips what stands before a call and returns where the call begins.
  private int skipPrefix(int from) {
    int at = from;
    if (at < end && isDigit(text[at])) {
      int number = 0;
      int digits = at;
      while (digits < end && isDigit(text[digits]) && digits - at <= MOST_DIGITS_OF_TID) {
        number = number * 10 + (text[digits++] - '0');
      }
      if (digits < end && (text[digits] == ' ' || text[digits] == '<') && number <= LARGEST_TID) {
        tid = number;
        at = text[digits] == ' ' ? digits : takeCommand(digits);
      }
    } else if (startsWith(text, at, end, BRACKETED_PID)) {
      int digits = skipSpaces(at + BRACKETED_PID.length);
      int digitsEnd = endOfDigits(text, digits, end);
      if (isTid(digits, digitsEnd)) {
        tid = (int) ByteText.number(text, digits, digitsEnd);
        at = digitsEnd < end && text[digitsEnd] == '<' ? takeCommand(digitsEnd) : digitsEnd;
        if (at < end && text[at] == ']') {
          at++;
        }
      }
    }
    at = skipSpaces(at);
    // A time: 12:00:00, 12:00:00.123456, 1700000000.123456, or 0.000012 since the last line.
    while (at < end && isDigit(text[at])) {
      int stamp = at;
      while (at + Long.BYTES <= end && ByteText.isEightOfTime(ByteText.eight(text, at))) {
        at += Long.BYTES;
      }
      while (at < end && (isDigit(text[at]) || text[at] == ':' || text[at] == '.')) {
        at++;
      }
      if (stampStart < 0) {
        stampStart = stamp;
        stampEnd = at;
      }
      at = skipSpaces(at);
    }
    while (at < end && text[at] == '[') {
      int behind = endOfNumberInBrackets(at);
      if (behind == at) {
        break;
      }
      at = skipSpaces(behind);
    }
    return at;
  }

  private boolean isTid(int digits, int digitsEnd) {
    return digitsEnd > digits
        && digitsEnd - digits <= MOST_DIGITS_OF_TID
        && ByteText.number(text, digits, digitsEnd) <= LARGEST_TID;
  }

  /// Takes `<comm>` and returns what is behind it.
  private int takeCommand(int open) {
    commandStart = open + 1;
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

  /// Behind `[ 13] ` or `[00007f3aef48111f] ` or `[????????????????] `; the bracket itself if it is
  /// another thing.
  private int endOfNumberInBrackets(int open) {
    int digits = skipSpaces(open + 1);
    int at = digits;
    while (at < end
        && (isDigit(text[at]) || (text[at] >= 'a' && text[at] <= 'f') || text[at] == '?')) {
      at++;
    }
    return at > digits && at + 1 < end && text[at] == ']' && text[at + 1] == ' ' ? at + 2 : open;
  }

  private Kind parseResumed(int body) {
    if (!startsWith(text, body, end, RESUMED_START)) {
      return Kind.NOT_UNDERSTOOD;
    }
    nameStart = body + RESUMED_START.length;
    nameEnd = endOfName(nameStart);
    if (nameEnd == nameStart || !startsWith(text, nameEnd, end, RESUMED_END)) {
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
    int digits = body + SUPERSEDED_START.length;
    return startsWith(text, body, end, SUPERSEDED_START)
            && takeOtherTid(digits, endOfDigits(text, digits, end))
        ? Kind.SUPERSEDED
        : Kind.NOT_UNDERSTOOD;
  }

  private boolean takeOtherTid(int digits, int digitsEnd) {
    if (!isTid(digits, digitsEnd)) {
      return false;
    }
    otherTid = (int) ByteText.number(text, digits, digitsEnd);
    return true;
  }

  private boolean isSignal(int body) {
    if (!endsWith(text, body, end, SIGNAL_END)) {
      return false;
    }
    return startsWith(text, body, end, SIGNAL_START)
        || startsWith(text, body, end, STOPPED_START)
        // A signal without a name: `--- 0x41 {si_signo=...} ---`.
        || (startsWith(text, body, end, SIGNAL_NUMBER_START)
            && isDigit(text[body + SIGNAL_NUMBER_START.length]));
  }

  /// `strace: Process 4711 attached with 3 threads`, and all else that strace has to say.
  private Kind parseMessage(int from) {
    if (!startsWith(text, from, end, PROCESS)) {
      return Kind.IRRELEVANT;
    }
    int digits = from + PROCESS.length;
    int digitsEnd = endOfDigits(text, digits, end);
    if (!takeOtherTid(digits, digitsEnd)) {
      return Kind.IRRELEVANT;
    }
    if (startsWith(text, digitsEnd, end, ATTACHED_END)) {
      return Kind.ATTACHED;
    }
    return startsWith(text, digitsEnd, end, LET_GO_END) ? Kind.LET_GO : Kind.IRRELEVANT;
  }

  /// strace before 4.21 did not write its own name before the message.
  private Kind parseOldMessage(int body) {
    Kind kind = startsWith(text, body, end, PROCESS) ? parseMessage(body) : Kind.IRRELEVANT;
    return kind == Kind.IRRELEVANT ? Kind.NOT_UNDERSTOOD : kind;
  }

  private Kind parsePersonality(int body) {
    if (!startsWith(text, body, end, PERSONALITY_START) || !endsWith(text, body, end, MODE_END)) {
      return Kind.NOT_UNDERSTOOD;
    }
    int digits = body + PERSONALITY_START.length;
    int digitsEnd = endOfDigits(text, digits, end);
    modeStart = digitsEnd + RUNS_IN.length;
    modeEnd = end - MODE_END.length;
    return startsWith(text, digitsEnd, end, RUNS_IN)
            && modeEnd > modeStart
            && takeOtherTid(digits, digitsEnd)
        ? Kind.PERSONALITY
        : Kind.NOT_UNDERSTOOD;
  }

  private Kind parseCall(int body) {
    nameStart = body;
    nameEnd = endOfName(body);
    if (nameEnd == body || nameEnd >= end || text[nameEnd] != '(') {
      return Kind.NOT_UNDERSTOOD;
    }
    argumentsStart = nameEnd + 1;
    byte last = text[end - 1];
    if (last == '>' && text[end - 2] == '.') {
      if (endsWith(text, argumentsStart, end, UNFINISHED_END)) {
        argumentsEnd = end - UNFINISHED_END.length;
        return Kind.UNFINISHED;
      }
      if (endsWith(text, argumentsStart, end, DETACHED_END)) {
        argumentsEnd = end - DETACHED_END.length;
        return Kind.DETACHED;
      }
      if (endsWith(text, argumentsStart, end, MOVED_END)) {
        int digits = startOfDigits(end - MOVED_END.length);
        if (isTid(digits, end - MOVED_END.length)
            && endsWith(text, argumentsStart, digits, MOVED_START)) {
          argumentsEnd = digits - MOVED_START.length;
          return Kind.MOVED;
        }
      }
    } else if (last == 'd' && endsWith(text, argumentsStart, end, ATTACHED_END)) {
      int digits = startOfDigits(end - ATTACHED_END.length);
      int process = digits - PROCESS.length;
      int message = process - OWN_MESSAGE.length;
      if (message >= argumentsStart
          && startsWith(text, message, end, OWN_MESSAGE)
          && startsWith(text, process, end, PROCESS)
          && takeOtherTid(digits, end - ATTACHED_END.length)) {
        argumentsEnd = message;
        return Kind.BROKEN;
      }
    }
    return parseArgumentsAndResult(Kind.CALL);
  }

  private int startOfDigits(int to) {
    int at = to;
    while (at > argumentsStart && isDigit(text[at - 1])) {
      at--;
    }
    return at;
  }

  /// The end of a syscall's name; strace writes `????` for one that it could not learn.
  private int endOfName(int from) {
    int at = endOfWord(text, from, end);
    if (at == from) {
      while (at < end && text[at] == '?') {
        at++;
      }
    }
    return at;
  }

  private Kind parseArgumentsAndResult(Kind kind) {
    int sign = resultSign();
    if (sign < 0) {
      argumentsEnd = end;
      return Kind.CUT;
    }
    int close = sign - 1;
    while (text[close] == ' ') {
      close--;
    }
    argumentsEnd = close;
    resultStart = sign + 2;
    resultEnd = end;
    takeTime();
    return kind;
  }

  /// Where the equals sign before the result stands, or -1.
  private int resultSign() {
    if (resultSigns == 1 && !alwaysReadArguments) {
      // The blanks before it may be all there is behind an earlier parenthesis.
      return isResultSign(text, lastResultSign, argumentsStart, end) ? lastResultSign : -1;
    }
    if (resultSigns == 0) {
      return -1;
    }
    int found = -1;
    int signs = 0;
    for (int at = argumentsStart + 1; at < end; at++) {
      if (text[at] == '=' && isResultSign(text, at, argumentsStart, end)) {
        signs++;
        found = at;
      }
    }
    if (signs == 0 || (signs == 1 && !alwaysReadArguments)) {
      return found;
    }
    int behind = skipSpaces(closingParenthesis(argumentsStart) + 1);
    return behind < end && text[behind] == '=' && isResultSign(text, behind, argumentsStart, end)
        ? behind
        : -1;
  }

  /// Whether an equals sign has a closing parenthesis and blanks before it, and a blank and more
  /// behind.
  ///
  /// @param from where the parenthesis may be first
  static boolean isResultSign(byte[] text, int sign, int from, int to) {
    if (sign + 2 >= to || sign <= from || text[sign + 1] != ' ' || text[sign - 1] != ' ') {
      return false;
    }
    int at = sign - 2;
    while (at >= from && text[at] == ' ') {
      at--;
    }
    return at >= from && text[at] == ')';
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
    if (end - resultStart > SHORT_TIME_BYTES
        && text[end - 10] == '<'
        && text[end - 11] == ' '
        && text[end - 8] == '.'
        && isDigit(text[end - 9])) {
      // Mostly it is `<0.000012>`: six digits, of which eight are made.
      long micros = ByteText.eightDigits(ByteText.eight(text, end - 8) >>> 8 << 16 | 0x3030);
      if (micros >= 0) {
        resultEnd = end - 11;
        wallNanos = (text[end - 9] - '0') * 1_000_000_000L + micros * 1_000;
        return;
      }
    }
    int at = end - 2;
    while (at > resultStart && (isDigit(text[at]) || text[at] == '.')) {
      at--;
    }
    if (at <= resultStart || text[at] != '<' || text[at - 1] != ' ') {
      return;
    }
    int seconds = endOfDigits(text, at + 1, end);
    if (seconds == at + 1 || seconds - at - 1 > MOST_DIGITS_OF_SECONDS) {
      return;
    }
    long nanos = ByteText.number(text, at + 1, seconds) * 1_000_000_000L;
    if (seconds < end - 1) {
      int fraction = seconds + 1;
      int fractionEnd = endOfDigits(text, fraction, end);
      if (fractionEnd != end - 1 || fractionEnd - fraction > MOST_DIGITS_OF_FRACTION) {
        return;
      }
      nanos += ByteText.fractionNanos(text, fraction, fractionEnd);
    }
    resultEnd = at - 1;
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
