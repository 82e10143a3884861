// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static dev.trapline.intake.strace.ByteText.endOfDigits;

import dev.trapline.intake.strace.ChunkSummary.Stamps;

/// The time before a call: `06:10:41`, `06:10:41.123456` (options `-t`, `-tt`), `1795413936.209320`
/// (`-ttt`), `0.000012` (`-r`).
final class Stamp {
  static final long DAY_NANOS = 24 * 3600 * 1_000_000_000L;

  /// 1973 or later; nobody waits as long between two calls.
  private static final long FIRST_EPOCH_SECONDS = 100_000_000;

  private static final int MOST_DIGITS_OF_SECONDS = 10;
  private static final int MOST_DIGITS_OF_FRACTION = 9;

  private Stamp() {}

  static Stamps form(byte[] text, int from, int to) {
    int seconds = endOfDigits(text, from, to);
    if (seconds - from > MOST_DIGITS_OF_SECONDS) {
      return Stamps.MIXED;
    }
    if (seconds < to && text[seconds] == ':') {
      return hour(text, from, to) < 0 ? Stamps.MIXED : Stamps.DAY;
    }
    return ByteText.number(text, from, seconds) >= FIRST_EPOCH_SECONDS
        ? Stamps.EPOCH
        : Stamps.RELATIVE;
  }

  /// Nanoseconds since 1970, since midnight or since the line before; what is no time is 0.
  static long nanos(byte[] text, int from, int to) {
    long seconds = 0;
    int at = from;
    while (at < to) {
      int digits = endOfDigits(text, at, to);
      if (digits - at > MOST_DIGITS_OF_SECONDS) {
        return 0;
      }
      seconds = seconds * 60 + ByteText.number(text, at, digits);
      if (seconds > 100 * FIRST_EPOCH_SECONDS) {
        return 0;
      }
      at = digits;
      if (at >= to || text[at] != ':') {
        break;
      }
      at++;
    }
    long nanos = seconds * 1_000_000_000L;
    if (at < to && text[at] == '.') {
      int fraction = at + 1;
      int fractionEnd =
          Math.min(endOfDigits(text, fraction, to), fraction + MOST_DIGITS_OF_FRACTION);
      nanos += ByteText.fractionNanos(text, fraction, fractionEnd);
    }
    return nanos;
  }

  /// The hour of `06:10:41`, or -1.
  static int hour(byte[] text, int from, int to) {
    return to - from >= 8 && text[from + 2] == ':' && text[from + 5] == ':'
        ? (int) ByteText.number(text, from, from + 2)
        : -1;
  }

  /// A day, if midnight is between two hours of successive lines. A clock may be set back a little,
  /// and lines of two threads may be swapped, hence one hour back is none.
  static long midnightBetween(int before, int after) {
    return before >= 0 && after >= 0 && after < before - 1 ? DAY_NANOS : 0;
  }
}
