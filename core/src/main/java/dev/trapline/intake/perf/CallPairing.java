// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.intake.perf.CallTable.Call;
import dev.trapline.intake.perf.ObservedThreads.Counter;
import dev.trapline.intake.perf.ObservedThreads.ObservedThread;
import dev.trapline.intake.perf.ObservedThreads.Row;
import dev.trapline.syscall.Errno;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Tally;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes calls of the begins and ends of calls that perf recorded, in order of time, be it from its
/// file or from text. Where only begins or only ends were recorded, it counts those and knows no
/// time.
final class CallPairing {
  /// The time of an event that has none.
  static final long NO_TIME = -1;

  /// How well the times of events tell them apart. perf now and then records one event twice.
  enum Clock {
    /// To the nanosecond: no thread has two events at one time.
    EXACT,
    /// A short call and the next one may begin at the same time.
    ROUNDED
  }

  private static final int LARGEST_ERRNO = 4095;

  private final Clock clock;

  /// Whether begins and ends are events of their own per syscall (`syscalls:sys_enter_read`), so
  /// that some syscalls may have only one of both.
  private final boolean isRecordedPerSyscall;

  private final Call callWithoutNumber;

  /// 0 once counting has begun.
  private int awaitedExecOf;

  private final ObservedThreads threads = new ObservedThreads();
  private boolean beginsSeen;
  private boolean endsSeen;
  private boolean timesSeen;
  private long inFlightAtStart;
  private long cutShortByExit;

  /// @param awaitedExecOf the process that counting begins with when it executes a program; 0 to
  ///   count from the begin
  CallPairing(CallTable calls, Clock clock, boolean isRecordedPerSyscall, int awaitedExecOf) {
    this.clock = clock;
    this.isRecordedPerSyscall = isRecordedPerSyscall;
    this.awaitedExecOf = awaitedExecOf;
    callWithoutNumber = calls.byName("rt_sigreturn");
  }

  ObservedThread thread(int pid, int tid) {
    return threads.thread(pid, tid);
  }

  /// Whether any call was told.
  boolean isEmpty() {
    return !beginsSeen && !endsSeen;
  }

  void begin(ObservedThread thread, long timeNanos, Call call, @Nullable String request) {
    if (isBeginRepeated(thread, timeNanos, call)) {
      return;
    }
    beginsSeen = true;
    timesSeen |= timeNanos != NO_TIME;
    thread.hasEntered = true;
    thread.enteredAt = timeNanos;
    if (thread.pendingCounter != null) {
      thread.pendingCounter.unended++;
      thread.pendingCounter.call.endMissed = true;
    }
    thread.clearPending();
    if (call.neverReturns || (isRecordedPerSyscall && call.endsAsNoCall)) {
      if (awaitedExecOf == 0) {
        Counter counter = thread.counter(call, null, request);
        counter.counted++;
        counter.count.addCalls(1);
      }
      return;
    }
    thread.pending = call;
    thread.pendingRequest = request;
    if (awaitedExecOf == 0) {
      thread.pendingCounter = thread.counter(call, null, request);
      thread.pendingCounter.begun++;
    }
  }

  private boolean isBeginRepeated(ObservedThread thread, long timeNanos, Call call) {
    if (timeNanos == NO_TIME || timeNanos != thread.enteredAt) {
      return false;
    }
    // Where no ends were recorded, many begins at one time are as many calls.
    boolean hasEnds = isRecordedPerSyscall ? call.endSeen : endsSeen;
    return clock == Clock.EXACT || (hasEnds && call.equals(thread.pending));
  }

  /// @param call null where the event has the number -1
  void end(ObservedThread thread, long timeNanos, @Nullable Call call, long result) {
    boolean isRepeated =
        timeNanos != NO_TIME
            && timeNanos == thread.leftAt
            && (clock == Clock.EXACT || (thread.pending == null && thread.hasEntered));
    if (isRepeated) {
      return;
    }
    endsSeen = true;
    thread.leftAt = timeNanos;
    Call begun = thread.pending;
    Counter begunCounter = thread.pendingCounter;
    String request = thread.pendingRequest;
    thread.clearPending();
    Call ended = call != null ? call : begun != null ? begun : callWithoutNumber;
    ended.endSeen = true;
    boolean isFirst = !thread.hasEntered && !thread.hasLeft;
    thread.hasLeft = true;
    boolean isChildsSide = ended.startsTask && result == 0;
    if (awaitedExecOf != 0 || isChildsSide) {
      return;
    }
    boolean isPaired = ended.equals(begun);
    Counter counter =
        isPaired && begunCounter != null
            ? begunCounter
            : thread.counter(ended, null, isPaired ? request : null);
    counter.counted++;
    CountBuilder count = counter.count.addCalls(1);
    if (result < 0 && result >= -LARGEST_ERRNO) {
      count.addErrors(Errno.name((int) -result), 1);
    } else if (ended.returnsBytes) {
      count.addBytes(result);
    }
    if (isPaired && timeNanos != NO_TIME && thread.enteredAt != NO_TIME) {
      count.addWall(Math.max(0, timeNanos - thread.enteredAt));
    } else if (isFirst) {
      inFlightAtStart++;
    }
  }

  /// Tells the thread's name.
  ///
  /// @param byExec whether it has it from a program that it now executes
  /// @return the thread, another one if it executes a program
  ObservedThread name(ObservedThread thread, String name, boolean byExec) {
    ObservedThread named = thread;
    if (byExec) {
      if (awaitedExecOf == thread.process.pid) {
        awaitedExecOf = 0;
      }
      named = threads.execute(thread);
      if (awaitedExecOf == 0 && named.pending != null && named.pendingCounter == null) {
        named.pendingCounter = named.counter(named.pending, null, named.pendingRequest);
        named.pendingCounter.begun++;
      }
    }
    threads.rename(named, name);
    return named;
  }

  void fork(int parentTid, int pid, int tid) {
    threads.fork(parentTid, pid, tid);
  }

  void endOfThread(int tid) {
    ObservedThread thread = threads.end(tid);
    if (thread != null && thread.pending != null) {
      cutShortByExit++;
      thread.clearPending();
    }
  }

  /// What was counted, with what is known of its edges.
  Tally tally(long lostEvents, List<String> notes) {
    long inFlightAtEnd = 0;
    for (ObservedThread thread : threads.living()) {
      inFlightAtEnd += thread.pending == null || hasNoEnds(thread.pending) ? 0 : 1;
    }
    if (!endsSeen) {
      // Calls under way at the end cannot be told from others: all that began count.
      inFlightAtEnd = 0;
      cutShortByExit = 0;
    }
    Completeness completeness =
        new Completeness(
            lostEvents,
            0,
            0,
            beginsSeen ? inFlightAtStart : 0,
            inFlightAtEnd,
            cutShortByExit,
            notes);
    long endsMissing = countBegunOnly();
    if (endsMissing > 0) {
      completeness =
          completeness.withNote(
              endsMissing
                  + (endsMissing == 1 ? " call has" : " calls have")
                  + " a begin and no end in the file, and are not counted");
    }
    return new Tally(threads.counts(timesSeen && endsSeen && beginsSeen), completeness);
  }

  /// Whether ends of this syscall were not recorded. Of one that never ended and behind which no
  /// thread went on, all may be under way.
  private boolean hasNoEnds(Call call) {
    return isRecordedPerSyscall && !call.endSeen && call.endMissed;
  }

  /// Counts calls whose ends were not recorded.
  ///
  /// @return calls of which no end was seen, though it was recorded
  private long countBegunOnly() {
    long endsMissing = 0;
    for (Row row : threads.rows()) {
      long calls = 0;
      if (!endsSeen || hasNoEnds(row.call)) {
        calls = row.begun;
      } else {
        endsMissing += row.unended;
      }
      if (calls > 0) {
        row.addBegun(calls);
      }
    }
    return endsMissing;
  }
}
