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

  private final Map<Integer, ObservedThread> threads = new HashMap<>();
  private final List<ObservedThread> ended = new ArrayList<>();

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
    ended.add(before);
    if (caller.tid != before.tid) {
      ended.add(caller);
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
      ended.add(stale);
    }
  }

  /// The thread that has ended, null if it was never seen.
  @Nullable ObservedThread end(int tid) {
    ObservedThread thread = threads.remove(tid);
    if (thread != null) {
      ended.add(thread);
    }
    return thread;
  }

  /// Those that have not ended.
  Collection<ObservedThread> living() {
    return threads.values();
  }

  /// All counters of all threads.
  List<Counter> counters() {
    List<Counter> all = new ArrayList<>();
    for (ObservedThread thread : all()) {
      all.addAll(thread.counters.values());
    }
    return all;
  }

  private List<ObservedThread> all() {
    List<ObservedThread> all = new ArrayList<>(ended);
    all.addAll(threads.values());
    return all;
  }

  /// The counts under their keys.
  ///
  /// @param timesKnown whether the source times calls
  SortedMap<Key, Count> counts(boolean timesKnown) {
    SortedMap<Key, Count> counts = new TreeMap<>();
    for (ObservedThread thread : all()) {
      ObservedProcess process = thread.process;
      ThreadKey threadKey = new ThreadKey(process.pid, process.name, thread.tid, thread.name);
      for (Map.Entry<CounterKey, Counter> entry : thread.counters.entrySet()) {
        if (entry.getValue().counted == 0) {
          continue;
        }
        CountBuilder count = entry.getValue().count;
        if (timesKnown) {
          count.splitUnknown();
        } else {
          count.timeUnknown();
        }
        CounterKey counted = entry.getKey();
        Key key = new Key(threadKey, counted.call.name, counted.object, counted.request);
        counts.merge(key, count.build(), Count::plus);
      }
    }
    return counts;
  }
}
