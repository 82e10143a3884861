// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.List;

/// The checks that every statistic of pairs begins with.
final class Pairs {
  private Pairs() {}

  /// The values as an array.
  ///
  /// @throws IllegalArgumentException if the lists differ in length, have fewer than two values, or
  ///   one is infinite or not a number
  static double[] checked(String name, List<Double> values, List<Double> others) {
    if (values.size() != others.size()) {
      throw new IllegalArgumentException(
          values.size() + " values against " + others.size() + " make no pairs");
    }
    if (values.size() < 2) {
      throw new IllegalArgumentException(name + ": " + values.size() + " values have no slope");
    }
    double[] array = new double[values.size()];
    for (int at = 0; at < array.length; at++) {
      double value = values.get(at);
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(name + ": " + value + " is not a measurement");
      }
      // Minus zero is the same measurement as zero, yet compares as less.
      array[at] = value + 0.0;
    }
    return array;
  }

  /// Whether all values are the same: then nothing can go with them.
  static boolean isConstant(double[] values) {
    for (double value : values) {
      if (value != values[0]) {
        return false;
      }
    }
    return true;
  }
}
