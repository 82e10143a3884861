// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Amounts with their units, as people write them: `30s`, `128KiB`, `2.5Gbit/s`, `5%`.
final class Amounts {
  private static final Pattern AMOUNT =
      Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?) ?([a-zA-Z/%]*)");

  private static final Map<String, BigDecimal> MILLIS =
      Map.of(
          "", BigDecimal.valueOf(1000),
          "ms", BigDecimal.ONE,
          "s", BigDecimal.valueOf(1000),
          "min", BigDecimal.valueOf(60_000),
          "h", BigDecimal.valueOf(3_600_000));

  private static final Map<String, BigDecimal> BYTES =
      Map.of(
          "", BigDecimal.ONE,
          "B", BigDecimal.ONE,
          "KiB", BigDecimal.valueOf(1L << 10),
          "MiB", BigDecimal.valueOf(1L << 20),
          "GiB", BigDecimal.valueOf(1L << 30));

  private static final Map<String, BigDecimal> BITS_PER_SECOND =
      Map.of(
          "bit/s", BigDecimal.ONE,
          "kbit/s", BigDecimal.valueOf(1_000),
          "Mbit/s", BigDecimal.valueOf(1_000_000),
          "Gbit/s", BigDecimal.valueOf(1_000_000_000));

  private static final Map<String, BigDecimal> MILLIONTHS = Map.of("%", BigDecimal.valueOf(10_000));

  private Amounts() {}

  /// A duration in milliseconds; without a unit it is seconds.
  static OptionalLong millis(String text) {
    return amount(text, MILLIS);
  }

  /// A size in bytes; without a unit it is bytes. `KB` is refused: it means two things.
  static OptionalLong bytes(String text) {
    return amount(text, BYTES);
  }

  /// A rate in bits per second; it needs its unit.
  static OptionalLong bitsPerSecond(String text) {
    return amount(text, BITS_PER_SECOND);
  }

  /// A percentage, in millionths of one.
  static OptionalLong millionths(String text) {
    return amount(text, MILLIONTHS);
  }

  private static OptionalLong amount(String text, Map<String, BigDecimal> units) {
    Matcher matcher = AMOUNT.matcher(text);
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    BigDecimal unit = units.get(matcher.group(2));
    if (unit == null) {
      return OptionalLong.empty();
    }
    BigDecimal amount = new BigDecimal(matcher.group(1)).multiply(unit).stripTrailingZeros();
    return amount.scale() > 0 || amount.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
        ? OptionalLong.empty()
        : OptionalLong.of(amount.longValueExact());
  }
}
