// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import java.util.Locale;

/// What the figures of a study say of one of its claims. Not whether it is true of the world: a
/// confirmed claim follows from the published figures, which may themselves be wrong.
public enum Verdict {
  /// The figures show it, at the precision that it states.
  CONFIRMED,
  /// The figures show another figure than the one stated.
  CORRECTED,
  /// The figures can neither show nor refute it.
  UNSUPPORTED,
  /// The figures, or what is known of Linux, show that it does not hold.
  WRONG;

  /// In lower case, as reports and JSON have it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
