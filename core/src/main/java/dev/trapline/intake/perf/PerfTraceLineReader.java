// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.intake.perf.CallTable.Call;
import dev.trapline.intake.perf.ObservedThreads.Counter;
import dev.trapline.intake.perf.ObservedThreads.ObservedThread;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the lines of `perf trace`, one per call, into a tally: per thread, syscall, kind of object
/// and request; errors by name, bytes, and wall time to the microsecond. Memory depends on how many
/// threads and keys there are, not on the length of the file. One object reads one file. The table
/// that `-S` prints behind the lines is left to [PerfTraceSummaryReader].
///
/// Where it differs from perf's own table, on purpose:
///
/// - A call without a return (`exit_group`) counts, and so does `rt_sigreturn`, whose end perf does
///   not find. Neither is in the table.
/// - The first return of a new thread or process, which perf prints as `? ( ): ... [continued]:
///   clone()`, is no call that it made, and does not count. In the table it does.
/// - A call under way when perf began counts, without a time. In the table it has the time 0.
///
/// perf prints the begin of a call only if something else comes before its end: a call under way
/// when perf ended may not be in the file at all.
///
/// Kinds of objects are those of the names that perf looks up in `/proc` after the call. A
/// descriptor that was closed and used anew meanwhile has the name of the later file.
public final class PerfTraceLineReader {
  private static final long NANOS_PER_MICROSECOND = 1000;
  private static final String TABLE_TITLE = "Summary of events:";

  private final CallTable calls = new CallTable(Architecture.X86_64);
  private final ObservedThreads threads = new ObservedThreads();
  private final PerfTraceLine line = new PerfTraceLine();

  /// The thread of the line before: it is mostly that of the next one too.
  private @Nullable ObservedThread lastThread;

  private long lostEvents;
  private long otherEvents;
  private long firstReturns;
  private long inFlightAtStart;
  private long endsMissing;
  private long tableLines;
  private boolean inTable;
  private boolean afterEvent;
  private boolean hasThreads = true;
  private long firstMicros = Long.MAX_VALUE;
  private long lastMicros = -1;
  private SkippedLines skipped = SkippedLines.NONE;
  private @Nullable String truncation;

  /// Whether a line can only be of such a file.
  public static boolean recognises(String line) {
    int at = TextLines.endOfBlanks(line, 0);
    boolean hasTime =
        at < line.length() && (line.charAt(at) == '?' || TextLines.isDigit(line.charAt(at)));
    return hasTime && new PerfTraceLine().parse(line) != PerfTraceLine.Kind.NOT_UNDERSTOOD;
  }

  /// Reads to the end of the stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a file makes one
  public TallyReading read(InputStream trace) throws IOException {
    TextLines lines = new TextLines(trace);
    for (String text = lines.next(); text != null; text = lines.next()) {
      boolean understood = readLine(text);
      if (!understood) {
        int end = ForeignPrefix.end(text);
        understood = end > 0 && readLine(text.substring(end));
      }
      if (lines.isUnterminated() && (!understood || !inTable)) {
        // Of a result that is cut, too, the beginning looks like one.
        truncation = "its last line (" + lines.number() + ") has no end";
      } else if (!understood) {
        skipped = lines.skipped(skipped, text);
      }
    }
    return reading(lines.number());
  }

  private boolean readLine(String text) {
    PerfTraceLine.Kind kind = line.parse(text);
    if (kind == PerfTraceLine.Kind.NOT_UNDERSTOOD) {
      return readOther(text);
    }
    inTable = false;
    afterEvent = true;
    if (kind == PerfTraceLine.Kind.OTHER_EVENT) {
      otherEvents++;
      return true;
    }
    readCall(kind);
    return true;
  }

  /// What is no call.
  private boolean readOther(String text) {
    if (afterEvent && TextLines.isOfCallChain(text)) {
      return true;
    }
    String stripped = text.strip();
    if (stripped.isEmpty()) {
      return true;
    }
    long lost = PerfTraceSummaryReader.lost(stripped);
    if (lost >= 0) {
      lostEvents += lost;
      return true;
    }
    if (stripped.equals(TABLE_TITLE)) {
      inTable = true;
      afterEvent = false;
    }
    if (inTable && PerfTraceSummaryReader.isOfTable(text)) {
      tableLines++;
      return true;
    }
    return false;
  }

  private void readCall(PerfTraceLine.Kind kind) {
    Call call = calls.byName(line.call);
    ObservedThread thread = thread(isExecuted(kind, call));
    if (line.timeMicros >= 0) {
      firstMicros = Math.min(firstMicros, line.timeMicros);
      lastMicros = Math.max(lastMicros, line.timeMicros + Math.max(0, line.durationMicros));
    }
    switch (kind) {
      case CALL -> {
        dropPending(thread);
        count(execute(thread, call), call, object(call), request(call), true);
      }
      case BEGIN -> {
        dropPending(thread);
        begin(thread, call);
      }
      case CONTINUED -> end(thread, call);
      case NEVER_RETURNS -> {
        dropPending(thread);
        Counter counter = thread.counter(call, object(call), request(call));
        counter.counted++;
        counter.count.addCalls(1);
        if (thread.tid != PerfTraceLine.NO_THREAD) {
          threads.end(thread.tid);
          lastThread = null;
        }
      }
      case OTHER_EVENT, NOT_UNDERSTOOD -> throw new IllegalStateException("handled before");
    }
    thread.hasEntered = true;
  }

  /// Whether the call has executed a program: perf has printed it with that program's name.
  private boolean isExecuted(PerfTraceLine.Kind kind, Call call) {
    return call.executes
        && line.error == null
        && (kind == PerfTraceLine.Kind.CALL || kind == PerfTraceLine.Kind.CONTINUED);
  }

  private ObservedThread thread(boolean hasNextName) {
    ObservedThread thread = lastThread;
    if (thread == null || thread.tid != line.tid) {
      thread = threads.thread(ThreadKey.UNKNOWN_ID, line.tid);
      lastThread = thread;
      hasThreads &= line.tid != PerfTraceLine.NO_THREAD;
    }
    if (!hasNextName && !thread.nameInText.equals(line.comm)) {
      name(thread);
    }
    return thread;
  }

  private void name(ObservedThread thread) {
    thread.nameInText = line.comm;
    if (!PerfTraceSummaryReader.isUnknown(line.comm, line.tid)) {
      threads.rename(thread, TextLines.decoded(line.comm));
    }
  }

  /// The thread that goes on behind a call: another one, with the same number, if the call has
  /// executed a program.
  private ObservedThread execute(ObservedThread thread, Call call) {
    if (!call.executes || line.error != null) {
      return thread;
    }
    ObservedThread after = threads.execute(thread);
    after.hasEntered = true;
    name(after);
    lastThread = after;
    return after;
  }

  private void dropPending(ObservedThread thread) {
    if (thread.pending != null) {
      endsMissing++;
      thread.clearPending();
    }
  }

  private void begin(ObservedThread thread, Call call) {
    ObjectKind object = object(call);
    String request = request(call);
    if (call.endsAsNoCall) {
      Counter counter = thread.counter(call, object, request);
      counter.counted++;
      counter.count.addCalls(1);
      return;
    }
    thread.pending = call;
    thread.pendingObject = object;
    thread.pendingRequest = request;
  }

  private void end(ObservedThread thread, Call call) {
    if (call.equals(thread.pending)) {
      ObservedThread after = execute(thread, call);
      ObjectKind object = after.pendingObject;
      String request = after.pendingRequest;
      after.clearPending();
      count(after, call, object, request, true);
      return;
    }
    boolean isFirstReturn =
        call.startsTask
            && line.timeMicros < 0
            && line.error == null
            && (!line.hasResult || line.result == 0);
    if (isFirstReturn) {
      firstReturns++;
      return;
    }
    dropPending(thread);
    boolean isFirst = !thread.hasEntered;
    ObservedThread after = execute(thread, call);
    if (isFirst) {
      inFlightAtStart++;
    }
    count(after, call, null, null, false);
  }

  private void count(
      ObservedThread thread,
      Call call,
      @Nullable ObjectKind object,
      @Nullable String request,
      boolean isBeginKnown) {
    Counter counter = thread.counter(call, object, request);
    counter.counted++;
    counter.count.addCalls(1);
    if (line.error != null) {
      counter.count.addErrors(line.error, 1);
    } else if (call.returnsBytes) {
      if (line.hasResult) {
        counter.count.addBytes(line.result);
      } else {
        counter.count.bytesUnknown();
      }
    }
    if (isBeginKnown && line.durationMicros >= 0) {
      counter.count.addWall(line.durationMicros * NANOS_PER_MICROSECOND);
    }
  }

  /// Only of the calls whose descriptor stands first, or is the only one: of `dup2` and its like
  /// the first may be left out because it is 0.
  private @Nullable ObjectKind object(Call call) {
    String argument =
        switch (call.descriptor) {
          case NONE, RETURN_VALUE -> null;
          default ->
              call.name.startsWith("epoll_")
                  ? "epfd:"
                  : call.name.startsWith("dup") ? "oldfd:" : "fd:";
        };
    int value = argument == null ? -1 : line.argument(argument);
    return value < 0 ? null : PerfArguments.object(line.argumentText(value));
  }

  private @Nullable String request(Call call) {
    if (call.request == RequestArgument.NONE || !line.hasNamedArguments()) {
      return null;
    }
    int value = line.argument(call.request == RequestArgument.IOCTL_REQUEST ? "cmd:" : "op:");
    return value < 0
        ? PerfArguments.zero(call.request)
        : PerfArguments.request(call.request, line.argumentText(value));
  }

  private TallyReading reading(long lines) {
    long inFlightAtEnd = 0;
    for (ObservedThread thread : threads.living()) {
      inFlightAtEnd += thread.pending == null ? 0 : 1;
    }
    Completeness completeness =
        new Completeness(lostEvents, 0, 0, inFlightAtStart, inFlightAtEnd, 0, List.of());
    if (endsMissing > 0) {
      completeness =
          completeness.withNote(
              endsMissing
                  + (endsMissing == 1 ? " call has" : " calls have")
                  + " a begin and no end in the file, and are not counted");
    }
    return new TallyReading(
        new Tally(threads.counts(true), completeness),
        lines,
        skipped,
        truncation,
        cannotKnow(),
        lastMicros < firstMicros ? null : (lastMicros - firstMicros) * NANOS_PER_MICROSECOND,
        remarks());
  }

  private List<String> cannotKnow() {
    List<String> unknown = new ArrayList<>();
    unknown.add("protocols of sockets");
    unknown.add("processes of threads");
    if (!hasThreads) {
      unknown.add("threads");
    }
    unknown.add("what time was spent on");
    unknown.add("calls that perf was told to leave out (-e, --duration, --failure, --max-events)");
    unknown.add("calls under way at the end, unless their begin was printed");
    return unknown;
  }

  private List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    if (lastMicros >= 0) {
      remarks.add(
          "times are to the microsecond; kinds of objects are by names that perf looked up after"
              + " the call; names of threads are cut to 14 bytes");
    }
    if (firstReturns > 0) {
      remarks.add(
          firstReturns
              + (firstReturns == 1
                  ? " first return of a thread is"
                  : " first returns of threads are")
              + " not counted, which perf prints as a clone that the thread called");
    }
    if (otherEvents > 0) {
      remarks.add(
          otherEvents
              + (otherEvents == 1 ? " line tells an event" : " lines tell events")
              + " other than syscalls");
    }
    if (tableLines > 0) {
      remarks.add("the table behind the lines is not counted beside them");
    }
    return remarks;
  }
}
