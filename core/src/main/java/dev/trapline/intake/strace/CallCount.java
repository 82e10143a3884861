// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.intake.strace.Vocabulary.Word;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.LatencyHistogram;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The calls under one key, summed up. Unlike a `CountBuilder` it is small while its times are
/// alike: a log of many short processes has a hundred thousand of them.
final class CallCount {
  private static final int FIRST_BUCKETS = 16;
  private static final long[] NO_BUCKETS = new long[0];

  /// Errors are few per key, so a list.
  private static final class ErrorCount {
    final Word error;
    long calls;
    final @Nullable ErrorCount next;

    ErrorCount(Word error, @Nullable ErrorCount next) {
      this.error = error;
      this.next = next;
    }
  }

  final CallTraits call;

  /// See [ObjectCode].
  final int object;

  final @Nullable Word request;
  private long calls;
  private long timedCalls;
  private long bytes;
  private long wallNanos;
  private long maximumNanos;
  private int firstBucket;
  private long[] buckets = NO_BUCKETS;
  private @Nullable ErrorCount errors;

  CallCount(CallTraits call, int object, @Nullable Word request) {
    this.call = call;
    this.object = object;
    this.request = request;
  }

  /// One call.
  ///
  /// @param moved bytes, 0 or more
  /// @param nanos -1 if unknown
  void add(@Nullable Word error, long moved, long nanos) {
    calls++;
    bytes = sum(bytes, moved);
    if (nanos >= 0) {
      timedCalls++;
      wallNanos = sum(wallNanos, nanos);
      if (nanos > maximumNanos) {
        maximumNanos = nanos;
      }
      addToBucket(LatencyHistogram.bucketOf(nanos), 1);
    }
    if (error != null) {
      addError(error, 1);
    }
  }

  /// What another one has under the same key.
  void add(CallCount other) {
    calls += other.calls;
    bytes = sum(bytes, other.bytes);
    timedCalls += other.timedCalls;
    wallNanos = sum(wallNanos, other.wallNanos);
    maximumNanos = Math.max(maximumNanos, other.maximumNanos);
    for (int at = 0; at < other.buckets.length; at++) {
      if (other.buckets[at] != 0) {
        addToBucket(other.firstBucket + at, other.buckets[at]);
      }
    }
    for (ErrorCount error = other.errors; error != null; error = error.next) {
      addError(error.error, error.calls);
    }
  }

  /// A sum that stays at the largest number: only a log that lies gets there.
  private static long sum(long left, long right) {
    long sum = left + right;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  private void addToBucket(int bucket, long more) {
    int at = bucket - firstBucket;
    if (at < 0 || at >= buckets.length) {
      makeRoomFor(bucket);
      at = bucket - firstBucket;
    }
    buckets[at] += more;
  }

  private void makeRoomFor(int bucket) {
    int first = Math.max(0, bucket - FIRST_BUCKETS / 2);
    int last = Math.min(LatencyHistogram.BUCKETS, first + FIRST_BUCKETS);
    if (buckets.length > 0) {
      first = Math.min(first, firstBucket);
      last = Math.max(last, firstBucket + buckets.length);
    }
    long[] wider = new long[last - first];
    System.arraycopy(
        buckets, 0, wider, buckets.length == 0 ? 0 : firstBucket - first, buckets.length);
    buckets = wider;
    firstBucket = first;
  }

  @SuppressWarnings("ReferenceEquality") // one object per word, see Vocabulary
  private void addError(Word word, long more) {
    ErrorCount at = errors;
    while (at != null && at.error != word) {
      at = at.next;
    }
    if (at == null) {
      at = new ErrorCount(word, errors);
      errors = at;
    }
    at.calls += more;
  }

  /// The published form.
  ///
  /// @param timesKnown whether the log has times at all; where it has, a call without one is an
  ///   untimed call, not a call of unknown time
  Count count(boolean timesKnown) {
    CountBuilder builder = new CountBuilder().addCalls(calls).addBytes(bytes);
    if (!call.returnsBytes()) {
      builder.bytesUnknown();
    }
    if (timesKnown) {
      builder.splitUnknown().addTime(timedCalls, wallNanos, 0, 0, 0, maximumNanos);
      for (int at = 0; at < buckets.length; at++) {
        if (buckets[at] != 0) {
          builder.addToBucket(firstBucket + at, buckets[at]);
        }
      }
    } else {
      builder.timeUnknown();
    }
    for (ErrorCount error = errors; error != null; error = error.next) {
      builder.addErrors(error.error.text(), error.calls);
    }
    return builder.build();
  }

  /// All calls under a few keys, found by key.
  static final class Table {
    private static final int FIRST_CAPACITY = 16;

    private @Nullable CallCount[] slots = new @Nullable CallCount[FIRST_CAPACITY];
    private CallCount[] counts = new CallCount[FIRST_CAPACITY / 2];
    private int size;

    /// The count for a key; a new one if there is none.
    @SuppressWarnings("ReferenceEquality") // one object per name and word, see Vocabulary
    CallCount get(CallTraits call, int object, @Nullable Word request) {
      int mask = slots.length - 1;
      int slot = hash(call, object, request) & mask;
      while (true) {
        CallCount found = slots[slot];
        if (found == null) {
          return insert(new CallCount(call, object, request));
        }
        if (found.call == call && found.object == object && found.request == request) {
          return found;
        }
        slot = (slot + 1) & mask;
      }
    }

    private static int hash(CallTraits call, int object, @Nullable Word request) {
      int hash = call.index() * 31 + object;
      hash = hash * 31 + (request == null ? 0 : request.id() + 1);
      hash *= 0x9E3779B9;
      return hash ^ (hash >>> 16);
    }

    private CallCount insert(CallCount made) {
      if (size == counts.length) {
        counts = Arrays.copyOf(counts, 2 * size);
        slots = new @Nullable CallCount[2 * slots.length];
        for (int at = 0; at < size; at++) {
          place(counts[at]);
        }
      }
      counts[size++] = made;
      place(made);
      return made;
    }

    private void place(CallCount count) {
      int mask = slots.length - 1;
      int slot = hash(count.call, count.object, count.request) & mask;
      while (slots[slot] != null) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = count;
    }

    int size() {
      return size;
    }

    /// In the order in which their keys were first asked for.
    CallCount at(int index) {
      return counts[index];
    }
  }
}
