// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.Errno;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads a perf.data file of `perf record -R -c 1 -e raw_syscalls:sys_enter,raw_syscalls:sys_exit`
/// (or of `perf trace record`) into a tally: per thread, syscall and request; errors by name,
/// bytes, wall time with its distribution. Without sys_enter there is no time and no request. One
/// object reads one file.
///
/// What a descriptor is and what the time was spent on is not in such a file. perf now and then
/// records one event twice, to the nanosecond alike (seen with perf 6.1 on Linux 6.18, about one in
/// 20,000); the second is not counted.
///
/// Numbers are taken as those of 64-bit programs: a file does not tell the 32-bit ones apart.
public final class PerfDataReader {
  private static final int LARGEST_ERRNO = 4095;

  /// What a call is, by its number.
  ///
  /// @param never whether it has no return
  private record Call(
      String name,
      boolean returnsBytes,
      boolean never,
      boolean startsTask,
      boolean executes,
      RequestArgument request) {}

  private record CounterKey(Call call, @Nullable String request) {}

  private static final class ProcessState {
    final int pid;
    String name;

    ProcessState(int pid, String name) {
      this.pid = pid;
      this.name = name;
    }
  }

  /// A thread while it runs one program.
  private static final class ThreadState {
    final int tid;
    ProcessState process;
    String name;
    @Nullable Call pending;
    @Nullable String pendingRequest;
    long enteredAt = -1;
    long leftAt = -1;
    boolean hasEntered;
    final Map<CounterKey, CountBuilder> counters = new HashMap<>();

    ThreadState(int tid, ProcessState process, String name) {
      this.tid = tid;
      this.process = process;
      this.name = name;
    }
  }

  private final Architecture architecture;
  private final Set<Integer> excludedProcesses;

  /// 0 once counting has begun.
  private int awaitedExecOf;

  private final Map<Integer, Call> calls = new HashMap<>();
  private final Map<Integer, ThreadState> threads = new HashMap<>();
  private final List<ThreadState> ended = new ArrayList<>();
  private final Set<Integer> processesSeen = new HashSet<>();
  private boolean timesSeen;
  private long inFlightAtStart;
  private long inFlightAtEnd;
  private long cutShortByExit;
  private final List<String> notes = new ArrayList<>();

  private PerfDataReader(
      Architecture architecture, Set<Integer> excludedProcesses, int awaitedExecOf) {
    this.architecture = architecture;
    this.excludedProcesses = Set.copyOf(excludedProcesses);
    this.awaitedExecOf = awaitedExecOf;
  }

  /// A reader that counts all there is in a file, but for some processes.
  public static PerfDataReader ofAllBut(Architecture architecture, Set<Integer> processes) {
    return new PerfDataReader(architecture, processes, 0);
  }

  /// A reader that begins to count when a process first executes a program.
  public static PerfDataReader fromExecOf(Architecture architecture, int pid) {
    return new PerfDataReader(architecture, Set.of(), pid);
  }

  /// Reads a file.
  ///
  /// @throws IOException if it is no perf.data file, or one with content that is not understood
  public Tally read(Path path) throws IOException {
    PerfDataFile file = new PerfDataFile(this::take);
    file.read(path);
    if (file.isCut()) {
      notes.add("the perf.data file is cut: perf was ended, or the disk is full");
    }
    for (ThreadState thread : threads.values()) {
      inFlightAtEnd += thread.pending == null ? 0 : 1;
      ended.add(thread);
    }
    SortedMap<Key, Count> counts = new TreeMap<>();
    for (ThreadState thread : ended) {
      addCounts(thread, counts);
    }
    return new Tally(
        counts,
        new Completeness(
            file.lostEvents(),
            0,
            0,
            timesSeen ? inFlightAtStart : 0,
            inFlightAtEnd,
            cutShortByExit,
            notes));
  }

  /// The processes that had any event in the file.
  public Set<Integer> processesSeen() {
    return Set.copyOf(processesSeen);
  }

  private void take(PerfEvent event) {
    if (excludedProcesses.contains(event.pid())) {
      return;
    }
    processesSeen.add(event.pid());
    switch (event) {
      case PerfEvent.Enter enter -> enter(enter);
      case PerfEvent.Exit exit -> exit(exit);
      case PerfEvent.Named named -> name(named);
      case PerfEvent.Forked forked -> fork(forked);
      case PerfEvent.Ended end -> end(end);
    }
  }

  private ThreadState thread(int pid, int tid) {
    ThreadState thread = threads.get(tid);
    if (thread == null) {
      ThreadState leader = threads.get(pid);
      ProcessState process = leader == null ? new ProcessState(pid, "") : leader.process;
      thread = new ThreadState(tid, process, process.name);
      threads.put(tid, thread);
    }
    return thread;
  }

  private void enter(PerfEvent.Enter event) {
    ThreadState thread = thread(event.pid(), event.tid());
    if (event.timeNanos() == thread.enteredAt) {
      return; // the same event a second time
    }
    timesSeen = true;
    thread.hasEntered = true;
    thread.enteredAt = event.timeNanos();
    Call call = call(event.number());
    String request =
        call.request == RequestArgument.NONE
            ? null
            : call.request.describe(event.secondArgument() & 0xffffffffL);
    if (call.never) {
      thread.pending = null;
      if (awaitedExecOf == 0) {
        counter(thread, call, request).addCalls(1);
      }
      return;
    }
    thread.pending = call;
    thread.pendingRequest = request;
  }

  private void exit(PerfEvent.Exit event) {
    ThreadState thread = thread(event.pid(), event.tid());
    if (event.timeNanos() == thread.leftAt) {
      return; // the same event a second time
    }
    thread.leftAt = event.timeNanos();
    Call begun = thread.pending;
    thread.pending = null;
    // rt_sigreturn has replaced the number by that of no call.
    Call call =
        event.number() >= 0
            ? call(event.number())
            : begun != null ? begun : callByName("rt_sigreturn");
    boolean isChildsSide = call.startsTask && event.result() == 0;
    if (awaitedExecOf != 0 || isChildsSide) {
      return;
    }
    boolean isTimed = call.equals(begun);
    CountBuilder count = counter(thread, call, isTimed ? thread.pendingRequest : null).addCalls(1);
    if (event.result() < 0 && event.result() >= -LARGEST_ERRNO) {
      count.addErrors(Errno.name((int) -event.result()), 1);
    } else if (call.returnsBytes) {
      count.addBytes(event.result());
    }
    if (isTimed) {
      count.addWall(Math.max(0, event.timeNanos() - thread.enteredAt));
    } else if (!thread.hasEntered) {
      inFlightAtStart++;
    }
  }

  private void name(PerfEvent.Named event) {
    ThreadState thread = thread(event.pid(), event.tid());
    if (event.byExec()) {
      if (awaitedExecOf == event.pid()) {
        awaitedExecOf = 0;
      }
      thread = execute(thread);
    }
    thread.name = event.name();
    if (event.tid() == event.pid()) {
      thread.process.name = event.name();
    }
  }

  /// A program begins, and the counts of the one before it are kept apart.
  private ThreadState execute(ThreadState before) {
    ThreadState after = new ThreadState(before.tid, new ProcessState(before.process.pid, ""), "");
    ThreadState caller = before;
    if (before.pending == null || !before.pending.executes) {
      // A thread that was not the first called execve, and has the first one's number now.
      for (ThreadState other : threads.values()) {
        boolean called = other.pending != null && other.pending.executes;
        if (called && other.process.pid == before.process.pid) {
          caller = other;
        }
      }
    }
    after.pending = caller.pending;
    after.enteredAt = caller.enteredAt;
    after.hasEntered = caller.hasEntered;
    caller.pending = null;
    threads.remove(caller.tid);
    ended.add(before);
    if (caller.tid != before.tid) {
      ended.add(caller);
    }
    threads.put(after.tid, after);
    return after;
  }

  private void fork(PerfEvent.Forked event) {
    ThreadState parent = threads.get(event.parentTid());
    String name = parent == null ? "" : parent.name;
    boolean isThread = parent != null && parent.process.pid == event.pid();
    ProcessState process =
        isThread && parent != null ? parent.process : new ProcessState(event.pid(), name);
    ThreadState stale = threads.put(event.tid(), new ThreadState(event.tid(), process, name));
    if (stale != null) {
      ended.add(stale);
    }
  }

  private void end(PerfEvent.Ended event) {
    ThreadState thread = threads.remove(event.tid());
    if (thread != null) {
      cutShortByExit += thread.pending == null ? 0 : 1;
      thread.pending = null;
      ended.add(thread);
    }
  }

  private CountBuilder counter(ThreadState thread, Call call, @Nullable String request) {
    return thread.counters.computeIfAbsent(
        new CounterKey(call, request),
        key -> {
          CountBuilder made = new CountBuilder();
          return key.call.returnsBytes ? made : made.bytesUnknown();
        });
  }

  private Call call(int number) {
    return calls.computeIfAbsent(
        number,
        any -> {
          Optional<Syscall> known = SyscallCatalogue.instance().byNumber(architecture, number);
          return known.isPresent()
              ? call(known.get())
              : new Call("syscall-" + number, false, false, false, false, RequestArgument.NONE);
        });
  }

  private static Call callByName(String name) {
    return call(SyscallCatalogue.instance().byName(name).orElseThrow());
  }

  private static Call call(Syscall syscall) {
    String name = syscall.name();
    return new Call(
        name,
        syscall.returnsBytes(),
        syscall.neverReturns(),
        name.equals("clone")
            || name.equals("clone3")
            || name.equals("fork")
            || name.equals("vfork"),
        name.equals("execve") || name.equals("execveat"),
        syscall.requestArgument());
  }

  private void addCounts(ThreadState thread, SortedMap<Key, Count> counts) {
    ProcessState process = thread.process;
    ThreadKey key = new ThreadKey(process.pid, process.name, thread.tid, thread.name);
    for (Map.Entry<CounterKey, CountBuilder> entry : thread.counters.entrySet()) {
      CountBuilder count = entry.getValue();
      if (timesSeen) {
        count.splitUnknown();
      } else {
        count.timeUnknown();
      }
      counts.merge(
          new Key(key, entry.getKey().call.name, null, entry.getKey().request),
          count.build(),
          Count::plus);
    }
  }
}
