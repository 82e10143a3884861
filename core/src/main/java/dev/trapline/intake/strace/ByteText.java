// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import java.nio.charset.StandardCharsets;

/// Looks at text in a byte array without making strings of it.
final class ByteText {
  private ByteText() {}

  /// Whether `word` stands at a position, all of it before the end.
  static boolean startsWith(byte[] text, int from, int to, byte[] word) {
    if (to - from < word.length) {
      return false;
    }
    for (int at = 0; at < word.length; at++) {
      if (text[from + at] != word[at]) {
        return false;
      }
    }
    return true;
  }

  /// Whether the text before `to` ends in `word`.
  static boolean endsWith(byte[] text, int from, int to, byte[] word) {
    return to - word.length >= from && startsWith(text, to - word.length, to, word);
  }

  /// Where `word` stands first, or -1.
  static int indexOf(byte[] text, int from, int to, byte[] word) {
    for (int at = from; at <= to - word.length; at++) {
      if (text[at] == word[0] && startsWith(text, at, to, word)) {
        return at;
      }
    }
    return -1;
  }

  static boolean isDigit(byte character) {
    return character >= '0' && character <= '9';
  }

  /// A letter, digit or underscore: what names of syscalls, errors and requests are made of.
  static boolean isWord(byte character) {
    return (character >= 'a' && character <= 'z')
        || (character >= 'A' && character <= 'Z')
        || isDigit(character)
        || character == '_';
  }

  /// The end of the run of digits that begins at a position.
  static int endOfDigits(byte[] text, int from, int to) {
    int at = from;
    while (at < to && isDigit(text[at])) {
      at++;
    }
    return at;
  }

  /// The end of the run of word characters that begins at a position.
  static int endOfWord(byte[] text, int from, int to) {
    int at = from;
    while (at < to && isWord(text[at])) {
      at++;
    }
    return at;
  }

  /// The value of a run of decimal digits; silently wrong beyond 63 bits, which no count of
  /// strace's reaches.
  static long number(byte[] text, int from, int to) {
    long value = 0;
    for (int at = from; at < to; at++) {
      value = value * 10 + (text[at] - '0');
    }
    return value;
  }

  private static final int[] NANOS_PER_UNIT = {
    1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1
  };

  /// Up to nine digits behind a decimal point, as nanoseconds.
  static long fractionNanos(byte[] text, int from, int to) {
    return number(text, from, to) * NANOS_PER_UNIT[to - from];
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// The text, with the octal escapes undone by which strace writes what is not printable.
  static String unescaped(byte[] text, int from, int to) {
    byte[] plain = new byte[to - from];
    int length = 0;
    int at = from;
    while (at < to) {
      byte character = text[at++];
      if (character == '\\' && at < to) {
        if (isDigit(text[at])) {
          int value = 0;
          for (int digits = 0; digits < 3 && at < to && isDigit(text[at]); digits++) {
            value = value * 8 + (text[at++] - '0');
          }
          character = (byte) value;
        } else {
          character =
              switch (text[at]) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                case 'v' -> 0x0b;
                case 'f' -> '\f';
                default -> text[at];
              };
          at++;
        }
      }
      plain[length++] = character;
    }
    return new String(plain, 0, length, StandardCharsets.UTF_8);
  }
}
