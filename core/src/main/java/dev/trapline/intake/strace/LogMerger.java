// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.intake.strace.ChunkSummary.Begun;
import dev.trapline.intake.strace.ChunkSummary.End;
import dev.trapline.intake.strace.ChunkSummary.Event;
import dev.trapline.intake.strace.ChunkSummary.NewSocket;
import dev.trapline.intake.strace.ChunkSummary.Segment;
import dev.trapline.intake.strace.ChunkSummary.Stamps;
import dev.trapline.intake.strace.ObservedThread.ObservedProcess;
import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Joins the summaries of a log's chunks, in the order of the log, into one reading: replays what
/// happened to threads and processes, and adds the counts of each chunk to the thread and program
/// that they belong to. Everything of which order matters is here, and none of it is per call.
final class LogMerger {
  /// With more keys than this, threads that have ended are told by their names only. A key takes up
  /// to 2.5 KB as a `Count`.
  static final int MOST_KEYS = 1 << 15;

  /// Different names among those.
  private static final int MOST_NAMES = 1 << 10;

  private static final Names OTHER_NAMES = new Names("(others)", "(others)");

  /// Sockets made that are remembered; one log of a server makes any number of them.
  private static final int MOST_SOCKETS = 1 << 17;

  private static final String NATIVE_MODE = "64 bit";

  /// Personality numbers: 0 is [ObservedThread#INHERITED], the others index this list.
  private static final List<String> FIRST_PERSONALITIES = List.of("", "");

  private static final int NATIVE = 1;
  private static final int PERSONALITY_SHIFT = 8;
  private static final int MOST_PERSONALITIES = 64;

  private record Names(String process, String thread) {}

  private final Ending ending;
  private final boolean filePerThread;
  private final Map<Integer, ObservedThread> threads = new HashMap<>();

  /// Ended before the clone that made them had returned.
  private final Map<Integer, ObservedThread> endedWithoutProcess = new HashMap<>();

  private List<ObservedThread> ended = new ArrayList<>();
  private final Map<Names, CallCount.Table> folded = new HashMap<>();
  private long foldedThreads;
  private long keys;
  private long foldAbove = MOST_KEYS;

  /// Whom strace said it attached to, before a line of theirs.
  private final Set<Integer> attached = new HashSet<>();

  private final List<String> personalities = new ArrayList<>(FIRST_PERSONALITIES);
  private final Map<Long, Integer> sockets = new LinkedHashMap<>();
  private boolean socketsForgotten;
  private boolean unknownSockets;

  // Where each thread has a file of its own.
  private final Map<Integer, Lineage.Origin> origins = new HashMap<>();
  private final Map<Integer, Begun> moved = new HashMap<>();

  private long lines;
  private SkippedLines skipped = SkippedLines.NONE;
  private @Nullable String cutLine;
  private final List<String> table = new ArrayList<>();
  private long inFlightAtEnd;
  private long cutShortByExit;
  private long endsWithoutBegin;
  private boolean timesSeen;
  private boolean descriptorsSeen;
  private boolean decorationsSeen;
  private boolean letGoSeen;
  private boolean threadsTold;
  private boolean endsTold;
  private @Nullable CallTraits firstCall;

  private Stamps stamps = Stamps.NONE;
  private long firstStampNanos;
  private long lastStampNanos;
  private long laterNanos;

  /// @param threadsBefore threads that were there before the log began
  /// @param filePerThread whether chunks of different threads come one after the other instead of
  ///   in the order of time
  LogMerger(Ending ending, Collection<ThreadKey> threadsBefore, boolean filePerThread) {
    this.ending = ending;
    this.filePerThread = filePerThread;
    Map<Integer, ObservedProcess> processes = new HashMap<>();
    for (ThreadKey before : threadsBefore) {
      ObservedProcess process =
          processes.computeIfAbsent(
              before.pid(), pid -> new ObservedProcess(pid, before.process()));
      threads.put(before.tid(), new ObservedThread(before.tid(), process, before.thread()));
    }
  }

  /// Adds the next chunk.
  ///
  /// @param file for lines that were not understood, where there are several files; else empty
  void add(ChunkSummary chunk, String file) {
    int[] symbols = new int[chunk.symbols.size()];
    for (int at = 0; at < symbols.length; at++) {
      symbols[at] = kindOfSocket(chunk.symbols.get(at));
    }
    for (Event event : chunk.events) {
      replay(event, symbols);
    }
    for (Segment segment : chunk.segments) {
      addCounts(segment, symbols);
    }
    for (NewSocket made : chunk.newSockets) {
      learn(made.inode(), resolve(made.object(), symbols));
    }
    addLines(chunk, file);
    addStamps(chunk);
    inFlightAtEnd += chunk.inFlightAtEnd;
    cutShortByExit += chunk.cutShortByExit;
    endsWithoutBegin += chunk.endsWithoutBegin;
    timesSeen |= chunk.timesSeen;
    descriptorsSeen |= chunk.descriptorsSeen;
    decorationsSeen |= chunk.decorationsSeen;
    letGoSeen |= chunk.letGoSeen;
    firstCall = firstCall == null ? chunk.firstCall : firstCall;
    if (keys > foldAbove && !filePerThread) {
      fold();
      // What could not be folded is not looked at again for every chunk.
      foldAbove = Math.max(MOST_KEYS, 2 * keys);
    }
  }

  private int kindOfSocket(long inode) {
    Integer known = sockets.get(inode);
    if (known == null && inode != ChunkSummary.MADE_HERE) {
      unknownSockets = true;
    }
    return known == null ? ObjectCode.UNKNOWN : known;
  }

  private void learn(long inode, int kind) {
    if (kind == ObjectCode.UNKNOWN) {
      unknownSockets = true;
      sockets.remove(inode);
      return;
    }
    sockets.put(inode, kind);
    if (sockets.size() > MOST_SOCKETS) {
      Iterator<Long> oldest = sockets.keySet().iterator();
      oldest.next();
      oldest.remove();
      socketsForgotten = true;
    }
  }

  private static int resolve(int object, int[] symbols) {
    return object < ObjectCode.FIRST_SYMBOL ? object : symbols[object - ObjectCode.FIRST_SYMBOL];
  }

  private void addLines(ChunkSummary chunk, String file) {
    String prefix = file.isEmpty() ? "" : file + ": ";
    List<SkippedLines.Line> numbered = new ArrayList<>();
    for (SkippedLines.Line line : chunk.skipped.first()) {
      numbered.add(new SkippedLines.Line(lines + line.number(), prefix + line.excerpt()));
    }
    skipped = skipped.plus(new SkippedLines(chunk.skipped.count(), numbered));
    SkippedLines.Line cut = chunk.cutLine;
    if (cut != null && cutLine == null) {
      cutLine = "the last line (" + (lines + cut.number()) + ") is cut: " + prefix + cut.excerpt();
    }
    for (int at = 0; at < chunk.table.size(); at++) {
      String line = chunk.table.get(at);
      if (table.size() < ChunkReader.MOST_TABLE_LINES) {
        table.add(line);
      } else {
        skipped = skipped.with(lines, line);
      }
    }
    lines += chunk.lines;
  }

  private void addStamps(ChunkSummary chunk) {
    if (chunk.stamps == Stamps.NONE) {
      return;
    }
    if (stamps == Stamps.NONE) {
      stamps = chunk.stamps;
      firstStampNanos = chunk.firstStampNanos;
      lastStampNanos = chunk.lastStampNanos;
      laterNanos = chunk.laterNanos;
      return;
    }
    if (stamps != chunk.stamps) {
      stamps = Stamps.MIXED;
      return;
    }
    if (filePerThread) {
      // Files are of the same time, not one behind the other.
      firstStampNanos = Math.min(firstStampNanos, chunk.firstStampNanos);
      lastStampNanos = Math.max(lastStampNanos, chunk.lastStampNanos);
      if (stamps != Stamps.EPOCH && chunk.laterNanos > 0) {
        stamps = Stamps.MIXED;
      }
      return;
    }
    if (stamps == Stamps.DAY) {
      laterNanos += Stamp.midnightBetween(hour(lastStampNanos), hour(chunk.firstStampNanos));
    }
    laterNanos += chunk.laterNanos;
    lastStampNanos = chunk.lastStampNanos;
  }

  private static int hour(long dayNanos) {
    return (int) (dayNanos / (Stamp.DAY_NANOS / 24));
  }

  private void replay(Event event, int[] symbols) {
    switch (event) {
      case Event.Start start -> {
        Segment segment = start.segment();
        ObservedThread thread = bind(segment.tid, start.resumes());
        segment.thread = thread;
        segment.personality = thread.personality;
      }
      case Event.Name name -> {
        ObservedThread thread = thread(name.segment());
        Begun pending = thread.pending;
        boolean isNextPrograms =
            name.unlessExecuting() && pending != null && pending.call().executes();
        if (!isNextPrograms) {
          thread.rename(name.name());
        }
      }
      case Event.Pending pending -> {
        Begun begun = pending.begun();
        thread(pending.segment()).pending = begun == null ? null : resolved(begun, symbols);
      }
      case Event.Resumed resumed -> resume(thread(resumed.segment()), resumed.end(), symbols);
      case Event.Executed executed -> execute(thread(executed.segment()), executed.program());
      case Event.Cloned cloned ->
          startTask(cloned.child(), thread(cloned.segment()), cloned.isThread());
      case Event.Exited exited -> {
        ObservedThread thread = thread(exited.segment());
        endsTold = true;
        if (thread.pending != null) {
          cutShortByExit++;
        }
        end(thread);
      }
      case Event.Superseded superseded -> supersede(thread(superseded.segment()), superseded.by());
      case Event.Moved gone -> {
        ObservedThread thread = thread(gone.segment());
        if (filePerThread) {
          moved.put(thread.tid, gone.begun());
        } else {
          inFlightAtEnd++;
        }
        end(thread);
      }
      case Event.Personality personality ->
          bind(personality.pid(), null).personality = personalityOf(personality.mode());
      case Event.Attached process -> attached.add(process.pid());
    }
  }

  private static ObservedThread thread(Segment segment) {
    ObservedThread thread = segment.thread;
    if (thread == null) {
      throw new IllegalStateException("a segment's start comes first");
    }
    return thread;
  }

  private static Begun resolved(Begun begun, int[] symbols) {
    return begun.object() < ObjectCode.FIRST_SYMBOL
        ? begun
        : new Begun(
            begun.call(),
            resolve(begun.object(), symbols),
            begun.request(),
            begun.startsThread(),
            begun.program());
  }

  /// The thread that a number stands for.
  ///
  /// strace that writes to a terminal leaves the number out while there is one thread only. So a
  /// line without one is of the only thread there is; and when a number appears first that is
  /// nobody's child, it is that of the thread which had none.
  ///
  /// @param resumes the call that the thread's line ends
  private ObservedThread bind(int tid, @Nullable CallTraits resumes) {
    ObservedThread found = threads.get(tid);
    if (found == null) {
      found = tid == 0 ? onlyThread() : renumbered(tid, resumes);
      if (threads.put(found.tid, found) == null) {
        attached.remove(found.tid);
      }
    }
    found.isSeen = true;
    threadsTold |= tid != 0;
    return found;
  }

  private ObservedThread onlyThread() {
    ObservedThread only = null;
    int count = 0;
    for (ObservedThread thread : threads.values()) {
      if (thread.isSeen) {
        only = thread;
        count++;
      }
    }
    if (only != null && count == 1) {
      return only;
    }
    int number = count == 0 && attached.size() == 1 ? attached.iterator().next() : 0;
    return new ObservedThread(number, null, "");
  }

  @SuppressWarnings("ReferenceEquality") // one object per name, see Vocabulary
  private ObservedThread renumbered(int tid, @Nullable CallTraits resumes) {
    ObservedThread nameless = threads.get(0);
    if (nameless == null || attached.contains(tid)) {
      return new ObservedThread(tid, null, "");
    }
    Begun pending = nameless.pending;
    if (pending != null && pending.call() != resumes) {
      return new ObservedThread(tid, null, "");
    }
    threads.remove(0);
    for (ObservedThread at = nameless; at != null; at = at.before) {
      at.tid = tid;
      if (at.process != null && at.process.pid == 0) {
        at.process.pid = tid;
      }
    }
    return nameless;
  }

  @SuppressWarnings("ReferenceEquality") // one object per name, see Vocabulary
  private void resume(ObservedThread thread, End end, int[] symbols) {
    Begun pending = thread.pending;
    thread.pending = null;
    Begun begun = pending;
    if (begun == null || begun.call() != end.call()) {
      if (thread.heirOf == 0) {
        endsWithoutBegin++;
      }
      begun = new Begun(end.call(), ObjectCode.UNKNOWN, null, false, null);
    }
    if (end.newSocket() != 0) {
      symbols[end.newSocket() - ObjectCode.FIRST_SYMBOL] = begun.object();
    }
    if (end.isWithoutResult()) {
      cutShortByExit++;
      return;
    }
    CallTraits call = end.call();
    ObservedThread counted = thread;
    if (call.executes() && end.value() == 0) {
      // The begin of an heir's execve is in another file: see Lineage.
      counted = execute(thread, thread.heirOf == 0 ? begun.program() : "");
    }
    int object = begun.object();
    if (call.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR) {
      if (end.value() < 0) {
        object = ObjectCode.UNKNOWN;
      } else if (end.newSocket() == 0) {
        object = resolve(end.object(), symbols);
      }
    }
    long bytes = call.returnsBytes() && end.error() == null ? Math.max(end.value(), 0) : 0;
    int before = counted.counts.size();
    counted
        .counts
        .get(call, object | counted.personality << PERSONALITY_SHIFT, begun.request())
        .add(end.error(), bytes, end.wallNanos());
    keys += counted.counts.size() - before;
    if (call.startsTask() && end.value() > 0 && end.value() <= StraceLine.LARGEST_TID) {
      startTask((int) end.value(), counted, begun.startsThread());
    }
  }

  private void startTask(int childTid, ObservedThread parent, boolean isThread) {
    if (filePerThread) {
      origins.putIfAbsent(childTid, new Lineage.Origin(parent, isThread));
      return;
    }
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
    child.inheritedPersonality = parent.effectivePersonality();
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
  private ObservedThread execute(ObservedThread before, @Nullable String program) {
    ended.add(before);
    String name = program == null ? before.name : program;
    ObservedThread after = new ObservedThread(before.tid, null, name);
    if (!filePerThread) {
      after.process = new ObservedProcess(processOf(before).pid, name);
    }
    if (filePerThread || before.tid == 0) {
      after.before = before;
    }
    after.inheritedPersonality = before.effectivePersonality();
    after.isSeen = true;
    threads.put(before.tid, after);
    return after;
  }

  /// A thread that is not its process's first called execve: it goes on under the number of the
  /// first, which ends without a word.
  private void supersede(ObservedThread leader, int by) {
    ObservedThread caller = filePerThread ? null : threads.remove(by);
    end(leader);
    if (filePerThread) {
      ObservedThread heir = new ObservedThread(leader.tid, null, leader.name);
      heir.before = leader;
      heir.heirOf = by;
      threads.put(leader.tid, heir);
    } else if (caller != null && by != leader.tid) {
      ObservedThread heir = new ObservedThread(leader.tid, processOf(caller), caller.name);
      heir.pending = caller.pending;
      heir.inheritedPersonality = caller.effectivePersonality();
      caller.pending = null;
      ended.add(caller);
      threads.put(leader.tid, heir);
    }
  }

  private void end(ObservedThread thread) {
    threads.remove(thread.tid);
    thread.pending = null;
    ended.add(thread);
    if (thread.process == null && !filePerThread) {
      endedWithoutProcess.put(thread.tid, thread);
    }
  }

  private int personalityOf(String mode) {
    if (mode.equals(NATIVE_MODE)) {
      return NATIVE;
    }
    // `32 bit` and `x32` on x86-64.
    String name = mode.equals("32 bit") ? "i386" : mode;
    int known = personalities.indexOf(name);
    if (known < 0 && personalities.size() < MOST_PERSONALITIES) {
      known = personalities.size();
      personalities.add(name);
    }
    return known < 0 ? MOST_PERSONALITIES - 1 : known;
  }

  private void addCounts(Segment segment, int[] symbols) {
    ObservedThread thread = thread(segment);
    int before = thread.counts.size();
    int personality = segment.personality << PERSONALITY_SHIFT;
    for (int at = 0; at < segment.counts.size(); at++) {
      CallCount count = segment.counts.at(at);
      int object = resolve(count.object, symbols) | personality;
      thread.counts.get(count.call, object, count.request).add(count);
    }
    keys += thread.counts.size() - before;
  }

  /// Keeps of threads that have ended, and whose process has, the names only.
  @SuppressWarnings("ReferenceEquality") // a process and the one that an exec made of it
  private void fold() {
    List<ObservedThread> kept = new ArrayList<>();
    for (ObservedThread thread : ended) {
      ObservedProcess process = thread.process;
      ObservedThread leader = process == null ? null : threads.get(process.pid);
      if (leader != null && leader.process == process) {
        kept.add(thread);
      } else {
        foldThread(thread);
      }
    }
    ended = kept;
    keys = 0;
    for (CallCount.Table counts : folded.values()) {
      keys += counts.size();
    }
    for (ObservedThread thread : ended) {
      keys += thread.counts.size();
    }
    for (ObservedThread thread : threads.values()) {
      keys += thread.counts.size();
    }
  }

  private void foldThread(ObservedThread thread) {
    endedWithoutProcess.remove(thread.tid, thread);
    if (thread.counts.size() == 0) {
      return;
    }
    foldedThreads++;
    ObservedProcess process = thread.process;
    Names names = new Names(process == null ? thread.name : process.name, thread.name);
    if (folded.size() >= MOST_NAMES && !folded.containsKey(names)) {
      names = OTHER_NAMES;
    }
    CallCount.Table counts = folded.computeIfAbsent(names, _ -> new CallCount.Table());
    for (int at = 0; at < thread.counts.size(); at++) {
      CallCount count = thread.counts.at(at);
      int object = withPersonality(count.object, thread.inheritedPersonality);
      counts.get(count.call, object, count.request).add(count);
    }
  }

  /// An object whose personality is the thread's own, if it was not told.
  private static int withPersonality(int object, int inherited) {
    return object >>> PERSONALITY_SHIFT == ObservedThread.INHERITED
        ? object | inherited << PERSONALITY_SHIFT
        : object;
  }

  /// The reading of all that was added. Once only.
  StraceLog finish() {
    int stillRunning = 0;
    for (ObservedThread thread : threads.values()) {
      ended.add(thread);
      stillRunning += thread.counts.size() > 0 ? 1 : 0;
      inFlightAtEnd += thread.pending == null ? 0 : 1;
    }
    List<String> remarks = new ArrayList<>();
    String truncation = truncation(stillRunning, remarks);
    List<String> notes = new ArrayList<>();
    if (endsWithoutBegin > 0) {
      notes.add(
          endsWithoutBegin
              + (endsWithoutBegin == 1
                  ? " call has an end and no begin"
                  : " calls have an end and no begin")
              + " in the strace log; object and request are unknown");
    }
    threads.clear();
    if (filePerThread) {
      Lineage.link(ended, origins, moved);
    }
    if (keys > MOST_KEYS) {
      fold();
    }
    if (foldedThreads > 0) {
      remarks.add(
          foldedThreads
              + " threads that had ended are told by program and name only, with 0 for their numbers:"
              + " more than "
              + MOST_KEYS
              + " different counts are not kept apart");
    }
    if (socketsForgotten) {
      remarks.add(
          "of more than "
              + MOST_SOCKETS
              + " sockets that only their creation tells the kind of, the oldest were forgotten");
    }
    Completeness completeness = new Completeness(0, 0, 0, 0, inFlightAtEnd, cutShortByExit, notes);
    Tally tally = new Tally(counts(), completeness);
    return new StraceLog(
        new TallyReading(tally, lines, skipped, truncation, cannotKnow(), span(), remarks), table);
  }

  private @Nullable String truncation(int stillRunning, List<String> remarks) {
    List<String> signs = new ArrayList<>();
    if (cutLine != null) {
      signs.add(cutLine);
    }
    boolean mayHaveLetGo = letGoSeen || firstCall == null || !firstCall.executes();
    boolean endsExpected =
        switch (ending) {
          case WHOLE -> true;
          case MAY_BE_CUT -> false;
          case UNKNOWN -> endsTold && !mayHaveLetGo && table.isEmpty();
        };
    if (stillRunning > 0 && endsExpected) {
      signs.add(
          "it does not tell the end of "
              + threads(stillRunning)
              + ", as if a disk was full or strace was killed");
    } else if (stillRunning > 0 && ending == Ending.UNKNOWN && !letGoSeen && table.isEmpty()) {
      remarks.add(
          "the log does not tell the end of "
              + threads(stillRunning)
              + ": if strace did not let go of them, the log is cut");
    }
    return signs.isEmpty() ? null : String.join("; ", signs);
  }

  private static String threads(int count) {
    return count == 1 ? "1 thread" : count + " threads";
  }

  private List<String> cannotKnow() {
    List<String> unknown = new ArrayList<>();
    if (!timesSeen) {
      unknown.add("time in calls (strace -T tells it)");
    }
    unknown.add("what the time in calls was spent on: work or waiting");
    if (descriptorsSeen && !decorationsSeen) {
      unknown.add("objects of descriptors (strace -yy tells them)");
    } else if (unknownSockets) {
      unknown.add("the kind of sockets of which the log has the inode only (strace -yy tells it)");
    }
    if (!threadsTold && lines > 0) {
      unknown.add("processes and threads (strace -f tells them)");
    }
    return unknown;
  }

  private @Nullable Long span() {
    long nanos =
        switch (stamps) {
          case NONE, MIXED -> 0;
          case RELATIVE -> filePerThread ? 0 : laterNanos;
          case EPOCH -> lastStampNanos - firstStampNanos;
          case DAY -> lastStampNanos - firstStampNanos + laterNanos;
        };
    // Whole seconds (-t) tell nothing of what took less, and a clock that was set back tells less.
    return nanos <= 0 ? null : Long.valueOf(nanos);
  }

  private SortedMap<Key, Count> counts() {
    SortedMap<Key, Count> counts = new TreeMap<>();
    // What was converted is let go of at once: both forms of all need not fit.
    Deque<ObservedThread> left = new ArrayDeque<>(ended);
    ended = new ArrayList<>();
    while (!left.isEmpty()) {
      ObservedThread thread = left.removeFirst();
      ObservedProcess process = processOf(thread);
      ThreadKey key = new ThreadKey(process.pid, process.name, thread.tid, thread.name);
      addCounts(key, thread.counts, thread.inheritedPersonality, counts);
    }
    for (Map.Entry<Names, CallCount.Table> entry : folded.entrySet()) {
      ThreadKey key =
          new ThreadKey(
              ThreadKey.UNKNOWN_ID,
              entry.getKey().process(),
              ThreadKey.UNKNOWN_ID,
              entry.getKey().thread());
      addCounts(key, entry.getValue(), ObservedThread.INHERITED, counts);
    }
    return counts;
  }

  private void addCounts(
      ThreadKey thread, CallCount.Table table, int inherited, SortedMap<Key, Count> counts) {
    for (int at = 0; at < table.size(); at++) {
      CallCount count = table.at(at);
      int object = withPersonality(count.object, inherited);
      int personality = object >>> PERSONALITY_SHIFT;
      String name =
          personality <= NATIVE
              ? count.call.name()
              : count.call.nameAs(personalities.get(personality));
      Key key =
          new Key(
              thread,
              name,
              ObjectCode.kind(object & ((1 << PERSONALITY_SHIFT) - 1)),
              count.request == null ? null : count.request.text());
      counts.merge(key, count.count(timesSeen), Count::plus);
    }
  }
}
