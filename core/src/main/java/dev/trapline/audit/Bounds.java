// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Figure;
import java.math.BigDecimal;

/// A figure with the range in which the true one lies if everything it was computed from was
/// rounded correctly. Not a confidence interval: it knows rounding only, nothing of noise or of
/// repeats.
///
/// The operations are for figures that are not negative, and assume that the operands were rounded
/// independently; each is the widest range, so an expression in which a figure occurs once is
/// exact.
///
/// @param value from the figures as written
/// @param low least that the true figures could give
/// @param high most that they could give
public record Bounds(double value, double low, double high) {
  /// Against the noise of binary fractions at the ends of a range: 43.5 must lie within 42.5 to
  /// 43.5 however it was computed.
  private static final double RELATIVE_NOISE = 1e-9;

  /// A figure that is not rounded.
  static Bounds exact(double value) {
    return new Bounds(value, value, value);
  }

  /// A published figure: a whole number not marked as rounded is exact.
  static Bounds of(Figure figure) {
    return new Bounds(figure.number(), figure.low(), figure.high());
  }

  /// A figure in a sentence: precise to half a unit of the last digit written, so "90%" is 89.5 to
  /// 90.5; where the source says that it is rounded, to half a unit of the last digit that is not
  /// zero.
  static Bounds asStated(Figure figure) {
    if (figure.rounded()) {
      return of(figure);
    }
    double halfUnit = BigDecimal.ONE.movePointLeft(figure.value().scale()).doubleValue() / 2;
    return new Bounds(figure.number(), figure.number() - halfUnit, figure.number() + halfUnit);
  }

  Bounds plus(Bounds other) {
    return new Bounds(value + other.value, low + other.low, high + other.high);
  }

  Bounds times(Bounds factor) {
    return new Bounds(value * factor.value, low * factor.low, high * factor.high);
  }

  /// @param factor positive
  Bounds times(double factor) {
    return new Bounds(value * factor, low * factor, high * factor);
  }

  /// @param divisor whose least value is above 0
  Bounds over(Bounds divisor) {
    return new Bounds(value / divisor.value, low / divisor.high, high / divisor.low);
  }

  /// One minus this.
  Bounds complement() {
    return new Bounds(1 - value, 1 - high, 1 - low);
  }

  /// Widened by a share of its value on both sides.
  Bounds widened(double share) {
    double margin = Math.abs(value) * share;
    return new Bounds(value, low - margin, high + margin);
  }

  boolean isExact() {
    return low == high;
  }

  /// Whether the true figure could be zero, so that nothing is to be divided by it.
  boolean mayBeZero() {
    return low <= 0;
  }

  boolean overlaps(Bounds other) {
    return low <= other.high + noise(other.high) && other.low <= high + noise(high);
  }

  boolean contains(double figure) {
    return low - noise(low) <= figure && figure <= high + noise(high);
  }

  boolean contains(Bounds other) {
    return contains(other.low) && contains(other.high);
  }

  /// Half of its width.
  double halfWidth() {
    return (high - low) / 2;
  }

  private static double noise(double figure) {
    return Math.abs(figure) * RELATIVE_NOISE;
  }
}
