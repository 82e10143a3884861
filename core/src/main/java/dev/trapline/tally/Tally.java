// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/// What every observed thread asked of the kernel, with how sure that is. It is not a trace: the
/// order of calls is gone.
///
/// Immutable; [#plus] is associative and commutative with [#EMPTY] as identity, so parts from
/// threads, files or cluster nodes merge in any order.
public record Tally(SortedMap<Key, Count> counts, Completeness completeness) {
  /// Nothing seen, nothing lost.
  public static final Tally EMPTY = new Tally(new TreeMap<>(), Completeness.COMPLETE);

  /// Keeps an unmodifiable copy.
  public Tally {
    counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
  }

  /// Both together.
  public Tally plus(Tally other) {
    SortedMap<Key, Count> sum = new TreeMap<>(counts);
    for (Map.Entry<Key, Count> entry : other.counts.entrySet()) {
      sum.merge(entry.getKey(), entry.getValue(), Count::plus);
    }
    return new Tally(sum, completeness.plus(other.completeness));
  }

  /// The sum over all keys.
  public Count total() {
    Count sum = Count.NONE;
    for (Count count : counts.values()) {
      sum = sum.plus(count);
    }
    return sum;
  }

  /// All calls, whatever they were.
  public long calls() {
    long sum = 0;
    for (Count count : counts.values()) {
      sum += count.calls();
    }
    return sum;
  }

  /// The counts under coarser keys, such as the syscall's name or the thread.
  public <G extends Comparable<G>> SortedMap<G, Count> groupedBy(Function<Key, G> group) {
    SortedMap<G, Count> groups = new TreeMap<>();
    for (Map.Entry<Key, Count> entry : counts.entrySet()) {
      groups.merge(group.apply(entry.getKey()), entry.getValue(), Count::plus);
    }
    return groups;
  }
}
