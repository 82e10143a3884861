// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import dev.trapline.run.Trial;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The figures of one trial by the ids of their metrics.
///
/// @param trial with an outcome
/// @param test as its metrics have it
/// @param shape of its workload
/// @param unitsOfWork messages or GiB that it did
/// @param values absent is unknown, or is 0 if a prefix says so
/// @param countedPrefixes of ids below which everything that happened was counted, so that what is
///   not among the values did not happen
public record TrialMetrics(
    Trial trial,
    String test,
    WorkloadShape shape,
    double unitsOfWork,
    Map<String, Double> values,
    Set<String> countedPrefixes) {
  /// Keeps copies.
  public TrialMetrics {
    values = values instanceof FigureValues ? values : Map.copyOf(values);
    countedPrefixes = Set.copyOf(countedPrefixes);
  }

  /// The figure; null if it is unknown, 0 if it is known that there was none.
  public @Nullable Double value(String id) {
    Double value = values.get(id);
    if (value != null) {
      return value;
    }
    for (String prefix : countedPrefixes) {
      if (id.startsWith(prefix)) {
        return 0.0;
      }
    }
    return null;
  }
}
