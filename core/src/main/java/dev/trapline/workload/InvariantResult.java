// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whether two figures of one run, that must agree, do. A run that breaks an invariant is shown
/// with it, not thrown away: its figures do not mean what they seem to.
///
/// @param name stable, lower case with hyphens, such as `half-rtt`
/// @param holds whether they agree to within the tolerance
/// @param detail both figures and how they are derived, in one line
/// @param relativeError (found - expected) / expected, without a unit; null if expected is 0
public record InvariantResult(
    String name, boolean holds, String detail, @Nullable Double relativeError) {

  /// Compares two counts that must be equal.
  static InvariantResult equal(String name, long found, long expected, String derivation) {
    Double relativeError =
        expected == 0 ? null : Double.valueOf(((double) found - (double) expected) / expected);
    return new InvariantResult(name, found == expected, derivation, relativeError);
  }

  /// Compares two counts that rounding keeps from being equal.
  ///
  /// @param allowance largest difference, either way, that the rounding explains
  static InvariantResult equal(
      String name, long found, long expected, long allowance, String derivation) {
    if (allowance == 0) {
      return equal(name, found, expected, derivation);
    }
    InvariantResult exact =
        equal(name, found, expected, derivation + ", rounded to within " + allowance);
    double difference = Math.abs((double) found - (double) expected);
    return new InvariantResult(
        name, difference <= allowance, exact.detail(), exact.relativeError());
  }

  /// Compares two figures that must be close.
  ///
  /// @param tolerance largest relative error, either way, that still holds
  static InvariantResult compare(
      String name, double found, double expected, double tolerance, String derivation) {
    if (expected == 0) {
      return new InvariantResult(name, found == 0, derivation, null);
    }
    double relativeError = (found - expected) / expected;
    boolean holds = Math.abs(relativeError) <= tolerance;
    String detail =
        String.format(
            Locale.ROOT,
            "%s: %+.3f%%, tolerance %s%%",
            derivation,
            relativeError * 100,
            // 2 and 0.1, not 2.000 and 0.100.
            BigDecimal.valueOf(tolerance)
                .movePointRight(2)
                .round(new MathContext(3))
                .stripTrailingZeros()
                .toPlainString());
    return new InvariantResult(name, holds, detail, relativeError);
  }

  /// Compares what a server handled with what its client sent.
  ///
  /// @param lossIsUsual whether the server may have got less: datagrams that nobody waits for
  static InvariantResult serverMessages(long handled, long sent, boolean lossIsUsual) {
    InvariantResult equal =
        equal(
            "server-messages",
            handled,
            sent,
            "server handled " + handled + " of " + sent + " messages sent");
    return new InvariantResult(
        equal.name, lossIsUsual ? handled <= sent : equal.holds, equal.detail, equal.relativeError);
  }

  /// The same under another name.
  InvariantResult named(String otherName) {
    return new InvariantResult(otherName, holds, detail, relativeError);
  }
}
