// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static dev.trapline.intake.strace.ByteText.bytes;
import static dev.trapline.intake.strace.ByteText.endOfDigits;
import static dev.trapline.intake.strace.ByteText.endOfWord;
import static dev.trapline.intake.strace.ByteText.isDigit;

import dev.trapline.intake.strace.ObservedThread.Counter;
import dev.trapline.intake.strace.ObservedThread.ObservedProcess;
import dev.trapline.intake.strace.ObservedThread.PendingCall;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads the log of `strace -f` into a tally: per thread, syscall, kind of object (`-yy`) and
/// request; errors by name, bytes, and wall time (`-T`, or `--syscall-times=ns`). Memory depends on
/// how many threads and keys there are, not on the length of the log. One object reads one log.
///
/// It believes strace: an `rt_sigreturn` that "returns" the error of the call that the signal
/// interrupted counts as failed, as in the table of `strace -c`. A call without a return (`= ?`)
/// counts if it is one that never returns; otherwise its thread was ended from outside and it is
/// told as cut short. What the wall time was spent on is not in a log.
///
/// Which process a thread belongs to is found from the `CLONE_THREAD` flag of the clone that made
/// it. Names are those of `-Y`, without it those of the programs executed. What is not understood
/// is counted and told with its line number, and makes the tally incomplete.
public final class StraceLogReader {
  /// What is expected of a log's end.
  public enum Ending {
    /// It tells how every thread ended. If it does not, it was cut.
    WHOLE,
    /// The tracer was ended, or let go, amid the calls.
    MAY_BE_CUT
  }

  private static final int FIRST_BUFFER_BYTES = 1 << 18;
  private static final int LONGEST_LINE_BYTES = 1 << 24;
  private static final int LINES_SHOWN = 3;
  private static final int LINE_EXCERPT_BYTES = 120;

  /// proc(5): a thread's name has up to 15 bytes.
  private static final int LONGEST_NAME_BYTES = 15;

  private static final byte[] CLONE_THREAD = bytes("CLONE_THREAD");
  private static final byte[] ALTERNATIVE = bytes(" or ");
  private static final byte[] REALTIME_FLAG = bytes("FUTEX_CLOCK_REALTIME");

  private final Ending ending;
  private final StraceLine line = new StraceLine();
  private final DescriptorDecoration decorations = new DescriptorDecoration();
  private final List<CallTraits> traits = new ArrayList<>();
  private final WordTable<CallTraits> traitsByName = new WordTable<>(this::newTraits);
  private final WordTable<String> words = new WordTable<>(word -> word);

  private final Map<Integer, ObservedThread> threads = new HashMap<>();

  /// Ended before the clone that made them had returned.
  private final Map<Integer, ObservedThread> endedWithoutProcess = new HashMap<>();

  private final List<ObservedThread> ended = new ArrayList<>();

  /// The thread of the line before: it is mostly that of the next one too.
  private @Nullable ObservedThread lastThread;

  private long lineNumber;
  private long linesNotUnderstood;
  private final List<String> firstNotUnderstood = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private long inFlightAtEnd;
  private long cutShortByExit;
  private long endsWithoutBegin;
  private boolean timesSeen;

  /// A reader for a log of which nothing else is known.
  public StraceLogReader(Ending ending) {
    this(ending, List.of());
  }

  /// A reader that knows threads which were there before the log began, because the tracer was
  /// attached to them.
  public StraceLogReader(Ending ending, Collection<ThreadKey> threadsBefore) {
    this.ending = ending;
    Map<Integer, ObservedProcess> processes = new HashMap<>();
    for (ThreadKey before : threadsBefore) {
      ObservedProcess process =
          processes.computeIfAbsent(
              before.pid(), pid -> new ObservedProcess(pid, before.process()));
      threads.put(before.tid(), new ObservedThread(before.tid(), process, before.thread()));
    }
  }

  private CallTraits newTraits(String name) {
    CallTraits made = CallTraits.of(name, traits.size());
    traits.add(made);
    return made;
  }

  /// Reads to the end of the stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a log makes one
  public Tally read(InputStream log) throws IOException {
    byte[] buffer = new byte[FIRST_BUFFER_BYTES];
    int filled = 0;
    boolean skipping = false;
    while (true) {
      int count = log.read(buffer, filled, buffer.length - filled);
      if (count < 0) {
        break;
      }
      int lineStart = 0;
      int at = filled;
      filled += count;
      for (; at < filled; at++) {
        if (buffer[at] == '\n') {
          lineNumber++;
          if (skipping) {
            skipping = false;
          } else {
            readLine(buffer, lineStart, at);
          }
          lineStart = at + 1;
        }
      }
      System.arraycopy(buffer, lineStart, buffer, 0, filled - lineStart);
      filled -= lineStart;
      if (filled == buffer.length) {
        if (filled >= LONGEST_LINE_BYTES) {
          if (!skipping) {
            notUnderstood(buffer, 0, filled, lineNumber + 1);
          }
          skipping = true;
          filled = 0;
        } else {
          buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
      }
    }
    if (filled > 0 && !skipping) {
      lineNumber++;
      readUnterminated(buffer, filled);
    }
    return tally();
  }

  /// The last line, without its newline.
  private void readUnterminated(byte[] buffer, int length) {
    if (ending == Ending.MAY_BE_CUT && line.parse(buffer, 0, length) == StraceLine.Kind.CUT) {
      // strace writes the begin of a call before the call is made, so this is one in flight.
      inFlightAtEnd++;
      return;
    }
    notes.add(
        "the strace log's last line (" + lineNumber + ") is cut: " + excerpt(buffer, 0, length));
  }

  private void readLine(byte[] buffer, int from, int to) {
    int lineEnd = to > from && buffer[to - 1] == '\r' ? to - 1 : to;
    StraceLine.Kind kind = line.parse(buffer, from, lineEnd);
    if (kind == StraceLine.Kind.IRRELEVANT) {
      return;
    }
    if (kind == StraceLine.Kind.NOT_UNDERSTOOD || kind == StraceLine.Kind.CUT) {
      notUnderstood(buffer, from, lineEnd, lineNumber);
      return;
    }
    ObservedThread thread = thread();
    switch (kind) {
      case CALL -> readCall(thread);
      case UNFINISHED -> thread.pending = beginOfCall();
      case RESUMED -> readResumed(thread);
      case DETACHED -> {
        inFlightAtEnd++;
        thread.pending = null;
      }
      case EXITED -> {
        if (thread.pending != null) {
          cutShortByExit++;
        }
        end(thread);
      }
      case SUPERSEDED -> supersede(thread);
      case CUT, IRRELEVANT, NOT_UNDERSTOOD -> throw new IllegalStateException("handled above");
    }
  }

  private ObservedThread thread() {
    ObservedThread found = lastThread;
    if (found == null || found.tid != line.tid) {
      found = threads.computeIfAbsent(line.tid, tid -> new ObservedThread(tid, null, ""));
      lastThread = found;
    }
    // The end of an execve carries the new program's name already, and this is still the old one.
    boolean executing = found.pending != null && found.pending.traits().executes();
    if (line.commandStart >= 0 && !executing) {
      found.observeName(line.text, line.commandStart, line.commandEnd);
    }
    return found;
  }

  private void readCall(ObservedThread thread) {
    finish(thread, beginOfCall());
  }

  /// What the arguments before a call tell.
  private PendingCall beginOfCall() {
    CallTraits call = traitsByName.get(line.text, line.nameStart, line.nameEnd);
    boolean startsThread =
        call.startsTask()
            && ByteText.indexOf(line.text, line.argumentsStart, line.argumentsEnd, CLONE_THREAD)
                >= 0;
    ObjectKind object = null;
    if (call.makesSocket()) {
      object =
          DescriptorDecoration.kindOfNewSocket(line.text, line.argumentsStart, line.argumentsEnd);
    } else if (call.descriptorIndex() >= 0) {
      object = descriptorKind(line.argument(call.descriptorIndex()), line.argumentsEnd);
    } else if (call.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR) {
      // accept4 returns a socket of the kind that it accepts on.
      object = descriptorKind(line.argumentsStart, line.argumentsEnd);
    }
    String request = call.request() == RequestArgument.NONE ? null : request(call.request());
    String program = call.executes() ? programName() : null;
    return new PendingCall(call, object, request, startsThread, program);
  }

  /// The kind of `3<...>` at a position; null for a bare number and for `AT_FDCWD<...>`, which is
  /// no descriptor.
  private @Nullable ObjectKind descriptorKind(int from, int to) {
    if (from < 0 || from >= to || !isDigit(line.text[from])) {
      return null;
    }
    int bracket = endOfDigits(line.text, from, to);
    if (bracket >= to || line.text[bracket] != '<') {
      return null;
    }
    return decorations.kindOf(line.text, bracket + 1, to);
  }

  /// The request's name. Requests of several drivers may share a number; strace then writes all, as
  /// `TCGETS or SNDCTL_TMR_TIMEBASE`, and the first is taken.
  private @Nullable String request(RequestArgument argument) {
    int from = line.argument(RequestArgument.INDEX);
    if (from < 0) {
      return null;
    }
    int to = from;
    while (to < line.argumentsEnd && line.text[to] != ',' && line.text[to] != '<') {
      if (line.text[to] == '(') {
        // _IOC(_IOC_READ, 0x45, 0x18, 0x10): a request that strace has no name for.
        to = ByteText.indexOf(line.text, to, line.argumentsEnd, bytes(")")) + 1;
        to = to == 0 ? line.argumentsEnd : to;
        break;
      }
      to++;
    }
    int alternative = ByteText.indexOf(line.text, from, to, ALTERNATIVE);
    if (alternative >= 0) {
      to = alternative;
    }
    if (argument == RequestArgument.FUTEX_OPERATION) {
      // FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME: the clock is no part of the operation's name.
      int flag = ByteText.indexOf(line.text, from, to, REALTIME_FLAG);
      if (flag > from && line.text[flag - 1] == '|') {
        to = flag - 1;
      }
    }
    while (to > from && line.text[to - 1] == ' ') {
      to--;
    }
    return to == from ? null : words.get(line.text, from, to);
  }

  /// The last part of the path that execve is given, as the kernel makes the process's name of it.
  private @Nullable String programName() {
    int at = line.argumentsStart;
    while (at < line.argumentsEnd && line.text[at] != '"') {
      at++;
    }
    int from = ++at;
    while (at < line.argumentsEnd && line.text[at] != '"') {
      if (line.text[at] == '/') {
        from = at + 1;
      }
      at++;
    }
    if (at >= line.argumentsEnd) {
      return null;
    }
    return ByteText.unescaped(line.text, from, Math.min(at, from + LONGEST_NAME_BYTES));
  }

  private void readResumed(ObservedThread thread) {
    PendingCall begun = thread.pending;
    thread.pending = null;
    if (begun == null) {
      // The begin was before the log, or in a line that was not understood.
      endsWithoutBegin++;
      CallTraits call = traitsByName.get(line.text, line.nameStart, line.nameEnd);
      begun = new PendingCall(call, null, null, false, null);
    }
    finish(thread, begun);
  }

  private void finish(ObservedThread thread, PendingCall call) {
    byte[] text = line.text;
    int at = line.resultStart;
    int resultEnd = line.resultEnd;
    CallTraits callTraits = call.traits();
    String error = null;
    long value = -1;
    if (text[at] == '?') {
      error = errorBehind(at + 1, resultEnd);
      if (error == null && !callTraits.neverReturns()) {
        cutShortByExit++;
        return;
      }
    } else if (text[at] == '-') {
      int digits = endOfDigits(text, at + 1, resultEnd);
      error = errorBehind(digits, resultEnd);
    } else if (isDigit(text[at])) {
      value = ByteText.number(text, at, endOfDigits(text, at, resultEnd));
    }
    ObservedThread counted = thread;
    if (callTraits.executes() && value == 0) {
      counted = execute(thread, call);
    }
    ObjectKind object = call.object();
    if (callTraits.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR) {
      object = returnedKind(at, resultEnd, value, object);
    }
    CountBuilder count = counted.counter(callTraits, object, call.request()).addCalls(1);
    if (error != null) {
      count.addErrors(error, 1);
    } else if (callTraits.returnsBytes() && value > 0) {
      count.addBytes(value);
    }
    if (line.wallNanos >= 0) {
      count.addWall(line.wallNanos);
      timesSeen = true;
    }
    if (callTraits.startsTask() && value > 0) {
      startTask((int) value, counted, call.startsThread());
    }
  }

  private @Nullable String errorBehind(int from, int to) {
    int at = from;
    while (at < to && line.text[at] == ' ') {
      at++;
    }
    int wordEnd = endOfWord(line.text, at, to);
    return wordEnd > at ? words.get(line.text, at, wordEnd) : null;
  }

  private @Nullable ObjectKind returnedKind(
      int from, int to, long value, @Nullable ObjectKind expected) {
    if (value < 0) {
      return null;
    }
    ObjectKind kind = descriptorKind(from, to);
    if (kind == null) {
      int bracket = endOfDigits(line.text, from, to);
      decorations.learnSocket(line.text, Math.min(bracket + 1, to), to, expected);
      kind = descriptorKind(from, to);
    }
    return kind;
  }

  private void startTask(int childTid, ObservedThread parent, boolean isThread) {
    ObservedThread child = threads.get(childTid);
    if (child != null && child.process != null) {
      // Numbers of another pid namespace: it is not this one's child.
      return;
    }
    if (child == null) {
      child = endedWithoutProcess.remove(childTid);
    }
    if (child == null) {
      child = new ObservedThread(childTid, null, parent.name);
      threads.put(childTid, child);
    }
    ObservedProcess owner = isThread ? processOf(parent) : new ObservedProcess(childTid, "");
    if (child.name.isEmpty()) {
      child.name = parent.name;
    }
    if (!isThread) {
      owner.name = child.name;
    }
    child.belongsTo(owner);
  }

  private static ObservedProcess processOf(ObservedThread thread) {
    ObservedProcess process = thread.process;
    if (process == null) {
      process = new ObservedProcess(thread.tid, thread.name);
      thread.process = process;
    }
    return process;
  }

  /// A program begins: what is counted from here on, this exec included, is its own.
  private ObservedThread execute(ObservedThread before, PendingCall call) {
    ObservedProcess replaced = processOf(before);
    ended.add(before);
    String name = call.program() == null ? before.name : call.program();
    ObservedThread after =
        new ObservedThread(before.tid, new ObservedProcess(replaced.pid, name), name);
    threads.put(before.tid, after);
    lastThread = after;
    return after;
  }

  /// A thread that is not its process's first called execve: it goes on under the number of the
  /// first, which ends without a word.
  private void supersede(ObservedThread leader) {
    ObservedThread caller = threads.remove(line.supersededBy);
    lastThread = null;
    end(leader);
    if (caller != null) {
      ObservedThread heir = new ObservedThread(leader.tid, processOf(caller), caller.name);
      heir.pending = caller.pending;
      caller.pending = null;
      ended.add(caller);
      threads.put(leader.tid, heir);
    }
  }

  private void end(ObservedThread thread) {
    threads.remove(thread.tid);
    lastThread = null;
    thread.pending = null;
    ended.add(thread);
    if (thread.process == null) {
      endedWithoutProcess.put(thread.tid, thread);
    }
  }

  private void notUnderstood(byte[] buffer, int from, int to, long number) {
    linesNotUnderstood++;
    if (firstNotUnderstood.size() < LINES_SHOWN) {
      firstNotUnderstood.add(number + ": " + excerpt(buffer, from, to));
    }
  }

  private static String excerpt(byte[] buffer, int from, int to) {
    int length = Math.min(to - from, LINE_EXCERPT_BYTES);
    StringBuilder printable = new StringBuilder(length);
    for (int at = from; at < from + length; at++) {
      // Untrusted bytes end up on a terminal.
      printable.append(buffer[at] >= ' ' && buffer[at] < 0x7f ? (char) buffer[at] : '.');
    }
    return printable.append(to - from > length ? "..." : "").toString();
  }

  private Tally tally() {
    int stillRunning = 0;
    for (ObservedThread thread : threads.values()) {
      ended.add(thread);
      stillRunning += hasCalls(thread) ? 1 : 0;
      inFlightAtEnd += thread.pending == null ? 0 : 1;
    }
    if (ending == Ending.WHOLE && stillRunning > 0) {
      notes.add(
          "the strace log does not tell the end of "
              + stillRunning
              + " threads: it was cut, by a full disk or because strace was ended");
    }
    if (linesNotUnderstood > 0) {
      notes.add(
          linesNotUnderstood
              + " lines of the strace log were not understood; the first: "
              + String.join(" | ", firstNotUnderstood));
    }
    if (endsWithoutBegin > 0) {
      notes.add(
          endsWithoutBegin
              + " calls have an end and no begin in the strace log; their object and"
              + " request are unknown");
    }
    SortedMap<Key, Count> counts = new TreeMap<>();
    for (ObservedThread thread : ended) {
      addCounts(thread, counts);
    }
    return new Tally(counts, new Completeness(0, 0, 0, 0, inFlightAtEnd, cutShortByExit, notes));
  }

  private static boolean hasCalls(ObservedThread thread) {
    for (Counter counter : thread.counters()) {
      if (counter != null) {
        return true;
      }
    }
    return false;
  }

  private void addCounts(ObservedThread thread, SortedMap<Key, Count> counts) {
    ObservedProcess process = processOf(thread);
    ThreadKey key = new ThreadKey(process.pid, process.name, thread.tid, thread.name);
    for (Counter first : thread.counters()) {
      for (Counter at = first; at != null; at = at.next) {
        if (timesSeen) {
          at.count.splitUnknown();
        } else {
          at.count.timeUnknown();
        }
        counts.merge(
            new Key(key, at.traits.name(), at.object, at.request), at.count.build(), Count::plus);
      }
    }
  }
}
