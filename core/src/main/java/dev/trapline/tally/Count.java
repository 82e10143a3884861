// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How often, with which errors, how many bytes and for how long.
///
/// Null is "this source cannot know", never zero; what is unknown in one part is unknown in the
/// sum. `wall = work + blocked + runnable + guest` where all are known, over the `timedCalls`.
/// Plain values; [#plus] is associative and commutative with [#NONE] as identity.
///
/// @param calls calls that returned (or `exit` and its kin, which do not)
/// @param timedCalls those of them whose duration is known
/// @param errors errno name to calls, `EAGAIN` and `ERESTARTSYS` like any other
/// @param bytes sum of the non-negative returns of calls that return a byte count; null for others
/// @param wallNanos from entry to exit
/// @param workNanos on a CPU in the kernel; includes interrupts served meanwhile
/// @param blockedNanos asleep, waiting by design
/// @param runnableNanos ready, waiting for a CPU
/// @param guestNanos inside a guest, between `kvm_entry` and `kvm_exit`
/// @param latency the distribution of wall time
public record Count(
    long calls,
    long timedCalls,
    SortedMap<String, Long> errors,
    @Nullable Long bytes,
    @Nullable Long wallNanos,
    @Nullable Long workNanos,
    @Nullable Long blockedNanos,
    @Nullable Long runnableNanos,
    @Nullable Long guestNanos,
    @Nullable LatencyHistogram latency) {
  /// Nothing happened, and all of it is known.
  public static final Count NONE =
      new Count(0, 0, new TreeMap<>(), 0L, 0L, 0L, 0L, 0L, 0L, LatencyHistogram.EMPTY);

  /// Checks the ranges and makes the errors unmodifiable.
  public Count {
    if (calls < 0 || timedCalls < 0 || timedCalls > calls) {
      throw new IllegalArgumentException(timedCalls + " timed of " + calls + " calls");
    }
    errors = Collections.unmodifiableSortedMap(new TreeMap<>(errors));
  }

  /// A count from a source that knows only how many.
  public static Count ofCalls(long calls) {
    return new Count(calls, 0, new TreeMap<>(), null, null, null, null, null, null, null);
  }

  /// Calls that returned an error.
  public long failedCalls() {
    long sum = 0;
    for (long count : errors.values()) {
      sum += count;
    }
    return sum;
  }

  /// Both together.
  public Count plus(Count other) {
    SortedMap<String, Long> sum = new TreeMap<>(errors);
    for (Map.Entry<String, Long> entry : other.errors.entrySet()) {
      sum.merge(entry.getKey(), entry.getValue(), Long::sum);
    }
    return new Count(
        calls + other.calls,
        timedCalls + other.timedCalls,
        sum,
        sum(bytes, other.bytes),
        sum(wallNanos, other.wallNanos),
        sum(workNanos, other.workNanos),
        sum(blockedNanos, other.blockedNanos),
        sum(runnableNanos, other.runnableNanos),
        sum(guestNanos, other.guestNanos),
        latency == null || other.latency == null ? null : latency.plus(other.latency));
  }

  private static @Nullable Long sum(@Nullable Long left, @Nullable Long right) {
    return left == null || right == null ? null : Long.valueOf(left + right);
  }
}
