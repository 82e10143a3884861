// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

/// A figure of the run that a finding rests on.
///
/// @param figure what was counted or measured, in words
/// @param value the figure, in `unit`
/// @param unit one of the kinds of [#unit]: `calls`, `ns`, `bytes`, `share` (from 0 to 1), `ratio`,
///   `count`, each alone or followed by ` per ` and what it is divided by, such as `ns per message`
/// @param source the row that it can be read off: of the tallies, or a place in run.json
public record Evidence(String figure, double value, String unit, String source) {
  /// Checks that there is a figure.
  ///
  /// @throws IllegalArgumentException if the value is infinite or not a number: such a figure is no
  ///   evidence
  public Evidence {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(figure + " is " + value);
    }
  }

  /// The unit before ` per `.
  public String quantity() {
    int per = unit.indexOf(" per ");
    return per < 0 ? unit : unit.substring(0, per);
  }

  /// ` per message` and the like, with the blank before; empty if the figure is not divided.
  public String per() {
    return unit.substring(quantity().length());
  }
}
