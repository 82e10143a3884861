// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.intake.perf.CallTable.Call;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.ThreadKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The threads of a recording, each with its counts while it runs one program: what a shell did
/// before it became another program is not added to that program. Threads of which only the number
/// is known have the process [ThreadKey#UNKNOWN_ID].
final class ObservedThreads {
  /// A process while it runs one program.
  static final class ObservedProcess {
    final int pid;
    String name;

    ObservedProcess(int pid, String name) {
      this.pid = pid;
      this.name = name;
    }
  }

  private record CounterKey(Call call, @Nullable ObjectKind object, @Nullable String request) {}

  /// The calls under one key.
  static final class Counter {
    final Call call;
    final CountBuilder count = new CountBuilder();

    /// Calls of which a begin was seen.
    long begun;

    /// Those of them behind which the thread went on without an end of the call being seen.
    long unended;

    /// Calls of which an end was seen, or which have none.
    long counted;

    Counter(Call call) {
      this.call = call;
      if (!call.returnsBytes) {
        count.bytesUnknown();
      }
    }
  }

  /// A thread while it runs one program.
  static final class ObservedThread {
    final int tid;
    ObservedProcess process;
    String name;

    /// As the text has it, undecoded: to see quickly that it has not changed.
    String nameInText = "";

    @Nullable Call pending;
    @Nullable ObjectKind pendingObject;
    @Nullable String pendingRequest;

    /// Null also while what goes on is not counted.
    @Nullable Counter pendingCounter;

    long enteredAt = -1;
    long leftAt = -1;
    boolean hasEntered;
    boolean hasLeft;

    /// Whether it was told to have executed a program, and the end of the call not yet.
    boolean executedNow;

    private final Map<CounterKey, Counter> counters = new HashMap<>();

    ObservedThread(int tid, ObservedProcess process, String name) {
      this.tid = tid;
      this.process = process;
      this.name = name;
    }

    /// Forgets the call that it is in.
    void clearPending() {
      pending = null;
      pendingObject = null;
      pendingRequest = null;
      pendingCounter = null;
    }

    Counter counter(Call call, @Nullable ObjectKind object, @Nullable String request) {
      return counters.computeIfAbsent(
          new CounterKey(call, object, request), key -> new Counter(key.call));
    }
  }

  private record RowKey(
      ThreadKey thread, Call call, @Nullable ObjectKind object, @Nullable String request) {}

  /// The calls under one key of all threads that have had it.
  static final class Row {
    final Call call;
    Count count = Count.NONE;

    /// As in [Counter].
    long begun;

    long unended;
    long counted;

    Row(Call call) {
      this.call = call;
    }

    /// Adds calls of which only the begin is known.
    void addBegun(long calls) {
      counted += calls;
      count = count.plus(Count.ofCalls(calls));
    }
  }

  private final Map<Integer, ObservedThread> threads = new HashMap<>();

  /// Those whose process may yet get another name.
  private final List<ObservedThread> ended = new ArrayList<>();

  private final Map<RowKey, Row> rows = new HashMap<>();

  /// The thread with a number, which is new if there was none.
  ///
  /// @param pid [ThreadKey#UNKNOWN_ID] if it is not told now
  ObservedThread thread(int pid, int tid) {
    ObservedThread thread = threads.get(tid);
    if (thread == null) {
      ObservedThread leader = pid == ThreadKey.UNKNOWN_ID ? null : threads.get(pid);
      ObservedProcess process = leader == null ? new ObservedProcess(pid, "") : leader.process;
      thread = new ObservedThread(tid, process, process.name);
      threads.put(tid, thread);
    } else if (thread.process.pid == ThreadKey.UNKNOWN_ID && pid != ThreadKey.UNKNOWN_ID) {
      ObservedThread leader = threads.get(pid);
      thread.process =
          leader == null || leader.process.pid != pid
              ? new ObservedProcess(pid, pid == tid ? thread.name : "")
              : leader.process;
    }
    return thread;
  }

  void rename(ObservedThread thread, String name) {
    thread.name = name;
    if (thread.tid == thread.process.pid) {
      thread.process.name = name;
    }
  }

  /// A program begins, and the counts of the one before it are kept apart. The call that executes
  /// it ends in the new program.
  ObservedThread execute(ObservedThread before) {
    ObservedThread after =
        new ObservedThread(before.tid, new ObservedProcess(before.process.pid, ""), "");
    ObservedThread caller = before;
    boolean isCaller = before.pending != null && before.pending.executes;
    if (!isCaller && before.process.pid != ThreadKey.UNKNOWN_ID) {
      // A thread that was not the first called execve, and has the first one's number now.
      for (ObservedThread other : threads.values()) {
        boolean called = other.pending != null && other.pending.executes;
        if (called && other.process.pid == before.process.pid) {
          caller = other;
        }
      }
    }
    after.pending = caller.pending;
    after.pendingObject = caller.pendingObject;
    after.pendingRequest = caller.pendingRequest;
    after.enteredAt = caller.enteredAt;
    after.hasEntered = caller.hasEntered;
    after.hasLeft = caller.hasLeft;
    if (caller.pendingCounter != null && caller.pending != null) {
      caller.pendingCounter.begun--;
      after.pendingCounter =
          after.counter(caller.pending, caller.pendingObject, caller.pendingRequest);
      after.pendingCounter.begun++;
    }
    caller.clearPending();
    threads.remove(caller.tid);
    retire(before);
    if (caller.tid != before.tid) {
      retire(caller);
    }
    threads.put(after.tid, after);
    return after;
  }

  void fork(int parentTid, int pid, int tid) {
    ObservedThread parent = threads.get(parentTid);
    String name = parent == null ? "" : parent.name;
    boolean isThread = parent != null && parent.process.pid == pid;
    ObservedProcess process =
        isThread && parent != null ? parent.process : new ObservedProcess(pid, name);
    ObservedThread stale = threads.put(tid, new ObservedThread(tid, process, name));
    if (stale != null) {
      retire(stale);
    }
  }

  /// The thread that has ended, null if it was never seen.
  @Nullable ObservedThread end(int tid) {
    ObservedThread thread = threads.remove(tid);
    if (thread != null) {
      retire(thread);
    }
    return thread;
  }

  /// Those that have not ended.
  Collection<ObservedThread> living() {
    return threads.values();
  }

  /// Takes a thread that counts no more, so that memory does not grow with the number of threads
  /// that there ever were.
  private void retire(ObservedThread thread) {
    if (thread.process.pid == ThreadKey.UNKNOWN_ID) {
      addToRows(thread);
    } else {
      ended.add(thread);
    }
  }

  private void addToRows(ObservedThread thread) {
    ObservedProcess process = thread.process;
    ThreadKey threadKey = new ThreadKey(process.pid, process.name, thread.tid, thread.name);
    for (Map.Entry<CounterKey, Counter> entry : thread.counters.entrySet()) {
      CounterKey key = entry.getKey();
      Counter counter = entry.getValue();
      Row row =
          rows.computeIfAbsent(
              new RowKey(threadKey, key.call, key.object, key.request), any -> new Row(key.call));
      row.count = row.count.plus(counter.count.splitUnknown().build());
      row.begun += counter.begun;
      row.unended += counter.unended;
      row.counted += counter.counted;
    }
    thread.counters.clear();
  }

  /// The calls of all threads, after which nothing more may be counted.
  Collection<Row> rows() {
    ended.forEach(this::addToRows);
    ended.clear();
    threads.values().forEach(this::addToRows);
    return rows.values();
  }

  /// The counts under their keys.
  ///
  /// @param timesKnown whether the source times calls
  SortedMap<Key, Count> counts(boolean timesKnown) {
    SortedMap<Key, Count> counts = new TreeMap<>();
    rows();
    rows.forEach((key, row) -> {
      if (row.counted > 0) {
        counts.put(
            new Key(key.thread, key.call.name, key.object, key.request),
            timesKnown ? row.count : untimed(row.count));
      }
    });
    return counts;
  }

  private static Count untimed(Count count) {
    return new Count(
        count.calls(), 0, count.errors(), count.bytes(), null, null, null, null, null, null);
  }
}
