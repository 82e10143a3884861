// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.Arrays;

/// Durations in nanoseconds, counted in log-linear buckets: eight equal parts of every power of
/// two, so a percentile is right to within 1/16 (6.25%) of its value. The layout is the one that
/// the BPF program fills (`histogram_bucket` in `syscalls.bpf.c`), which is why it is not a
/// library's.
///
/// Values below 8 ns are exact; values of 2^40 ns (18 minutes) and more share the last bucket.
/// Immutable; merging is associative and commutative with [#EMPTY] as identity.
public final class LatencyHistogram {
  /// Buckets per power of two, as a power of two.
  private static final int SUB_BUCKET_BITS = 3;

  private static final int SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
  private static final int LARGEST_EXPONENT = 39;

  /// How many buckets there are.
  public static final int BUCKETS = (LARGEST_EXPONENT - SUB_BUCKET_BITS + 2) * SUB_BUCKETS;

  /// No value at all.
  public static final LatencyHistogram EMPTY = new LatencyHistogram(new long[BUCKETS], 0, 0);

  private final long[] counts;
  private final long total;
  private final long maximumNanos;

  private LatencyHistogram(long[] counts, long total, long maximumNanos) {
    this.counts = counts;
    this.total = total;
    this.maximumNanos = maximumNanos;
  }

  /// From bucket counts as the kernel program or a file holds them.
  ///
  /// @param counts [#BUCKETS] counts; copied
  /// @param maximumNanos the largest value, exactly
  /// @throws IllegalArgumentException if the length is wrong or a count is negative
  public static LatencyHistogram ofBuckets(long[] counts, long maximumNanos) {
    if (counts.length != BUCKETS) {
      throw new IllegalArgumentException("expected " + BUCKETS + " buckets, got " + counts.length);
    }
    long total = 0;
    for (long count : counts) {
      if (count < 0) {
        throw new IllegalArgumentException("a bucket holds " + count);
      }
      total += count;
    }
    return total == 0 ? EMPTY : new LatencyHistogram(counts.clone(), total, maximumNanos);
  }

  /// The bucket that a duration falls into.
  public static int bucketOf(long nanos) {
    if (nanos < SUB_BUCKETS) {
      return (int) Math.max(nanos, 0);
    }
    int exponent = 63 - Long.numberOfLeadingZeros(nanos);
    if (exponent > LARGEST_EXPONENT) {
      return BUCKETS - 1;
    }
    int part = (int) (nanos >>> (exponent - SUB_BUCKET_BITS)) & (SUB_BUCKETS - 1);
    return (exponent - SUB_BUCKET_BITS + 1) * SUB_BUCKETS + part;
  }

  /// The smallest duration of a bucket, in nanoseconds.
  public static long lowerBoundNanos(int bucket) {
    if (bucket < SUB_BUCKETS) {
      return bucket;
    }
    int exponent = bucket / SUB_BUCKETS + SUB_BUCKET_BITS - 1;
    long part = bucket % SUB_BUCKETS;
    return (SUB_BUCKETS + part) << (exponent - SUB_BUCKET_BITS);
  }

  /// How many durations were counted.
  public long total() {
    return total;
  }

  /// The largest duration, exactly; 0 if there is none.
  public long maximumNanos() {
    return maximumNanos;
  }

  /// The count of one bucket.
  public long count(int bucket) {
    return counts[bucket];
  }

  /// The middle of the bucket that holds the nearest rank, never more than the maximum.
  ///
  /// @param quantile from 0 to 1
  /// @throws IllegalStateException if the histogram is empty: an absent percentile is not 0
  public long quantileNanos(double quantile) {
    if (total == 0) {
      throw new IllegalStateException("an empty histogram has no quantile");
    }
    long rank = Math.max(1, (long) Math.ceil(quantile * total));
    long seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      seen += counts[bucket];
      if (seen >= rank) {
        long lower = lowerBoundNanos(bucket);
        long upper = bucket + 1 < BUCKETS ? lowerBoundNanos(bucket + 1) : maximumNanos;
        return Math.min(lower + (upper - lower) / 2, maximumNanos);
      }
    }
    throw new IllegalStateException("bucket counts do not reach their total " + total);
  }

  /// Both together.
  public LatencyHistogram plus(LatencyHistogram other) {
    if (other.total == 0) {
      return this;
    }
    if (total == 0) {
      return other;
    }
    long[] sum = counts.clone();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      sum[bucket] += other.counts[bucket];
    }
    return new LatencyHistogram(
        sum, total + other.total, Math.max(maximumNanos, other.maximumNanos));
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof LatencyHistogram other
        && maximumNanos == other.maximumNanos
        && Arrays.equals(counts, other.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts) * 31 + Long.hashCode(maximumNanos);
  }

  @Override
  public String toString() {
    return total == 0 ? "empty" : total + " values, p50 " + quantileNanos(0.5) + " ns";
  }
}
