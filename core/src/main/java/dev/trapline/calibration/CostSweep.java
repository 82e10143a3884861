// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.statistics.MedianInterval;
import java.util.Comparator;
import java.util.List;

/// What an operation costs as one thing about it grows: bytes, descriptors, segments.
///
/// @param name as in [MachineCosts], such as `read`
/// @param description what was measured and how it was placed, in one sentence
/// @param parameter what grows: `bytes`, `descriptors` or `segments`
/// @param points by rising parameter, at least one
public record CostSweep(String name, String description, String parameter, List<Point> points) {
  /// One measured place.
  ///
  /// @param at value of the parameter
  /// @param nanos of one call
  public record Point(long at, MedianInterval nanos) {}

  /// Sorts the points and keeps a copy.
  ///
  /// @throws IllegalArgumentException if there is no point
  public CostSweep {
    if (points.isEmpty()) {
      throw new IllegalArgumentException(name + " has no point");
    }
    points = points.stream().sorted(Comparator.comparingLong(Point::at)).toList();
  }

  /// The cheapest place measured, which is the one with the smallest parameter.
  public Point first() {
    return points.getFirst();
  }

  /// The place with the largest parameter.
  public Point last() {
    return points.getLast();
  }

  /// The median at a place: measured, or on the straight line between its two neighbours. Below the
  /// first place it is that of the first; above the last the line through the last two goes on.
  ///
  /// @param at value of the parameter
  public double nanosAt(double at) {
    if (points.size() == 1 || at <= first().at()) {
      return first().nanos().median();
    }
    int upper = 1;
    while (upper < points.size() - 1 && points.get(upper).at() < at) {
      upper++;
    }
    Point below = points.get(upper - 1);
    Point above = points.get(upper);
    double share = (at - below.at()) / (above.at() - below.at());
    return below.nanos().median() + share * (above.nanos().median() - below.nanos().median());
  }

  /// Nanoseconds that one more of the parameter adds, from the first place to the last; NaN of a
  /// single place.
  public double nanosPerStep() {
    return points.size() == 1
        ? Double.NaN
        : (last().nanos().median() - first().nanos().median()) / (last().at() - first().at());
  }

  /// How many times as much the last place costs as the first.
  public double growth() {
    return last().nanos().median() / first().nanos().median();
  }
}
