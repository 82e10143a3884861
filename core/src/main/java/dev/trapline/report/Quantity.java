// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Numbers for people: three significant digits and a unit, `-` for what is unknown. For files that
/// programs read, write the plain number instead.
public final class Quantity {
  /// What stands for an unknown quantity; never a zero.
  public static final String UNKNOWN = "-";

  /// From here on three digits of a unit would read 1000: the next unit takes over.
  private static final double ROUNDS_UP = 999.5;

  private static final double ROUNDS_UP_BINARY = 1023.5;

  private Quantity() {}

  /// A count with thousands separators.
  public static String count(@Nullable Long value) {
    return value == null ? UNKNOWN : String.format(Locale.ROOT, "%,d", value);
  }

  /// A duration from nanoseconds: `184 ns`, `12.1 us`, `3.46 ms`, `2.04 s`.
  public static String nanos(@Nullable Long value) {
    return value == null ? UNKNOWN : nanos(value.doubleValue());
  }

  /// As [#nanos(Long)], for a mean.
  public static String nanos(double value) {
    if (value == 0) {
      return "0";
    }
    if (value < ROUNDS_UP) {
      return significant(value) + " ns";
    }
    if (value < ROUNDS_UP * 1e3) {
      return significant(value / 1e3) + " us";
    }
    return value < ROUNDS_UP * 1e6
        ? significant(value / 1e6) + " ms"
        : significant(value / 1e9) + " s";
  }

  /// A number of bytes in binary units: `43.2 KiB`.
  public static String bytes(double value) {
    if (value < ROUNDS_UP_BINARY) {
      return significant(value) + " B";
    }
    if (value < ROUNDS_UP_BINARY * 1024) {
      return significant(value / 1024) + " KiB";
    }
    return value < ROUNDS_UP_BINARY * (1L << 20)
        ? significant(value / (1L << 20)) + " MiB"
        : significant(value / (1L << 30)) + " GiB";
  }

  /// A rate of bits in decimal units, as networks are sold: `23.5 Gbit/s`.
  public static String bitRate(double bitsPerSecond) {
    if (bitsPerSecond < ROUNDS_UP * 1e3) {
      return significant(bitsPerSecond / 1e3) + " kbit/s";
    }
    return bitsPerSecond < ROUNDS_UP * 1e6
        ? significant(bitsPerSecond / 1e6) + " Mbit/s"
        : significant(bitsPerSecond / 1e9) + " Gbit/s";
  }

  /// A share as a percentage.
  public static String percent(double share) {
    double value = share * 100;
    return value > 0 && value < 0.1
        ? "<0.1%"
        : String.format(Locale.ROOT, value < 9.95 ? "%.1f%%" : "%.0f%%", value);
  }

  /// The shortest decimal of a number: `99`, `99.9`.
  public static String plain(double value) {
    return java.math.BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  /// Three significant digits, without an exponent.
  public static String significant(double value) {
    double magnitude = Math.abs(value);
    if (magnitude >= 1e6) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (magnitude >= 99.95) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    if (magnitude >= 9.995) {
      return String.format(Locale.ROOT, "%.1f", value);
    }
    if (magnitude >= 0.9995 || magnitude == 0) {
      return String.format(Locale.ROOT, "%.2f", value);
    }
    return magnitude >= 0.00995
        ? String.format(Locale.ROOT, "%.3f", value)
        : String.format(Locale.ROOT, "%.2g", value);
  }
}
