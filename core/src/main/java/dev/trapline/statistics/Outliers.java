// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Which values lie so far from the others that something else happened there.
///
/// A value does if its distance from the median is more than [#THRESHOLD] times the median of all
/// such distances (MAD): ten standard deviations, were the values normal, since 1.4826 MAD are one
/// (P. J. Rousseeuw and C. Croux, "Alternatives to the median absolute deviation", Journal of the
/// American Statistical Association 88 (1993), 1273-1283). The modified z-score is that of B.
/// Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers (1993); the threshold, far above
/// their 3.5, and what is done where the MAD is 0 are those of hyperfine (`outlier_detection.rs`):
/// more than half of the values are the same, the smallest double above 0 in 1 + x stands for the
/// MAD, and every other value is an outlier.
///
/// Outliers are told, never taken out: medians and ranks bear them.
public final class Outliers {
  /// In units of the MAD.
  public static final double THRESHOLD = 1.4826 * 10;

  /// Of fewer, two that happen to be close make an outlier of every other.
  private static final int FEWEST = 5;

  private Outliers() {}

  /// The places of the outliers in the list; none for fewer than five values.
  ///
  /// @throws IllegalArgumentException if one is infinite or not a number
  public static List<Integer> in(List<Double> values) {
    List<Integer> places = new ArrayList<>();
    if (values.size() < FEWEST) {
      return places;
    }
    double median = median(values);
    List<Double> distances = values.stream().map(value -> Math.abs(value - median)).toList();
    double deviation = median(distances);
    double unit = deviation > 0 ? deviation : Math.ulp(1.0);
    for (int at = 0; at < distances.size(); at++) {
      if (distances.get(at) / unit > THRESHOLD) {
        places.add(at);
      }
    }
    return places;
  }

  private static double median(Collection<Double> values) {
    return MedianInterval.of(values).median();
  }
}
