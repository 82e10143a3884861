// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import java.util.Locale;

/// How sure it is that the fault is there, and why just so sure. It says nothing about how large
/// the gain is.
///
/// @param reason one clause, without a full stop
public record Confidence(Level level, String reason) {
  /// In words, because there is no probability to give.
  public enum Level {
    /// The figures allow other explanations, which are named.
    LOW,
    /// The figures fit no other common explanation, but one thing that decides is not seen.
    MEDIUM,
    /// The calls themselves are the fault, and they were counted.
    HIGH;

    /// As it is printed.
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// The calls were counted.
  public static Confidence high(String reason) {
    return new Confidence(Level.HIGH, reason);
  }

  /// One thing that decides is not seen.
  public static Confidence medium(String reason) {
    return new Confidence(Level.MEDIUM, reason);
  }

  /// There are other explanations.
  public static Confidence low(String reason) {
    return new Confidence(Level.LOW, reason);
  }

  /// No surer than this; the reason is told where it takes something away.
  public Confidence atMost(Level most, String because) {
    return level.compareTo(most) > 0 ? new Confidence(most, reason + "; but " + because) : this;
  }
}
