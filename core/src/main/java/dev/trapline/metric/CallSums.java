// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.SideSum;
import dev.trapline.run.RoleTally;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Calls by kind over threads, without the distributions of their times, which are most of a
/// tally's bulk and no part of a metric.
public final class CallSums {
  private final SortedMap<CallKind, Count> byKind = new TreeMap<>();
  private Count total = Count.NONE;

  /// Of no call yet.
  CallSums() {}

  /// Of one side of a test over its trials.
  public static CallSums of(SideSum side) {
    CallSums sums = new CallSums();
    side.counts().forEach(sums::add);
    return sums;
  }

  /// Takes one in.
  void add(RoleTally tally) {
    tally.tally().counts().forEach(this::add);
  }

  private void add(Key key, Count withDistribution) {
    Count count = withoutDistribution(withDistribution);
    byKind.merge(CallKind.of(key), count, Count::plus);
    total = total.plus(count);
  }

  private static Count withoutDistribution(Count count) {
    return new Count(
        count.calls(),
        count.timedCalls(),
        count.errors(),
        count.bytes(),
        count.wallNanos(),
        count.workNanos(),
        count.blockedNanos(),
        count.runnableNanos(),
        count.guestNanos(),
        null);
  }

  /// The sums.
  public SortedMap<CallKind, Count> byKind() {
    return byKind;
  }

  /// Calls of all kinds.
  public long calls() {
    return total.calls();
  }

  /// Work of all kinds; null if it is unknown of one.
  public @Nullable Long workNanos() {
    return total.workNanos();
  }

  /// Calls that ended so, such as `EAGAIN`.
  public long failedWith(String errno) {
    return total.errors().getOrDefault(errno, 0L);
  }

  /// Bytes moved by a call that moves any, on average; null if none does or it is unknown.
  public @Nullable Double bytesPerCall() {
    long bytes = 0;
    long calls = 0;
    for (Count count : byKind.values()) {
      Long moved = count.bytes();
      if (moved != null && moved > 0) {
        bytes += moved;
        calls += count.calls() - count.failedCalls();
      }
    }
    return calls <= 0 ? null : Double.valueOf((double) bytes / calls);
  }

  /// A kind as it is printed: `read/tun`, `ioctl(KVM_RUN)`.
  public static String name(CallKind kind) {
    return kind.syscall()
        + (kind.object() == null || kind.request() != null ? "" : "/" + kind.object().label())
        + (kind.request() == null ? "" : "(" + kind.request() + ")");
  }
}
