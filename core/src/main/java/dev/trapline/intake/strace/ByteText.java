// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Looks at text in a byte array without making strings of it.
final class ByteText {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final boolean[] WORD = new boolean[256];

  static {
    for (int character = 0; character < WORD.length; character++) {
      WORD[character] =
          (character >= 'a' && character <= 'z')
              || (character >= 'A' && character <= 'Z')
              || (character >= '0' && character <= '9')
              || character == '_';
    }
  }

  private ByteText() {}

  /// Eight bytes, the first one lowest.
  static long eight(byte[] text, int at) {
    return (long) LONGS.get(text, at);
  }

  /// Eight times the same byte.
  static long repeated(char character) {
    return character * LOW_BITS;
  }

  /// The highest bit of each byte that is zero, exact for the lowest such byte; higher ones may be
  /// set by a borrow (Hacker's Delight, 6-1).
  static long zeroBytes(long word) {
    return (word - LOW_BITS) & ~word & HIGH_BITS;
  }

  /// Whether eight bytes are all digits, points and colons: of a time.
  static boolean isEightOfTime(long word) {
    // 0x2e to 0x3a without the slash between. No byte's sum reaches the next while none has its
    // highest bit.
    return (word & HIGH_BITS) == 0
        && ((word + (0x80 - '.') * LOW_BITS) & HIGH_BITS) == HIGH_BITS
        && ((word + (0x80 - ':' - 1) * LOW_BITS) & HIGH_BITS) == 0
        && zeroBytes(word ^ repeated('/')) == 0;
  }

  /// The value of eight decimal digits, -1 if they are not (the steps are those of
  /// <https://kholdstare.github.io/technical/2020/05/26/faster-integer-parsing.html>).
  static long eightDigits(long word) {
    boolean areDigits =
        (word & 0xF0F0F0F0F0F0F0F0L) == 0x3030303030303030L
            && ((word + 0x0606060606060606L) & 0xF0F0F0F0F0F0F0F0L) == 0x3030303030303030L;
    if (!areDigits) {
      return -1;
    }
    long pairs = word - 0x3030303030303030L;
    pairs = pairs * 10 + (pairs >>> 8);
    long even = (pairs & 0x000000FF000000FFL) * (100 + (1_000_000L << 32));
    long odd = ((pairs >>> 16) & 0x000000FF000000FFL) * (1 + (10_000L << 32));
    return (even + odd) >>> 32;
  }

  /// Whether `word` stands at a position, all of it before the end.
  static boolean startsWith(byte[] text, int from, int to, byte[] word) {
    int length = word.length;
    if (to - from < length) {
      return false;
    }
    if (length >= Long.BYTES) {
      int at = 0;
      for (; at < length - Long.BYTES; at += Long.BYTES) {
        if (eight(text, from + at) != eight(word, at)) {
          return false;
        }
      }
      at = length - Long.BYTES;
      return eight(text, from + at) == eight(word, at);
    }
    for (int at = 0; at < length; at++) {
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
    return WORD[character & 0xff];
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
