// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Figure;
import java.util.List;
import java.util.Locale;

/// How figures of an audit are written: with as many digits as tell them from what was claimed.
final class Digits {
  private static final int SIGNIFICANT = 3;

  private Digits() {}

  /// Places after the point: three significant digits, and one more than the claim has.
  static int decimals(double value, Figure stated) {
    return Math.max(decimals(value), Math.max(0, stated.value().scale()) + 1);
  }

  private static int decimals(double value) {
    int magnitude = value == 0 ? 0 : (int) Math.floor(Math.log10(Math.abs(value)));
    return Math.max(0, SIGNIFICANT - 1 - magnitude);
  }

  /// Places after the point of a figure whose last digit has this unit, such as 0.1.
  static int decimalsOf(double unit) {
    return unit > 0 ? Math.max(0, (int) Math.round(-Math.log10(unit))) : 0;
  }

  /// With separators: `1,900,000`, `46.5`.
  static String number(double value, int decimals) {
    String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
    // A zero that was rounded from below has no sign.
    return text.matches("-[0.]+") ? text.substring(1) : text;
  }

  /// Three significant digits.
  static String number(double value) {
    return number(value, decimals(value));
  }

  static String count(double value) {
    return number(value, 0);
  }

  /// Seconds, to the hundredth.
  static String seconds(Bounds seconds) {
    return number(seconds.value(), 2) + " s" + range(seconds, 2);
  }

  /// `+0.73`.
  static String signed(double value) {
    return (value < 0 ? "" : "+") + number(value, 2);
  }

  /// `p = 0.27`, `p = 0.083`, `p < 0.001`.
  static String probability(double p) {
    if (p < 0.001) {
      return "p < 0.001";
    }
    return "p = " + number(p, p < 0.1 ? 3 : 2);
  }

  /// ` (1,850,000 to 1,950,000)`; empty where rounding does not show in these digits.
  static String range(Bounds bounds, int decimals) {
    String low = number(bounds.low(), decimals);
    String high = number(bounds.high(), decimals);
    return low.equals(high) ? "" : " (" + low + " to " + high + ")";
  }

  /// A count with its range.
  static String count(Bounds bounds) {
    return count(bounds.value()) + range(bounds, 0);
  }

  /// A figure with unit and range: `46.5 kB per call, 45.2 to 47.7 as the figures are rounded`.
  static String measured(Bounds bounds, int decimals, String unit) {
    String low = number(bounds.low(), decimals);
    String high = number(bounds.high(), decimals);
    String value = withUnit(number(bounds.value(), decimals), unit);
    return low.equals(high)
        ? value
        : value + ", " + low + " to " + high + " as the figures are rounded";
  }

  static String withUnit(String number, String unit) {
    if (unit.isEmpty()) {
      return number;
    }
    return unit.startsWith("%") ? number + unit : number + " " + unit;
  }

  /// `a`, `a and b`, `a, b and c`.
  static String list(List<String> names) {
    return switch (names.size()) {
      case 0 -> "none";
      case 1 -> names.getFirst();
      default -> String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.getLast();
    };
  }

  /// With a capital letter and a full stop.
  static String sentence(String text) {
    if (text.isBlank()) {
      return text;
    }
    int first = text.codePointAt(0);
    String capital =
        Character.toString(Character.toUpperCase(first))
            + text.substring(Character.charCount(first));
    return capital.endsWith(".") ? capital : capital + ".";
  }
}
