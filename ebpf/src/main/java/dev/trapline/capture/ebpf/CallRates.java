// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import dev.trapline.capture.CallRate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How many calls each role had made at points in time, taken by the reader while the kernel
/// program counts: no observed call pays for it.
///
/// The points begin [#SHORTEST_NANOS] apart. When there are [#MOST], every other one is dropped,
/// and from then on they are twice as far apart. The same is done, up to [#LONGEST_FOR_COST_NANOS],
/// when even the cheapest of [#TRIED] cost more than a hundredth of the time between two: one alone
/// may have been interrupted, or the first of a cold machine.
final class CallRates {
  static final long SHORTEST_NANOS = 50_000_000;
  static final int MOST = 600;
  static final long LONGEST_FOR_COST_NANOS = 800_000_000;
  static final int TRIED = 4;
  private static final int COST_DIVISOR = 100;

  private record Point(long nanos, Map<Integer, Long> callsByRole) {}

  private final long startedAt;
  private final List<Point> points = new ArrayList<>();
  private long interval = SHORTEST_NANOS;
  private long dueAt;
  private long cheapestNanos = Long.MAX_VALUE;
  private int tried;

  CallRates(long startedAt) {
    this.startedAt = startedAt;
    this.dueAt = startedAt + interval;
  }

  /// Whether a point is to be taken.
  boolean isDue(long now) {
    return now - dueAt >= 0;
  }

  /// Takes a point.
  ///
  /// @param now of [System#nanoTime], when the calls were summed
  /// @param costNanos what it took to sum them
  void add(long now, Map<Integer, Long> callsByRole, long costNanos) {
    points.add(new Point(now - startedAt, new TreeMap<>(callsByRole)));
    cheapestNanos = Math.min(cheapestNanos, costNanos);
    tried++;
    boolean dear =
        tried >= TRIED
            && interval < LONGEST_FOR_COST_NANOS
            && cheapestNanos * COST_DIVISOR > interval;
    if (points.size() >= MOST || dear) {
      cheapestNanos = Long.MAX_VALUE;
      tried = 0;
      interval *= 2;
      List<Point> kept = new ArrayList<>();
      for (int index = 1; index < points.size(); index += 2) {
        kept.add(points.get(index));
      }
      points.clear();
      points.addAll(kept);
      // The next is due where the wider grid has it, also if the last point was dropped.
      long last = points.isEmpty() ? 0 : points.getLast().nanos;
      dueAt = startedAt + (Math.round((double) last / interval) + 1) * interval;
    }
    while (dueAt - now <= 0) {
      dueAt += interval;
    }
  }

  /// The rate of one role.
  ///
  /// @param endedAt of [System#nanoTime], when nothing was counted any more
  /// @param total calls of the role in the whole capture
  CallRate of(int role, long endedAt, long total) {
    List<Long> calls = new ArrayList<>();
    long before = 0;
    long lastPoint = 0;
    for (Point point : points) {
      long until = point.callsByRole.getOrDefault(role, 0L);
      calls.add(until - before);
      before = until;
      lastPoint = point.nanos;
    }
    calls.add(total - before);
    long length = points.isEmpty() ? Math.max(1, endedAt - startedAt) : lastPoint / points.size();
    return new CallRate(length, calls);
  }
}
