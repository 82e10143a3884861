// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.statistics.MedianInterval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the rounds gave so far.
final class Samples {
  private final SortedMap<String, List<Double>> costs = new TreeMap<>();
  private final SortedMap<String, SortedMap<Long, List<Double>>> sweeps = new TreeMap<>();

  /// Of at least one value; sorts them.
  static double median(double[] values) {
    Arrays.sort(values);
    int upper = values.length / 2;
    return values.length % 2 == 1 ? values[upper] : (values[upper - 1] + values[upper]) / 2;
  }

  /// One round's figure of a cost.
  void cost(String name, double nanos) {
    costs.computeIfAbsent(name, first -> new ArrayList<>()).add(nanos);
  }

  /// One round's figure at one place of a sweep.
  void sweep(String name, long at, double nanos) {
    sweeps
        .computeIfAbsent(name, first -> new TreeMap<>())
        .computeIfAbsent(at, first -> new ArrayList<>())
        .add(nanos);
  }

  SortedMap<String, MachineCost> costs() {
    SortedMap<String, MachineCost> made = new TreeMap<>();
    for (Map.Entry<String, List<Double>> entry : costs.entrySet()) {
      made.put(
          entry.getKey(),
          new MachineCost(
              entry.getKey(),
              Descriptions.of(entry.getKey()),
              MedianInterval.of(entry.getValue())));
    }
    return made;
  }

  SortedMap<String, CostSweep> sweeps() {
    SortedMap<String, CostSweep> made = new TreeMap<>();
    for (Map.Entry<String, SortedMap<Long, List<Double>>> entry : sweeps.entrySet()) {
      List<CostSweep.Point> points = new ArrayList<>();
      for (Map.Entry<Long, List<Double>> place : entry.getValue().entrySet()) {
        points.add(new CostSweep.Point(place.getKey(), MedianInterval.of(place.getValue())));
      }
      made.put(
          entry.getKey(),
          new CostSweep(
              entry.getKey(),
              Descriptions.of(entry.getKey()),
              Descriptions.parameterOf(entry.getKey()),
              points));
    }
    return made;
  }
}
