// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static dev.trapline.intake.perf.TextLines.endOfBlanks;
import static dev.trapline.intake.perf.TextLines.endOfDigits;
import static dev.trapline.intake.perf.TextLines.isDigit;

import dev.trapline.reading.ForeignPrefix;
import org.jspecify.annotations.Nullable;

/// Takes one line of `perf script` apart. One object serves many lines; its fields are those of the
/// line parsed last.
///
/// ```
///        sh  1066 [000] 11446.343562: raw_syscalls:sys_enter: NR 12 (0, 7ffeca154ccc, 0, 37f, 0, 0)
///        sh  1066/1066  [000] 11446.343563123:     1  raw_syscalls:sys_exit: NR 12 = 94314879922176
///        sh  1076 [000] 11447.701043:     syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffc, count: 0x340
///        sh  1076 [000] 11447.701045:      syscalls:sys_exit_read: 0x340
///        sh  1076 [000] 11447.701045: PERF_RECORD_COMM exec: ls:1076/1076
/// ```
///
/// Format: `perf_sample__fprintf_start` and `process_event` in perf's `builtin-script.c`; which
/// fields there are is told by its option `-F`. The name of the thread may hold anything, so what
/// stands before the event is read from its end.
final class PerfScriptLine {
  enum Kind {
    /// A call begins, told by its number.
    RAW_BEGIN,
    /// A call ends, told by its number.
    RAW_END,
    /// A call begins, told by its name.
    NAMED_BEGIN,
    /// A call ends, told by its name.
    NAMED_END,
    /// A thread has a name.
    NAME,
    /// A thread was made.
    FORK,
    /// A thread has ended.
    END_OF_THREAD,
    /// Events were lost, as it happened.
    LOST,
    /// Events were lost, in total.
    LOST_TOTAL,
    /// Another record of perf, such as a mapping.
    OTHER_RECORD,
    /// An event that is no syscall.
    OTHER_EVENT,
    NOT_UNDERSTOOD
  }

  private static final String BEGIN = "syscalls:sys_enter";
  private static final String END = "syscalls:sys_exit";
  private static final String RAW = "raw_";
  private static final String NUMBER = "NR ";
  private static final String RECORD = "PERF_RECORD_";
  private static final int NANOS_PER_MICROSECOND = 1000;

  /// proc(5): a thread's name has up to 15 bytes.
  private static final int LONGEST_NAME_BYTES = 15;

  private String line = "";

  /// [CallPairing#NO_TIME] where the line tells none.
  long timeNanos;

  /// 0 where the line does not tell it.
  int pid;

  int tid;

  /// Undecoded; null where the line tells none.
  @Nullable String comm;

  /// Of a raw event; -1 for no call.
  int number;

  /// Of a raw begin.
  long secondArgument;

  /// Of an end.
  long result;

  /// Of a named event.
  String call = "";

  private int contentFrom;

  /// Of a record that names a thread or makes one.
  String newName = "";

  boolean byExec;
  int subjectPid;
  int subjectTid;
  int parentTid;
  long lost;

  Kind parse(String text) {
    line = text;
    int event = line.indexOf(BEGIN);
    if (event >= 0) {
      return parseCall(event, event + BEGIN.length(), true);
    }
    event = line.indexOf(END);
    if (event >= 0) {
      return parseCall(event, event + END.length(), false);
    }
    event = line.indexOf(RECORD);
    if (event >= 0) {
      return parseHead(event) ? parseRecord(event + RECORD.length()) : Kind.NOT_UNDERSTOOD;
    }
    return isOtherEvent() ? Kind.OTHER_EVENT : Kind.NOT_UNDERSTOOD;
  }

  private Kind parseCall(int event, int behindEvent, boolean isBegin) {
    if (behindEvent >= line.length()) {
      return Kind.NOT_UNDERSTOOD;
    }
    if (line.charAt(behindEvent) == ':') {
      boolean isRaw = line.startsWith(RAW, event - RAW.length());
      int content = endOfBlanks(line, behindEvent + 1);
      if (!isRaw || !line.startsWith(NUMBER, content) || !parseHead(event - RAW.length())) {
        return Kind.NOT_UNDERSTOOD;
      }
      return parseRaw(content + NUMBER.length(), isBegin);
    }
    if (line.charAt(behindEvent) != '_') {
      return Kind.NOT_UNDERSTOOD;
    }
    int nameEnd = TextLines.endOfWord(line, behindEvent);
    if (nameEnd == behindEvent + 1
        || nameEnd >= line.length()
        || line.charAt(nameEnd) != ':'
        || !parseHead(event)) {
      return Kind.NOT_UNDERSTOOD;
    }
    call = line.substring(behindEvent + 1, nameEnd);
    contentFrom = endOfBlanks(line, nameEnd + 1);
    if (isBegin) {
      return Kind.NAMED_BEGIN;
    }
    return parseValue(contentFrom) ? Kind.NAMED_END : Kind.NOT_UNDERSTOOD;
  }

  private Kind parseRaw(int from, boolean isBegin) {
    boolean isNegative = line.startsWith("-", from);
    int digits = isNegative ? from + 1 : from;
    int end = endOfDigits(line, digits);
    long value = TextLines.number(line, digits, end);
    if (value < 0 || value > Integer.MAX_VALUE) {
      return Kind.NOT_UNDERSTOOD;
    }
    number = isNegative ? -1 : (int) value;
    if (!isBegin) {
      return line.startsWith(" = ", end) && parseValue(end + 3)
          ? Kind.RAW_END
          : Kind.NOT_UNDERSTOOD;
    }
    int open = end + 1;
    int comma = line.indexOf(',', end);
    if (!line.startsWith(" (", end) || comma < 0 || line.lastIndexOf(')') < comma) {
      return Kind.NOT_UNDERSTOOD;
    }
    int second = endOfBlanks(line, comma + 1);
    int secondEnd = endOfHex(second);
    if (endOfHex(open + 1) != comma || secondEnd == second || secondEnd - second > 16) {
      return Kind.NOT_UNDERSTOOD;
    }
    secondArgument = Long.parseUnsignedLong(line, second, secondEnd, 16);
    return Kind.RAW_BEGIN;
  }

  private int endOfHex(int from) {
    int at = from;
    while (at < line.length() && Character.digit(line.charAt(at), 16) >= 0) {
      at++;
    }
    return at;
  }

  /// A result, decimal or as 64 bits in hexadecimal with `0x`, and nothing behind it.
  private boolean parseValue(int from) {
    int end = line.length();
    while (end > from && line.charAt(end - 1) == ' ') {
      end--;
    }
    try {
      result =
          line.startsWith("0x", from)
              ? Long.parseUnsignedLong(line, from + 2, end, 16)
              : Long.parseLong(line, from, end, 10);
      return true;
    } catch (NumberFormatException | IndexOutOfBoundsException noNumber) {
      return false;
    }
  }

  /// Reads what stands before the event, from its end: period, time, flags, CPU, thread, name.
  ///
  /// @return whether there is a thread
  private boolean parseHead(int event) {
    timeNanos = CallPairing.NO_TIME;
    int end = trimmed(event);
    int start = startOfWord(end);
    if (isPeriod(start, end)) {
      end = trimmed(start);
      start = startOfWord(end);
    }
    if (end > start && line.charAt(end - 1) == ':') {
      timeNanos = time(start, end - 1);
      if (timeNanos < 0) {
        return false;
      }
      end = trimmed(start);
      start = startOfWord(end);
    }
    // Up to two words of flags, such as `K` (-F misc) and `d..1.`, may stand between CPU and time.
    int cpu = -1;
    int wordStart = start;
    int wordEnd = end;
    for (int words = 0; words < 3 && cpu < 0 && wordEnd > wordStart; words++) {
      if (isCpu(wordStart, wordEnd)) {
        cpu = wordStart;
      } else {
        wordEnd = trimmed(wordStart);
        wordStart = startOfWord(wordEnd);
      }
    }
    if (cpu >= 0) {
      end = trimmed(cpu);
      start = startOfWord(end);
    }
    return parseThread(start, end);
  }

  private boolean parseThread(int start, int end) {
    int slash = line.indexOf('/', start);
    int numbersFrom = start;
    pid = 0;
    if (slash >= 0 && slash < end) {
      long process = TextLines.number(line, start, slash);
      if (process < 0 || process > Integer.MAX_VALUE) {
        return false;
      }
      pid = (int) process;
      numbersFrom = slash + 1;
    }
    long thread = TextLines.number(line, numbersFrom, end);
    if (thread < 0 || thread > Integer.MAX_VALUE) {
      return false;
    }
    tid = (int) thread;
    int nameEnd = trimmed(start);
    int name = endOfBlanks(line, 0);
    comm = name < nameEnd ? line.substring(name, nameEnd) : null;
    return comm == null || !hasPrefix(comm);
  }

  /// Whether the name is none, but has a runner's prefix before it.
  private boolean hasPrefix(String name) {
    return name.length() > LONGEST_NAME_BYTES
        || (line.charAt(0) != ' ' && name.indexOf(' ') > 0 && ForeignPrefix.end(line) > 0);
  }

  /// Whether digits stand behind the time.
  private boolean isPeriod(int start, int end) {
    if (end == start || endOfDigits(line, start) != end) {
      return false;
    }
    int before = trimmed(start);
    return before > 0
        && line.charAt(before - 1) == ':'
        && time(startOfWord(before), before - 1) >= 0;
  }

  private boolean isCpu(int start, int end) {
    return line.charAt(start) == '['
        && end > start + 2
        && endOfDigits(line, start + 1) == end - 1
        && line.charAt(end - 1) == ']';
  }

  /// Seconds with 6 or 9 decimals; -1 if it is not that.
  private long time(int from, int to) {
    long micros = TextLines.fixedPoint(line, from, to, 6);
    if (micros >= 0) {
      return micros > Long.MAX_VALUE / NANOS_PER_MICROSECOND ? -1 : micros * NANOS_PER_MICROSECOND;
    }
    return TextLines.fixedPoint(line, from, to, 9);
  }

  private int trimmed(int end) {
    int at = end;
    while (at > 0 && line.charAt(at - 1) == ' ') {
      at--;
    }
    return at;
  }

  private int startOfWord(int end) {
    int at = end;
    while (at > 0 && line.charAt(at - 1) != ' ') {
      at--;
    }
    return at;
  }

  private Kind parseRecord(int from) {
    int end = TextLines.endOfWord(line, from);
    String record = line.substring(from, end);
    return switch (record) {
      case "COMM" -> parseName(end);
      case "FORK" -> parseTask(end) ? Kind.FORK : Kind.NOT_UNDERSTOOD;
      case "EXIT" -> parseTask(end) ? Kind.END_OF_THREAD : Kind.NOT_UNDERSTOOD;
      case "LOST" -> parseLost(end) ? Kind.LOST : Kind.NOT_UNDERSTOOD;
      case "LOST_SAMPLES" -> parseLost(end) ? Kind.LOST_TOTAL : Kind.NOT_UNDERSTOOD;
      default -> Kind.OTHER_RECORD;
    };
  }

  /// ` exec: name:pid/tid`
  private Kind parseName(int from) {
    byExec = line.startsWith(" exec", from);
    int colon = line.indexOf(": ", from);
    int numbers = line.lastIndexOf(':');
    int slash = line.lastIndexOf('/');
    if (colon < 0 || numbers < colon + 2 || !parseSubject(numbers + 1, slash, line.length())) {
      return Kind.NOT_UNDERSTOOD;
    }
    newName = line.substring(colon + 2, numbers);
    return Kind.NAME;
  }

  /// `(pid:tid):(parent's pid:parent's tid)`
  private boolean parseTask(int from) {
    int colon = line.indexOf(':', from);
    int close = line.indexOf(')', from);
    int parentColon = line.lastIndexOf(':');
    int parentClose = line.lastIndexOf(')');
    if (!line.startsWith("(", from)
        || !parseSubject(from + 1, colon, close)
        || parentColon <= close
        || parentClose < parentColon) {
      return false;
    }
    long parent = TextLines.number(line, parentColon + 1, parentClose);
    parentTid = parent < 0 || parent > Integer.MAX_VALUE ? 0 : (int) parent;
    return true;
  }

  /// ` lost 17`
  private boolean parseLost(int from) {
    int word = line.indexOf(" lost ", from);
    int digits = word + " lost ".length();
    lost = word < 0 ? -1 : TextLines.number(line, digits, endOfDigits(line, digits));
    return lost >= 0;
  }

  /// A process and a thread with one character between them.
  private boolean parseSubject(int from, int between, int to) {
    if (between < from || between >= to) {
      return false;
    }
    int end = endOfDigits(line, between + 1);
    long process = TextLines.number(line, from, between);
    long thread = TextLines.number(line, between + 1, end);
    boolean isThread =
        process >= 0 && process <= Integer.MAX_VALUE && thread >= 0 && thread <= Integer.MAX_VALUE;
    subjectPid = isThread ? (int) process : 0;
    subjectTid = isThread ? (int) thread : 0;
    return isThread;
  }

  /// Whether the line has a thread, a CPU, a time and the name of an event.
  private boolean isOtherEvent() {
    int colon = line.indexOf(": ");
    while (colon > 0) {
      if (isDigit(line.charAt(colon - 1))) {
        int name = endOfBlanks(line, colon + 1);
        if (name < line.length() && isDigit(line.charAt(name))) {
          name = endOfBlanks(line, endOfDigits(line, name));
        }
        int nameEnd = name;
        while (nameEnd < line.length() && line.charAt(nameEnd) != ' ') {
          nameEnd++;
        }
        if (nameEnd > name + 1 && line.charAt(nameEnd - 1) == ':' && parseHead(name)) {
          return timeNanos >= 0;
        }
      }
      colon = line.indexOf(": ", colon + 1);
    }
    return false;
  }

  /// The value of an argument of a named begin, null if it has none of this name.
  @Nullable String argument(String nameAndColon) {
    int at = line.indexOf(nameAndColon, contentFrom);
    while (at >= 0) {
      if (at == contentFrom || line.startsWith(", ", at - 2)) {
        int value = endOfBlanks(line, at + nameAndColon.length());
        int comma = line.indexOf(',', value);
        return line.substring(value, comma < 0 ? line.length() : comma).strip();
      }
      at = line.indexOf(nameAndColon, at + 1);
    }
    return null;
  }
}
