// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.trapline.reading.SkippedLines;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// The lines of a stream one after the other, in constant memory. Each byte is one character, which
/// costs next to nothing to make and keeps what is no UTF-8; [#decoded] gives what was meant.
/// Terminals' colours and carriage returns are taken off.
final class TextLines {
  /// perf writes no line that is longer; of one that is, the rest is dropped.
  private static final int LONGEST_LINE_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final char ESCAPE = 0x1b;

  private final InputStream stream;
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int to;
  private boolean atEnd;
  private long number;
  private boolean unterminated;

  TextLines(InputStream stream) {
    this.stream = stream;
  }

  /// The next line, null if there is none.
  @Nullable String next() throws IOException {
    int scanned = from;
    while (true) {
      for (int at = scanned; at < to; at++) {
        if (buffer[at] == '\n') {
          String line = line(from, at);
          from = at + 1;
          return line;
        }
      }
      scanned = fill(to);
      if (atEnd) {
        if (from == to) {
          return null;
        }
        unterminated = true;
        String line = line(from, to);
        from = to;
        return line;
      }
    }
  }

  /// Makes room behind what is not yet given out and reads there.
  ///
  /// @return where the new bytes begin
  private int fill(int scannedTo) throws IOException {
    int length = scannedTo - from;
    if (length >= LONGEST_LINE_BYTES) {
      length = LONGEST_LINE_BYTES / 2;
    }
    if (length > buffer.length / 2) {
      byte[] larger = new byte[2 * buffer.length];
      System.arraycopy(buffer, from, larger, 0, length);
      buffer = larger;
    } else {
      System.arraycopy(buffer, from, buffer, 0, length);
    }
    from = 0;
    to = length;
    int count = stream.read(buffer, to, buffer.length - to);
    atEnd = count < 0;
    to += Math.max(count, 0);
    return length;
  }

  private String line(int start, int end) {
    number++;
    int last = end > start && buffer[end - 1] == '\r' ? end - 1 : end;
    String line = new String(buffer, start, last - start, ISO_8859_1);
    return line.indexOf(ESCAPE) < 0 ? line : withoutColours(line);
  }

  /// Takes `ESC [ ... m` off.
  private static String withoutColours(String line) {
    StringBuilder plain = new StringBuilder(line.length());
    int at = 0;
    while (at < line.length()) {
      char character = line.charAt(at);
      if (character == ESCAPE && at + 1 < line.length() && line.charAt(at + 1) == '[') {
        int end = at + 2;
        while (end < line.length() && (isDigit(line.charAt(end)) || line.charAt(end) == ';')) {
          end++;
        }
        if (end < line.length() && line.charAt(end) == 'm') {
          at = end + 1;
          continue;
        }
      }
      plain.append(character);
      at++;
    }
    return plain.toString();
  }

  /// The number of the line that [#next] gave last, from 1; how many there were, at the end.
  long number() {
    return number;
  }

  /// Whether the last line has no newline.
  boolean isUnterminated() {
    return unterminated;
  }

  static String decoded(String line) {
    for (int at = 0; at < line.length(); at++) {
      if (line.charAt(at) >= 0x80) {
        return new String(line.getBytes(ISO_8859_1), UTF_8);
      }
    }
    return line;
  }

  /// Keeps a line that was not understood.
  SkippedLines skipped(SkippedLines before, String line) {
    return before.with(number, line);
  }

  static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }

  /// A letter, digit or underscore: what names of syscalls are made of.
  static boolean isWord(char character) {
    return (character >= 'a' && character <= 'z')
        || (character >= 'A' && character <= 'Z')
        || isDigit(character)
        || character == '_';
  }

  static int endOfDigits(String line, int from) {
    int at = from;
    while (at < line.length() && isDigit(line.charAt(at))) {
      at++;
    }
    return at;
  }

  static int endOfWord(String line, int from) {
    int at = from;
    while (at < line.length() && isWord(line.charAt(at))) {
      at++;
    }
    return at;
  }

  static int endOfBlanks(String line, int from) {
    int at = from;
    while (at < line.length() && line.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  /// Whether a line is one of a call chain below an event: `7f02 read+0x10 (/lib/libc.so.6)`, `[0]
  /// ([unknown])`, indented, or a blank one.
  static boolean isOfCallChain(String line) {
    if (line.isBlank()) {
      return true;
    }
    char first = line.charAt(0);
    return (first == ' ' || first == '\t') && line.endsWith(")") && line.contains(" (");
  }

  /// A number with a fixed count of decimals as that many smaller units, such as milliseconds with
  /// 3 decimals as microseconds; -1 if it is not one or beyond 18 digits.
  static long fixedPoint(String text, int from, int to, int decimals) {
    int point = to - decimals - 1;
    if (point <= from || text.charAt(point) != '.' || to - from > 19) {
      return -1;
    }
    long value = 0;
    for (int at = from; at < to; at++) {
      char character = text.charAt(at);
      if (at != point) {
        if (!isDigit(character)) {
          return -1;
        }
        value = value * 10 + (character - '0');
      }
    }
    return value;
  }

  /// A whole number of up to 18 digits, -1 if it is not one.
  static long number(String text, int from, int to) {
    if (to <= from || to - from > 18) {
      return -1;
    }
    long value = 0;
    for (int at = from; at < to; at++) {
      char character = text.charAt(at);
      if (!isDigit(character)) {
        return -1;
      }
      value = value * 10 + (character - '0');
    }
    return value;
  }
}
