// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.math.BigDecimal;

/// A number as it was published, with how exact it is. `9.60` is not `9.6`: the digits written are
/// kept.
///
/// @param value with its written digits (its scale)
/// @param rounded whether the source says that it is rounded (`1.9M`); a whole number that is not
///   is an exact count
/// @param place where it stands
public record Figure(BigDecimal value, boolean rounded, Place place) {
  private static final BigDecimal HALF = new BigDecimal("0.5");

  /// An exact count.
  public static Figure exact(long value, Place place) {
    return new Figure(BigDecimal.valueOf(value), false, place);
  }

  /// As a double, for arithmetic.
  public double number() {
    return value.doubleValue();
  }

  /// Half of the last digit's unit: how far the true value may be off by rounding alone. 0 for an
  /// exact count. A fraction is always taken as rounded at its last digit; a whole number marked as
  /// rounded at its last digit that is not zero, so `1900000` stands for 1.85 to 1.95 million and
  /// `137000` for 136.5 to 137.5 thousand.
  public double halfUnit() {
    return half().doubleValue();
  }

  /// The smallest value that would be written so.
  public double low() {
    return value.subtract(half()).doubleValue();
  }

  /// The largest value that would be written so.
  public double high() {
    return value.add(half()).doubleValue();
  }

  private BigDecimal half() {
    if (value.scale() > 0) {
      return HALF.movePointLeft(value.scale());
    }
    if (!rounded || value.signum() == 0) {
      return BigDecimal.ZERO;
    }
    return HALF.movePointLeft(value.stripTrailingZeros().scale());
  }
}
