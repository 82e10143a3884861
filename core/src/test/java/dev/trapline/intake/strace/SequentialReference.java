// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static dev.trapline.intake.strace.ByteText.bytes;
import static dev.trapline.intake.strace.ByteText.endOfDigits;
import static dev.trapline.intake.strace.ByteText.endOfWord;
import static dev.trapline.intake.strace.ByteText.isDigit;

import dev.trapline.intake.strace.StraceLine.Kind;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.ThreadKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a log means, read from its first line to its last with one state: the model that the
/// reader, which reads chunks of a log at the same time, is held against. It shares the grammar of
/// a line with it (used without what the reader learns on its way to the end of the line) and
/// nothing else. Logs of one file whose end may be cut.
@SuppressWarnings("ReferenceEquality") // one object per name
final class SequentialReference {
  private static final CallTraits NO_CALL = CallTraits.of("", -1);
  private static final int LONGEST_NAME_BYTES = 15;
  private static final int MOST_DIGITS_OF_RESULT = 15;

  static final class Program {
    int pid;
    String name;

    Program(int pid, String name) {
      this.pid = pid;
      this.name = name;
    }
  }

  record Pending(
      CallTraits call,
      @Nullable ObjectKind object,
      @Nullable String request,
      boolean startsThread,
      @Nullable String program) {}

  record Counted(
      int personality, String name, @Nullable ObjectKind object, @Nullable String request) {}

  static final class Task {
    int tid;
    @Nullable Program process;
    String name;
    boolean seen;
    @Nullable Pending pending;
    int personality;
    int inherited;
    @Nullable Task before;
    final Map<Counted, CountBuilder> counts = new HashMap<>();
    final Map<Counted, CallTraits> calls = new HashMap<>();

    Task(int tid, @Nullable Program process, String name) {
      this.tid = tid;
      this.process = process;
      this.name = name;
    }

    int effective() {
      return personality == 0 ? inherited : personality;
    }
  }

  private final StraceLine line = new StraceLine();
  private final Map<String, CallTraits> traits = new HashMap<>();
  private final Map<Integer, Task> threads = new HashMap<>();
  private final Map<Integer, Task> endedWithoutProcess = new HashMap<>();
  private final List<Task> ended = new ArrayList<>();
  private final Set<Integer> attached = new HashSet<>();
  private final List<String> modes = new ArrayList<>(List.of("", ""));
  private final Map<Long, ObjectKind> sockets = new HashMap<>();
  private final List<String> table = new ArrayList<>();
  private @Nullable Task broken;
  private boolean timesSeen;
  private byte[] text = new byte[0];
  long lines;
  long skipped;
  long inFlightAtEnd;
  long cutShortByExit;
  long endsWithoutBegin;

  /// The counts of a log that ends with a newline.
  SortedMap<Key, Count> read(String log) {
    int from = 0;
    for (int to = log.indexOf('\n'); to >= 0; to = log.indexOf('\n', from)) {
      text = log.substring(from, to).getBytes(StandardCharsets.ISO_8859_1);
      lines++;
      readLine(text.length > 0 && text[text.length - 1] == '\r' ? text.length - 1 : text.length);
      from = to + 1;
    }
    for (Task thread : threads.values()) {
      inFlightAtEnd += thread.pending == null ? 0 : 1;
      ended.add(thread);
    }
    SortedMap<Key, Count> counts = new TreeMap<>();
    for (Task thread : ended) {
      Program process = processOf(thread);
      ThreadKey key = new ThreadKey(process.pid, process.name, thread.tid, thread.name);
      for (Map.Entry<Counted, CountBuilder> entry : thread.counts.entrySet()) {
        Counted counted = entry.getKey();
        CallTraits call = Objects.requireNonNull(thread.calls.get(counted));
        int personality = counted.personality() == 0 ? thread.inherited : counted.personality();
        String name = personality <= 1 ? call.name() : call.nameAs(modes.get(personality));
        CountBuilder count = entry.getValue();
        if (timesSeen) {
          count.splitUnknown();
        } else {
          count.timeUnknown();
        }
        counts.merge(
            new Key(key, name, counted.object(), counted.request()), count.build(), Count::plus);
      }
    }
    return counts;
  }

  List<String> table() {
    return table;
  }

  private void readLine(int to) {
    Task continued = broken;
    broken = null;
    Kind kind = line.parse(text, 0, to);
    if (isSenseless(kind)) {
      if (continued != null) {
        Kind rest = line.parseRest(text, 0, to);
        if (rest == Kind.UNFINISHED) {
          return;
        }
        if (rest == Kind.RESUMED) {
          Pending pending = continued.pending;
          continued.pending = null;
          if (pending != null) {
            finish(continued, pending);
          }
          return;
        }
      }
      String whole = new String(text, 0, to, StandardCharsets.ISO_8859_1);
      if (whole.length() <= 512 && SummaryTable.isLine(whole)) {
        table.add(whole);
        return;
      }
      int prefix = ForeignPrefix.end(whole.substring(0, Math.min(whole.length(), 512)));
      kind = prefix == 0 ? Kind.NOT_UNDERSTOOD : line.parse(text, prefix, to);
      if (isSenseless(kind)) {
        String bare = whole.substring(prefix);
        if (bare.length() <= 512 && SummaryTable.isLine(bare)) {
          table.add(bare);
        } else {
          skipped++;
        }
        return;
      }
    }
    apply(kind);
  }

  private static boolean isSenseless(Kind kind) {
    return kind == Kind.NOT_UNDERSTOOD || kind == Kind.CUT;
  }

  private void apply(Kind kind) {
    switch (kind) {
      case IRRELEVANT, LET_GO -> {
        return;
      }
      case ATTACHED -> {
        attached.add(line.otherTid);
        return;
      }
      case PERSONALITY -> {
        String mode =
            new String(
                text, line.modeStart, line.modeEnd - line.modeStart, StandardCharsets.ISO_8859_1);
        bind(line.otherTid, null).personality = personality(mode);
        return;
      }
      default -> {
        // A line of a thread.
      }
    }
    boolean isCall = kind != Kind.EXITED && kind != Kind.SUPERSEDED;
    CallTraits named = isCall ? call() : NO_CALL;
    Task thread = bind(line.tid, kind == Kind.RESUMED ? named : null);
    boolean executing = thread.pending != null && thread.pending.call().executes();
    if (line.commandStart >= 0 && !executing) {
      rename(thread, ByteText.unescaped(text, line.commandStart, line.commandEnd));
    }
    switch (kind) {
      case CALL -> finish(thread, begin(named));
      case UNFINISHED -> thread.pending = begin(named);
      case BROKEN -> {
        thread.pending = begin(named);
        attached.add(line.otherTid);
        broken = thread;
      }
      case RESUMED -> {
        Pending begun = thread.pending;
        thread.pending = null;
        if (begun == null || begun.call() != named) {
          endsWithoutBegin++;
          begun = new Pending(named, null, null, false, null);
        }
        finish(thread, begun);
      }
      case DETACHED -> {
        inFlightAtEnd++;
        thread.pending = null;
      }
      case MOVED -> {
        inFlightAtEnd++;
        end(thread);
      }
      case EXITED -> {
        cutShortByExit += thread.pending == null ? 0 : 1;
        end(thread);
      }
      case SUPERSEDED -> supersede(thread);
      default -> throw new AssertionError(kind);
    }
  }

  private int personality(String mode) {
    if (mode.equals("64 bit")) {
      return 1;
    }
    String name = mode.equals("32 bit") ? "i386" : mode;
    if (!modes.contains(name) && modes.size() < 64) {
      modes.add(name);
    }
    return modes.contains(name) ? modes.indexOf(name) : 63;
  }

  private CallTraits call() {
    String name =
        new String(
            text, line.nameStart, line.nameEnd - line.nameStart, StandardCharsets.ISO_8859_1);
    return traits.computeIfAbsent(name, made -> CallTraits.of(made, traits.size()));
  }

  private Task bind(int tid, @Nullable CallTraits resumes) {
    Task found = threads.get(tid);
    if (found == null) {
      found = tid == 0 ? only() : numbered(tid, resumes);
      if (threads.put(found.tid, found) == null) {
        attached.remove(found.tid);
      }
    }
    found.seen = true;
    return found;
  }

  private Task only() {
    List<Task> seen = threads.values().stream().filter(thread -> thread.seen).toList();
    if (seen.size() == 1) {
      return seen.getFirst();
    }
    boolean isTold = seen.isEmpty() && attached.size() == 1;
    return new Task(isTold ? attached.iterator().next() : 0, null, "");
  }

  private Task numbered(int tid, @Nullable CallTraits resumes) {
    Task nameless = threads.get(0);
    if (nameless == null
        || attached.contains(tid)
        || (nameless.pending != null && nameless.pending.call() != resumes)) {
      return new Task(tid, null, "");
    }
    threads.remove(0);
    for (Task at = nameless; at != null; at = at.before) {
      at.tid = tid;
      if (at.process != null && at.process.pid == 0) {
        at.process.pid = tid;
      }
    }
    return nameless;
  }

  private static void rename(Task thread, String name) {
    thread.name = name;
    if (thread.process != null && thread.process.pid == thread.tid) {
      thread.process.name = name;
    }
  }

  private Pending begin(CallTraits call) {
    boolean startsThread =
        call.startsTask()
            && ByteText.indexOf(text, line.argumentsStart, line.argumentsEnd, bytes("CLONE_THREAD"))
                >= 0;
    ObjectKind object = null;
    if (call.makesSocket()) {
      object = DescriptorDecoration.kindOfNewSocket(text, line.argumentsStart, line.argumentsEnd);
    } else if (call.descriptorIndex() >= 0) {
      object = kind(line.argument(call.descriptorIndex()), line.argumentsEnd);
    } else if (call.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR) {
      object = kind(line.argumentsStart, line.argumentsEnd);
    }
    String request = call.request() == RequestArgument.NONE ? null : request(call.request());
    return new Pending(call, object, request, startsThread, call.executes() ? programName() : null);
  }

  private @Nullable ObjectKind kind(int from, int to) {
    if (from < 0 || from >= to || !isDigit(text[from])) {
      return null;
    }
    int bracket = endOfDigits(text, from, to);
    if (bracket >= to || text[bracket] != '<') {
      return null;
    }
    return DescriptorDecoration.isBareSocket(text, bracket + 1, to)
        ? sockets.get(DescriptorDecoration.inode(text, bracket + 1, to))
        : DescriptorDecoration.kindOf(text, bracket + 1, to);
  }

  private @Nullable String request(RequestArgument argument) {
    int from = line.argument(1);
    if (from < 0) {
      return null;
    }
    String rest = new String(text, from, line.argumentsEnd - from, StandardCharsets.ISO_8859_1);
    int to = 0;
    while (to < rest.length() && ",<(".indexOf(rest.charAt(to)) < 0) {
      to++;
    }
    if (to < rest.length() && rest.charAt(to) == '(') {
      int close = rest.indexOf(')', to);
      to = close < 0 ? rest.length() : close + 1;
    }
    String request = rest.substring(0, to);
    int or = request.indexOf(" or ");
    request = or < 0 ? request : request.substring(0, or);
    if (argument == RequestArgument.FUTEX_OPERATION) {
      int flag = request.indexOf("FUTEX_CLOCK_REALTIME");
      request =
          flag > 0 && request.charAt(flag - 1) == '|' ? request.substring(0, flag - 1) : request;
    }
    int end = request.length();
    while (end > 0 && request.charAt(end - 1) == ' ') {
      end--;
    }
    return end == 0
        ? null
        : new String(
            request.substring(0, end).getBytes(StandardCharsets.ISO_8859_1),
            StandardCharsets.UTF_8);
  }

  private @Nullable String programName() {
    int at = line.argumentsStart;
    while (at < line.argumentsEnd && text[at] != '"') {
      at++;
    }
    int from = ++at;
    while (at < line.argumentsEnd && text[at] != '"') {
      if (text[at] == '/') {
        from = at + 1;
      }
      at++;
    }
    return at >= line.argumentsEnd
        ? null
        : ByteText.unescaped(text, from, Math.min(at, from + LONGEST_NAME_BYTES));
  }

  private void finish(Task thread, Pending begun) {
    CallTraits call = begun.call();
    int at = line.resultStart;
    int to = line.resultEnd;
    String error = null;
    long value = -1;
    if (text[at] == '?') {
      error = error(at + 1, to);
      if (error == null && !call.neverReturns()) {
        cutShortByExit++;
        return;
      }
    } else if (text[at] == '-') {
      error = error(endOfDigits(text, at + 1, to), to);
    } else if (isDigit(text[at])) {
      int digits = endOfDigits(text, at, to);
      value = digits - at > MOST_DIGITS_OF_RESULT ? -1 : ByteText.number(text, at, digits);
    }
    Task counted = thread;
    if (call.executes() && value == 0) {
      counted = execute(thread, begun);
    }
    ObjectKind object = begun.object();
    if (call.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR) {
      object = returned(call, at, to, value, object);
    }
    Counted key = new Counted(counted.personality, call.written(), object, begun.request());
    counted.calls.put(key, call);
    CountBuilder count =
        counted.counts.computeIfAbsent(
            key, _ -> call.returnsBytes() ? new CountBuilder() : new CountBuilder().bytesUnknown());
    count.addCalls(1);
    if (error != null) {
      count.addErrors(error, 1);
    } else if (call.returnsBytes() && value > 0) {
      count.addBytes(value);
    }
    if (line.wallNanos >= 0) {
      count.addWall(line.wallNanos);
      timesSeen = true;
    }
    if (call.startsTask() && value > 0 && value <= StraceLine.LARGEST_TID) {
      startTask((int) value, counted, begun.startsThread());
    }
  }

  private @Nullable ObjectKind returned(
      CallTraits call, int from, int to, long value, @Nullable ObjectKind expected) {
    if (value < 0) {
      return null;
    }
    int bracket = endOfDigits(text, from, to);
    boolean isBare =
        bracket < to
            && text[bracket] == '<'
            && DescriptorDecoration.isBareSocket(text, bracket + 1, to);
    if (!isBare || !call.returnsNewSocket()) {
      return kind(from, to);
    }
    long inode = DescriptorDecoration.inode(text, bracket + 1, to);
    if (expected == null) {
      sockets.remove(inode);
    } else {
      sockets.put(inode, expected);
    }
    return expected;
  }

  private @Nullable String error(int from, int to) {
    int at = from;
    while (at < to && text[at] == ' ') {
      at++;
    }
    int end = endOfWord(text, at, to);
    return end > at ? new String(text, at, end - at, StandardCharsets.ISO_8859_1) : null;
  }

  private void startTask(int childTid, Task parent, boolean isThread) {
    Task child = threads.get(childTid);
    if (child != null && child.process != null) {
      return;
    }
    if (child == null) {
      child = endedWithoutProcess.remove(childTid);
    }
    if (child == null) {
      child = new Task(childTid, null, parent.name);
      threads.put(childTid, child);
    }
    if (child.name.isEmpty()) {
      child.name = parent.name;
    }
    child.process = isThread ? processOf(parent) : new Program(childTid, child.name);
    if (child.process.pid == childTid && !child.name.isEmpty()) {
      child.process.name = child.name;
    }
    child.inherited = parent.effective();
  }

  private static Program processOf(Task thread) {
    if (thread.process == null) {
      thread.process = new Program(thread.tid, thread.name);
    }
    return thread.process;
  }

  private Task execute(Task before, Pending call) {
    ended.add(before);
    String name = call.program() == null ? before.name : call.program();
    Task after = new Task(before.tid, new Program(processOf(before).pid, name), name);
    after.before = before;
    after.inherited = before.effective();
    after.seen = true;
    threads.put(before.tid, after);
    return after;
  }

  private void supersede(Task leader) {
    Task caller = threads.remove(line.otherTid);
    end(leader);
    if (caller != null && line.otherTid != leader.tid) {
      Task heir = new Task(leader.tid, processOf(caller), caller.name);
      heir.pending = caller.pending;
      heir.inherited = caller.effective();
      caller.pending = null;
      ended.add(caller);
      threads.put(leader.tid, heir);
    }
  }

  private void end(Task thread) {
    threads.remove(thread.tid);
    thread.pending = null;
    ended.add(thread);
    if (thread.process == null) {
      endedWithoutProcess.put(thread.tid, thread);
    }
  }
}
