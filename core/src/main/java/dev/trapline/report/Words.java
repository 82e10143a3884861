// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

/// English, as far as reports need it.
public final class Words {
  private Words() {}

  /// `1 thread`, `4 threads`, `2 processes`.
  public static String counted(long number, String noun) {
    String plural = noun.endsWith("s") ? noun + "es" : noun + "s";
    return Quantity.count(number) + " " + (number == 1 ? noun : plural);
  }
}
