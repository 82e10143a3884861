// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Sums up one [Count] without an object per part: for readers that see many. Not thread-safe.
///
/// It begins with everything known and nothing seen; each `...Unknown` call makes one quantity
/// unknown for good.
public final class CountBuilder {
  private long calls;
  private long timedCalls;
  private final SortedMap<String, Long> errors = new TreeMap<>();
  private long bytes;
  private boolean bytesKnown = true;
  private long wallNanos;
  private long blockedNanos;
  private long runnableNanos;
  private long guestNanos;
  private boolean timeKnown = true;
  private boolean splitKnown = true;
  private final long[] buckets = new long[LatencyHistogram.BUCKETS];
  private long maximumNanos;

  /// Calls, of which some are timed by [#addTime].
  public CountBuilder addCalls(long more) {
    calls += more;
    return this;
  }

  /// Failed calls, which [#addCalls] has counted already.
  public CountBuilder addErrors(String errno, long more) {
    errors.merge(errno, more, Long::sum);
    return this;
  }

  /// Bytes moved.
  public CountBuilder addBytes(long more) {
    bytes += more;
    return this;
  }

  /// The time of calls, split.
  public CountBuilder addTime(
      long timed, long wall, long blocked, long runnable, long guest, long maximum) {
    timedCalls += timed;
    wallNanos += wall;
    blockedNanos += blocked;
    runnableNanos += runnable;
    guestNanos += guest;
    maximumNanos = Math.max(maximumNanos, maximum);
    return this;
  }

  /// The wall time of one call, into sum, maximum and histogram.
  public CountBuilder addWall(long nanos) {
    timedCalls++;
    wallNanos += nanos;
    maximumNanos = Math.max(maximumNanos, nanos);
    buckets[LatencyHistogram.bucketOf(nanos)]++;
    return this;
  }

  /// Calls whose time falls into a bucket of [LatencyHistogram].
  public CountBuilder addToBucket(int bucket, long more) {
    buckets[bucket] += more;
    return this;
  }

  /// This call has no byte count, or the source does not know it.
  public CountBuilder bytesUnknown() {
    bytesKnown = false;
    return this;
  }

  /// The source does not time calls.
  public CountBuilder timeUnknown() {
    timeKnown = false;
    splitKnown = false;
    return this;
  }

  /// The source knows wall time, but not what it was spent on.
  public CountBuilder splitUnknown() {
    splitKnown = false;
    return this;
  }

  /// The sum.
  public Count build() {
    return new Count(
        calls,
        timedCalls,
        errors,
        bytesKnown ? bytes : null,
        known(timeKnown, wallNanos),
        // Clock reads of two CPUs may differ by a few nanoseconds: never below zero.
        known(splitKnown, Math.max(0, wallNanos - blockedNanos - runnableNanos - guestNanos)),
        known(splitKnown, blockedNanos),
        known(splitKnown, runnableNanos),
        known(splitKnown, guestNanos),
        timeKnown ? LatencyHistogram.ofBuckets(buckets, maximumNanos) : null);
  }

  private static @Nullable Long known(boolean isKnown, long value) {
    return isKnown ? Long.valueOf(value) : null;
  }
}
