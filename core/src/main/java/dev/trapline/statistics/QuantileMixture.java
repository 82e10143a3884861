// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// Several samples as one, where of each no more than some quantiles are known. Each sample is
/// taken to be spread evenly between the quantiles that are known, so what comes out is an
/// ESTIMATE: it lies, as the quantile of the pooled sample does, between the lowest and the highest
/// of the samples' own.
///
/// @param parts at least one
public record QuantileMixture(List<Part> parts) {
  /// What sums of weights may differ from the part of one that they are meant to be.
  private static final double ROUNDING = 1e-9;

  /// One sample.
  ///
  /// @param weight its number of values, 1 or more
  /// @param quantiles value by the part of the sample that is not above it, from 0 (the smallest
  ///   value) to 1 (the largest), both needed
  public record Part(long weight, SortedMap<Double, Long> quantiles) {
    /// Keeps an unmodifiable copy.
    ///
    /// @throws IllegalArgumentException without weight, smallest or largest value
    public Part {
      quantiles = Collections.unmodifiableSortedMap(new TreeMap<>(quantiles));
      if (weight < 1 || !quantiles.containsKey(0.0) || !quantiles.containsKey(1.0)) {
        throw new IllegalArgumentException("weight " + weight + " of " + quantiles);
      }
    }

    /// The part of the sample that is not above a value, or below it.
    private double share(long value, boolean inclusive) {
      double atLow = 0;
      long low = quantiles.firstEntry().getValue();
      if (value < low || (value == low && !inclusive)) {
        return 0;
      }
      for (Map.Entry<Double, Long> entry : quantiles.entrySet()) {
        double atHigh = entry.getKey();
        long high = entry.getValue();
        if (value < high || (value == high && !inclusive)) {
          return high == low
              ? atLow
              : atLow + (atHigh - atLow) * ((double) value - low) / ((double) high - low);
        }
        low = high;
        atLow = atHigh;
      }
      return 1;
    }
  }

  /// Keeps a copy.
  ///
  /// @throws IllegalArgumentException if there is no part
  public QuantileMixture {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("no parts");
    }
  }

  /// The least value that this part of all is not above.
  ///
  /// @param wanted from 0 to 1
  public double quantile(double wanted) {
    TreeSet<Long> corners = new TreeSet<>();
    parts.forEach(part -> corners.addAll(part.quantiles.values()));
    double reached = 0;
    long previous = corners.first();
    for (long corner : corners) {
      double here = share(corner, true);
      if (here >= wanted - ROUNDING) {
        double before = share(corner, false);
        return before < wanted + ROUNDING
            ? corner
            : previous + ((double) corner - previous) * (wanted - reached) / (before - reached);
      }
      reached = here;
      previous = corner;
    }
    return corners.last();
  }

  private double share(long value, boolean inclusive) {
    double share = 0;
    double weights = 0;
    for (Part part : parts) {
      share += part.share(value, inclusive) * part.weight;
      weights += part.weight;
    }
    return share / weights;
  }
}
