// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

import java.util.Arrays;
import java.util.List;

/// What is left of many small `p` once it is told how many were looked for. Of a hundred rows
/// without any difference five have a `p` below 0.05; of the adjusted ones, with 95% probability,
/// none has.
///
/// S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
/// Statistics 6 (1979), 65-70. It needs no independence of the rows, which counts of one trial do
/// not have.
public final class Holm {
  private Holm() {}

  /// The adjusted ones, in the order given.
  ///
  /// @throws IllegalArgumentException if one is not from 0 to 1
  public static List<Double> adjusted(List<Double> probabilities) {
    int n = probabilities.size();
    Integer[] order = new Integer[n];
    for (int at = 0; at < n; at++) {
      double p = probabilities.get(at);
      if (!(p >= 0 && p <= 1)) {
        throw new IllegalArgumentException(p + " is not a probability");
      }
      order[at] = at;
    }
    Arrays.sort(order, (one, other) -> probabilities.get(one).compareTo(probabilities.get(other)));
    Double[] adjusted = new Double[n];
    double largest = 0;
    for (int rank = 0; rank < n; rank++) {
      largest = Math.max(largest, Math.min(1, (n - rank) * probabilities.get(order[rank])));
      adjusted[order[rank]] = largest;
    }
    return List.of(adjusted);
  }
}
