// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Arrays;
import java.util.Collection;

/// The checks and the sorting that every statistic here begins with.
final class Samples {
  private Samples() {}

  /// A sorted copy.
  ///
  /// @throws IllegalArgumentException if there is no value, or one is infinite or not a number
  static double[] sorted(String name, Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(name + ": no values");
    }
    double[] sorted = new double[values.size()];
    int next = 0;
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(name + ": " + value + " is not a measurement");
      }
      // Minus zero sorts below zero, yet is the same measurement.
      sorted[next++] = value + 0.0;
    }
    Arrays.sort(sorted);
    return sorted;
  }

  /// @throws IllegalArgumentException unless it lies between 0 and 1, both excluded
  static double checkedConfidence(double confidence) {
    if (!(confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException("confidence " + confidence + " is not between 0 and 1");
    }
    return confidence;
  }
}
