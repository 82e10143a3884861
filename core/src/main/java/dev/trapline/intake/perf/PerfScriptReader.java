// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.intake.perf.CallTable.Call;
import dev.trapline.intake.perf.ObservedThreads.ObservedThread;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.RequestArgument;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the text of `perf script` with the tracepoints `raw_syscalls:sys_enter` and `sys_exit`, or
/// `syscalls:sys_enter_NAME` and `sys_exit_NAME`, into a tally: per thread, syscall and request;
/// errors by name, bytes, wall time. Where a file has both kinds, the raw one counts, which has
/// every call. Memory depends on how many threads and keys there are, not on the length of the
/// file. One object reads one file.
///
/// Of the same recording it counts what [PerfDataReader] counts, to the nanosecond with `perf
/// script --ns`, else to the microsecond. Names of processes need `-F +pid`; that threads ended
/// needs `--show-task-events`, without it a call that its thread's end cut short is told as under
/// way at the end.
///
/// Lines need the thread's number (the field `tid` of `-F`): without it no end finds its begin, and
/// they are skipped. Events recorded twice, at the same time to the microsecond, count once.
public final class PerfScriptReader {
  private final CallTable calls;
  private final CallPairing raw;
  private final CallPairing named;
  private final PerfScriptLine line = new PerfScriptLine();

  private long lostEvents;
  private long lostInTotal;
  private long otherEvents;
  private long namedEvents;
  private boolean afterEvent;
  private boolean onlyRoundedTimes = true;
  private boolean hasProcesses;
  private long firstNanos = Long.MAX_VALUE;
  private long lastNanos = -1;
  private final List<String> notes = new ArrayList<>();
  private SkippedLines skipped = SkippedLines.NONE;
  private @Nullable String truncation;

  /// A reader of what was recorded on an x86-64 machine.
  public PerfScriptReader() {
    this(Architecture.X86_64);
  }

  /// A reader of what was recorded on a machine of some architecture, which is what numbers of
  /// syscalls mean something on.
  public PerfScriptReader(Architecture architecture) {
    calls = new CallTable(architecture);
    raw = new CallPairing(calls, CallPairing.Clock.ROUNDED, false, 0);
    named = new CallPairing(calls, CallPairing.Clock.ROUNDED, true, 0);
  }

  /// Whether a line can only be of such a file.
  public static boolean recognises(String line) {
    PerfScriptLine parsed = new PerfScriptLine();
    return switch (parsed.parse(line)) {
      case RAW_BEGIN, RAW_END, NAMED_BEGIN, NAMED_END -> true;
      case NAME, FORK, END_OF_THREAD, LOST, LOST_TOTAL, OTHER_RECORD ->
          parsed.timeNanos != CallPairing.NO_TIME;
      case OTHER_EVENT, NOT_UNDERSTOOD -> false;
    };
  }

  /// Reads to the end of the stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a file makes one
  public TallyReading read(InputStream script) throws IOException {
    TextLines lines = new TextLines(script);
    for (String text = lines.next(); text != null; text = lines.next()) {
      boolean understood = readLine(text);
      if (!understood) {
        int end = ForeignPrefix.end(text);
        understood = end > 0 && readLine(text.substring(end));
      }
      if (lines.isUnterminated()) {
        // Of a result that is cut, too, the beginning looks like one.
        truncation = "its last line (" + lines.number() + ") has no end";
      } else if (!understood) {
        skipped = lines.skipped(skipped, text);
      }
    }
    return reading(lines.number());
  }

  private boolean readLine(String text) {
    if (text.startsWith("#") || (afterEvent && isOfCallChain(text)) || text.isBlank()) {
      return true;
    }
    PerfScriptLine.Kind kind = line.parse(text);
    if (kind == PerfScriptLine.Kind.NOT_UNDERSTOOD) {
      return readWarning(text.strip());
    }
    afterEvent = true;
    if (line.timeNanos > 0) {
      firstNanos = Math.min(firstNanos, line.timeNanos);
      lastNanos = Math.max(lastNanos, line.timeNanos);
      onlyRoundedTimes &= line.timeNanos % 1000 == 0;
    }
    hasProcesses |= line.pid != 0;
    switch (kind) {
      case RAW_BEGIN, RAW_END -> readRaw(kind == PerfScriptLine.Kind.RAW_BEGIN);
      case NAMED_BEGIN, NAMED_END -> readNamed(kind == PerfScriptLine.Kind.NAMED_BEGIN);
      case NAME, FORK, END_OF_THREAD -> {
        hasProcesses |= line.subjectPid != 0;
        readTask(kind, raw);
        readTask(kind, named);
      }
      case LOST -> lostEvents += line.lost;
      case LOST_TOTAL -> lostInTotal += line.lost;
      case OTHER_RECORD -> {}
      case OTHER_EVENT -> otherEvents++;
      case NOT_UNDERSTOOD -> throw new IllegalStateException("handled above");
    }
    return true;
  }

  /// A line of a call chain begins with an address; a name of a thread may do so too, but ends with
  /// no parenthesis that an event does not have.
  private static boolean isOfCallChain(String text) {
    return text.startsWith("\t") && TextLines.isOfCallChain(text);
  }

  /// `Processed 1234 events and lost 5 chunks!`: perf tells of the begin of a loss, not its size.
  private boolean readWarning(String text) {
    if (text.startsWith("Processed ") && text.contains(" lost ") && text.endsWith("!")) {
      notes.add(
          "perf script warns: " + SkippedLines.NONE.with(1, text).first().getFirst().excerpt());
      return true;
    }
    return text.equals("Warning:") || text.equals("Check IO/CPU overload!");
  }

  private void readRaw(boolean isBegin) {
    Call call = line.number < 0 ? null : calls.byNumber(line.number);
    if (!isBegin) {
      raw.end(endingThread(raw, call), line.timeNanos, call, line.result);
    } else if (call != null) {
      String request =
          call.request == RequestArgument.NONE
              ? null
              : call.request.describe(line.secondArgument & 0xffffffffL);
      raw.begin(thread(raw), line.timeNanos, call, request);
    }
  }

  private void readNamed(boolean isBegin) {
    namedEvents++;
    Call call = calls.byName(line.call);
    if (!isBegin) {
      named.end(endingThread(named, call), line.timeNanos, call, line.result);
      return;
    }
    String value =
        switch (call.request) {
          case NONE -> null;
          case IOCTL_REQUEST -> line.argument("cmd:");
          case FUTEX_OPERATION -> line.argument("op:");
        };
    String request = value == null ? null : PerfArguments.request(call.request, value);
    named.begin(thread(named), line.timeNanos, call, request);
  }

  private ObservedThread thread(CallPairing pairing) {
    ObservedThread thread = pairing.thread(line.pid, line.tid);
    String comm = line.comm;
    if (comm != null && !comm.equals(thread.nameInText)) {
      // Where only begins were recorded, the new name is what tells of a program.
      boolean byExec = thread.pending != null && thread.pending.executes;
      thread = rename(pairing, thread, comm, byExec);
    }
    return thread;
  }

  /// The thread that a call ends in, which is another one if it has executed a program.
  private ObservedThread endingThread(CallPairing pairing, @Nullable Call call) {
    ObservedThread thread = pairing.thread(line.pid, line.tid);
    String comm = line.comm;
    boolean byExec = call != null && call.executes && line.result == 0 && !thread.executedNow;
    thread.executedNow = false;
    if (byExec || (comm != null && !comm.equals(thread.nameInText))) {
      thread = rename(pairing, thread, comm == null ? "" : comm, byExec);
      thread.executedNow = false;
    }
    return thread;
  }

  private static ObservedThread rename(
      CallPairing pairing, ObservedThread thread, String comm, boolean byExec) {
    boolean isUnknown = PerfTraceSummaryReader.isUnknown(comm, thread.tid);
    String name = isUnknown ? thread.name : TextLines.decoded(comm);
    ObservedThread named = pairing.name(thread, name, byExec);
    named.nameInText = comm;
    return named;
  }

  private void readTask(PerfScriptLine.Kind kind, CallPairing pairing) {
    int pid = line.subjectPid;
    switch (kind) {
      case NAME -> {
        ObservedThread before = pairing.thread(pid, line.subjectTid);
        ObservedThread named = rename(pairing, before, line.newName, line.byExec);
        named.executedNow = line.byExec;
      }
      case FORK -> pairing.fork(line.parentTid, pid, line.subjectTid);
      default -> pairing.endOfThread(line.subjectTid);
    }
  }

  private TallyReading reading(long lines) {
    boolean isNamed = raw.isEmpty() && !named.isEmpty();
    List<String> unknown = new ArrayList<>();
    unknown.add("objects of descriptors");
    if (!hasProcesses) {
      unknown.add("processes of threads");
    }
    unknown.add("what time was spent on");
    unknown.add("calls of 32-bit programs, which look like others");
    if (isNamed) {
      unknown.add("calls whose tracepoints were not recorded");
    }
    List<String> remarks = new ArrayList<>();
    if (lastNanos >= 0 && onlyRoundedTimes) {
      remarks.add("times are to the microsecond; perf script --ns tells them exactly");
    }
    if (!isNamed && namedEvents > 0) {
      remarks.add(
          namedEvents + " events of syscalls:* are not counted beside those of raw_syscalls:*");
    }
    if (otherEvents > 0) {
      remarks.add(
          otherEvents
              + (otherEvents == 1 ? " event is" : " events are")
              + " other than of syscalls, and not counted");
    }
    return new TallyReading(
        // Newer kernels tell the same loss twice: as it happens, and as a total at the end.
        (isNamed ? named : raw).tally(Math.max(lostEvents, lostInTotal), notes),
        lines,
        skipped,
        truncation,
        unknown,
        lastNanos < firstNanos ? null : lastNanos - firstNanos,
        remarks);
  }
}
