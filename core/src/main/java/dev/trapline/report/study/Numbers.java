// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.study.Figure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/// Numbers of a study for people: published ones with all their digits, computed ones with three.
final class Numbers {
  private static final MathContext THREE = new MathContext(3);
  private static final double FROM_HERE_WITHOUT_FRACTION = 100;
  private static final double FROM_HERE_WITH_EXPONENT = 1e15;

  private Numbers() {}

  /// As published, with separators in what is before the point: `about 1,900,000`, `9.60`.
  static String published(Figure figure) {
    return (figure.rounded() ? "about " : "") + digits(figure.value());
  }

  private static String digits(BigDecimal value) {
    return value.scale() > 0
        ? value.toPlainString()
        : String.format(Locale.ROOT, "%,d", value.toBigInteger());
  }

  /// Three significant digits: `23,100`, `3.04`, `0.00662`.
  static String computed(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : "-";
    }
    BigDecimal three = new BigDecimal(value).round(THREE);
    double magnitude = Math.abs(three.doubleValue());
    if (magnitude >= FROM_HERE_WITH_EXPONENT || magnitude < 1e-4) {
      return String.format(Locale.ROOT, "%.1e", value);
    }
    if (magnitude >= FROM_HERE_WITHOUT_FRACTION) {
      return String.format(Locale.ROOT, "%,d", three.toBigInteger());
    }
    return three
        .setScale(Math.max(0, 2 - exponent(three)), java.math.RoundingMode.HALF_UP)
        .toPlainString();
  }

  private static int exponent(BigDecimal value) {
    return value.precision() - value.scale() - 1;
  }

  /// Rounded to a whole number: `32`.
  static String whole(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  /// Bytes in decimal and in binary units: `46.5 kB (45.4 KiB)`.
  static String bytes(double bytes) {
    return decimalBytes(bytes) + (bytes < 1000 ? "" : " (" + binaryBytes(bytes) + ")");
  }

  /// `46.5 kB`.
  static String decimalBytes(double bytes) {
    return withPrefix(bytes, 1000, new String[] {"B", "kB", "MB", "GB", "TB"});
  }

  private static String binaryBytes(double bytes) {
    return withPrefix(bytes, 1024, new String[] {"B", "KiB", "MiB", "GiB", "TiB"});
  }

  private static String withPrefix(double bytes, double step, String[] names) {
    double value = bytes;
    int prefix = 0;
    while (value >= step && prefix < names.length - 1) {
      value /= step;
      prefix++;
    }
    return computed(value) + " " + names[prefix];
  }

  /// `0.97 to 1.03`, or nothing if both ends are written alike.
  static String range(double low, double high) {
    String from = computed(low);
    String to = computed(high);
    return from.equals(to) ? "" : " (" + from + " to " + to + " within the rounding)";
  }

  /// `12.3%`, `0.400%`, `<0.1%`.
  static String percent(double share) {
    return share > 0 && share < 0.001 ? "<0.1%" : computed(share * 100) + "%";
  }
}
