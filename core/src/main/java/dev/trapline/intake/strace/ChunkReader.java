// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static dev.trapline.intake.strace.ByteText.bytes;
import static dev.trapline.intake.strace.ByteText.endOfDigits;
import static dev.trapline.intake.strace.ByteText.endOfWord;
import static dev.trapline.intake.strace.ByteText.isDigit;

import dev.trapline.intake.strace.ChunkSummary.Begun;
import dev.trapline.intake.strace.ChunkSummary.End;
import dev.trapline.intake.strace.ChunkSummary.Event;
import dev.trapline.intake.strace.ChunkSummary.NewSocket;
import dev.trapline.intake.strace.ChunkSummary.Segment;
import dev.trapline.intake.strace.StraceLine.Kind;
import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.intake.strace.Vocabulary.Word;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.tally.ObjectKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sums up chunks of a log, one after the other, each without knowing the ones before: a
/// [LogMerger] joins what it makes. Not thread-safe; every reading thread has its own.
///
/// Of a thread's call under way it knows one of two things: what it is (or that there is none), or
/// that the merger will know it at that point of the log. It begins each thread with the latter,
/// and hands its knowledge over, as an event, where the merger needs it.
@SuppressWarnings("ReferenceEquality") // one object per name and word, see Vocabulary
final class ChunkReader {
  /// Bytes that a buffer must have behind a chunk: the reader puts a newline there, and looks at
  /// eight bytes at once.
  static final int SLACK_BYTES = 16;

  /// Kept of the tables of `strace -C`; theirs has a line per syscall.
  static final int MOST_TABLE_LINES = 10_000;

  /// proc(5): a thread's name has up to 15 bytes.
  private static final int LONGEST_NAME_BYTES = 15;

  /// A runner's prefix, and a table's line, are shorter.
  private static final int LONGEST_ODD_LINE_BYTES = 512;

  /// Beyond it a result is no count of bytes, and sums of some lines would not fit 63 bits.
  private static final int MOST_DIGITS_OF_RESULT = 15;

  private static final byte[] CLONE_THREAD = bytes("CLONE_THREAD");
  private static final byte[] ALTERNATIVE = bytes(" or ");
  private static final byte[] REALTIME_FLAG = bytes("FUTEX_CLOCK_REALTIME");
  private static final byte[] CLOSING = bytes(")");

  private static final long NEWLINES = ByteText.repeated('\n');
  private static final long BLANKS = ByteText.repeated(' ');
  private static final long EQUALS_SIGNS = ByteText.repeated('=');

  /// Names of syscalls that are found at once; a log has a few dozen.
  private static final int CACHED_CALLS = 1 << 9;

  /// One thread in one chunk.
  private static final class LocalThread {
    final int tid;

    /// Null if the next line of the thread begins one.
    @Nullable Segment segment;

    /// Whether [#pending] is so; otherwise the merger knows.
    boolean isPendingKnown;

    @Nullable Begun pending;

    /// The name in this segment, in the buffer; -1 if none was seen.
    int nameStart = -1;

    int nameEnd;

    LocalThread(int tid) {
      this.tid = tid;
    }
  }

  private final Ending ending;
  private final StraceLine line = new StraceLine();
  private final WordTable<CallTraits> calls;
  private final WordTable<Word> words;
  private final @Nullable CallTraits[] cachedCalls = new @Nullable CallTraits[CACHED_CALLS];
  private final long[] cachedFirst = new long[CACHED_CALLS];
  private final long[] cachedLast = new long[CACHED_CALLS];
  private final int[] cachedLength = new int[CACHED_CALLS];

  private ChunkSummary summary = new ChunkSummary();
  private byte[] text = new byte[0];
  private int defaultTid;

  private LocalThread[] threads = new LocalThread[64];
  private @Nullable LocalThread[] slots = new @Nullable LocalThread[128];
  private int threadCount;
  private @Nullable LocalThread lastThread;

  /// Threads with a segment.
  private final List<LocalThread> open = new ArrayList<>();

  private boolean isWithoutTids;

  /// The thread whose call the next line goes on with.
  private @Nullable LocalThread broken;

  /// What is known of a socket in this chunk, by inode: see [ObjectCode].
  private final Map<Long, Integer> sockets = new HashMap<>();

  private long lastInode;
  private int lastInodeObject;

  // Of the line at hand.
  private int signs;
  private int lastSign;

  // Of the call at hand.
  private int object;
  private @Nullable Word request;
  private boolean startsThread;
  private @Nullable String program;

  private int lastStampStart;
  private int lastStampEnd;
  private int lastHour;

  ChunkReader(Vocabulary vocabulary, Ending ending) {
    this.ending = ending;
    calls = new WordTable<>(vocabulary::call);
    words = new WordTable<>(vocabulary::word);
  }

  /// Sums up whole lines; only the last line of a log may be without a newline.
  ///
  /// @param buffer with [#SLACK_BYTES] behind `to`, the first of which is overwritten
  /// @param tid of lines that do not tell one; 0 for none
  ChunkSummary read(byte[] buffer, int from, int to, int tid) {
    begin(buffer, tid);
    buffer[to] = '\n';
    int lineStart = from;
    while (lineStart < to) {
      int lineEnd = endOfLine(buffer, lineStart);
      summary.lines++;
      if (lineEnd == to) {
        readUnterminated(lineStart, lineEnd);
      } else {
        int textEnd = lineEnd > lineStart && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
        readLine(lineStart, textEnd);
      }
      lineStart = lineEnd + 1;
    }
    synchronizeAll();
    endStamps();
    ChunkSummary made = summary;
    summary = new ChunkSummary();
    text = new byte[0];
    return made;
  }

  private void begin(byte[] buffer, int tid) {
    summary = new ChunkSummary();
    text = buffer;
    defaultTid = tid;
    Arrays.fill(slots, null);
    threadCount = 0;
    lastThread = null;
    open.clear();
    isWithoutTids = false;
    broken = null;
    sockets.clear();
    lastInode = -1;
    lastStampStart = -1;
  }

  /// Where the newline is; on the way, how many places look like the begin of a result.
  private int endOfLine(byte[] buffer, int from) {
    int found = 0;
    int last = -1;
    int at = from;
    long word = ByteText.eight(buffer, at);
    while (true) {
      long next = ByteText.eight(buffer, at + Long.BYTES);
      long newline = ByteText.zeroBytes(word ^ NEWLINES);
      // An equals sign with a blank behind it.
      long behind = word >>> Byte.SIZE | next << (Long.SIZE - Byte.SIZE);
      long equals = ByteText.zeroBytes((word ^ EQUALS_SIGNS) | (behind ^ BLANKS));
      if ((newline | equals) != 0) {
        int end = at + (Long.numberOfTrailingZeros(newline) >>> 3);
        while (equals != 0) {
          int sign = at + (Long.numberOfTrailingZeros(equals) >>> 3);
          if (sign < end && isSign(buffer, from, sign)) {
            found++;
            last = sign;
          }
          equals &= equals - 1;
        }
        if (newline != 0) {
          signs = found;
          lastSign = last;
          return end;
        }
      }
      word = next;
      at += Long.BYTES;
    }
  }

  private static boolean isSign(byte[] buffer, int from, int sign) {
    return buffer[sign] == '='
        && buffer[sign + 1] == ' '
        && buffer[sign + 2] != '\n'
        && StraceLine.isResultSign(buffer, sign, from, sign + 3);
  }

  /// The last line of a log, without its newline. Only what tells its own end is surely whole.
  private void readUnterminated(int from, int to) {
    Kind kind = line.parseExactly(text, from, to);
    if (ending == Ending.MAY_BE_CUT && kind == Kind.CUT) {
      // strace writes the begin of a call before the call is made, so this is one in flight.
      summary.inFlightAtEnd++;
      return;
    }
    boolean isWhole =
        switch (kind) {
          case CALL, RESUMED -> line.wallNanos >= 0;
          case EXITED, SUPERSEDED, IRRELEVANT, PERSONALITY, LET_GO, DETACHED -> true;
          case UNFINISHED, BROKEN, MOVED, CUT, ATTACHED, NOT_UNDERSTOOD -> isTableLine(from, to);
        };
    if (ending == Ending.UNKNOWN && isWhole) {
      signs = -1;
      readLine(from, to);
    } else {
      summary.cutLine = new SkippedLines.Line(summary.lines, SkippedLines.excerpt(text, from, to));
    }
  }

  private void readLine(int from, int to) {
    LocalThread continued = broken;
    broken = null;
    Kind kind = line.parse(text, from, to, signs, lastSign);
    if (kind == Kind.NOT_UNDERSTOOD || kind == Kind.CUT) {
      if (continued != null && isRest(continued, from, to)) {
        return;
      }
      kind = parseOdd(from, to, kind);
      if (kind == Kind.NOT_UNDERSTOOD || kind == Kind.CUT) {
        skip(from, to);
        return;
      }
    }
    noteStamp();
    apply(kind, from, to);
  }

  /// Takes the line as the rest of the one before, if it is that.
  private boolean isRest(LocalThread continued, int from, int to) {
    Kind rest = line.parseRest(text, from, to);
    if (rest == Kind.RESUMED) {
      Begun begun = continued.pending;
      resume(continued, begun == null ? null : begun.call());
    }
    return rest == Kind.RESUMED || rest == Kind.UNFINISHED;
  }

  /// A line that makes no sense as it is.
  private Kind parseOdd(int from, int to, Kind asItIs) {
    if (isTableLine(from, to)) {
      takeTableLine(from, to);
      return Kind.IRRELEVANT;
    }
    String start =
        new String(
            text, from, Math.min(to - from, LONGEST_ODD_LINE_BYTES), StandardCharsets.ISO_8859_1);
    int prefix = ForeignPrefix.end(start);
    if (prefix == 0) {
      return asItIs;
    }
    Kind kind = line.parse(text, from + prefix, to);
    if ((kind == Kind.NOT_UNDERSTOOD || kind == Kind.CUT) && isTableLine(from + prefix, to)) {
      takeTableLine(from + prefix, to);
      return Kind.IRRELEVANT;
    }
    return kind;
  }

  private boolean isTableLine(int from, int to) {
    return to - from <= LONGEST_ODD_LINE_BYTES
        && SummaryTable.isLine(new String(text, from, to - from, StandardCharsets.ISO_8859_1));
  }

  private void takeTableLine(int from, int to) {
    line.stampStart = -1; // what looked like one is a column
    if (summary.table.size() < MOST_TABLE_LINES) {
      summary.table.add(new String(text, from, to - from, StandardCharsets.UTF_8));
    } else {
      skip(from, to);
    }
  }

  private void skip(int from, int to) {
    SkippedLines before = summary.skipped;
    summary.skipped =
        before.first().size() >= SkippedLines.SHOWN
            ? new SkippedLines(before.count() + 1, before.first())
            : before.plus(
                new SkippedLines(
                    1,
                    List.of(
                        new SkippedLines.Line(
                            summary.lines, SkippedLines.excerpt(text, from, to)))));
  }

  /// One more line, too long to be read.
  static void skipOverlong(ChunkSummary summary, byte[] text, int from, int to) {
    summary.lines++;
    summary.skipped =
        summary.skipped.plus(
            new SkippedLines(
                1,
                List.of(
                    new SkippedLines.Line(summary.lines, SkippedLines.excerpt(text, from, to)))));
  }

  private void apply(Kind kind, int from, int to) {
    switch (kind) {
      case CALL -> {
        CallTraits call = call();
        if (call == Vocabulary.ONE_TOO_MANY) {
          skip(from, to);
          return;
        }
        LocalThread thread = thread(line.tid, null);
        beginCall(call);
        finish(thread, call);
      }
      case RESUMED -> {
        CallTraits call = call();
        if (call == Vocabulary.ONE_TOO_MANY) {
          skip(from, to);
          return;
        }
        resume(thread(line.tid, call), call);
      }
      case UNFINISHED, BROKEN, DETACHED, MOVED -> {
        CallTraits call = call();
        if (call == Vocabulary.ONE_TOO_MANY) {
          skip(from, to);
          return;
        }
        leaveUnfinished(kind, thread(line.tid, null), call);
      }
      case EXITED -> {
        LocalThread thread = thread(line.tid, null);
        Segment segment = synchronize(thread);
        summary.events.add(new Event.Exited(segment));
        thread.segment = null;
      }
      case SUPERSEDED -> {
        LocalThread thread = thread(line.tid, null);
        int by = line.otherTid;
        Segment segment = synchronize(thread);
        LocalThread caller = find(by);
        if (caller != null && caller.segment != null) {
          synchronize(caller);
          caller.segment = null;
        }
        summary.events.add(new Event.Superseded(segment, by));
        thread.segment = null;
      }
      case PERSONALITY -> {
        synchronizeAll();
        String mode =
            new String(
                text, line.modeStart, line.modeEnd - line.modeStart, StandardCharsets.ISO_8859_1);
        summary.events.add(new Event.Personality(line.otherTid, mode));
      }
      case ATTACHED -> summary.events.add(new Event.Attached(line.otherTid));
      case LET_GO -> summary.letGoSeen = true;
      case IRRELEVANT -> {
        // It says nothing about calls.
      }
      case CUT, NOT_UNDERSTOOD -> throw new IllegalStateException("handled above");
    }
  }

  private CallTraits call() {
    CallTraits call = callNamed(line.nameStart, line.nameEnd);
    if (summary.firstCall == null) {
      summary.firstCall = call;
    }
    return call;
  }

  private CallTraits callNamed(int from, int to) {
    int length = to - from;
    if (length > 2 * Long.BYTES) {
      return calls.get(text, from, to);
    }
    // The first and the last eight bytes and the length tell such a name.
    long first = ByteText.eight(text, from);
    long last = 0;
    if (length < Long.BYTES) {
      first &= (1L << (Long.SIZE / Long.BYTES * length)) - 1;
    } else {
      last = ByteText.eight(text, to - Long.BYTES);
    }
    long hash = (first + last * 31 + length) * 0x9E3779B97F4A7C15L;
    int slot = (int) (hash >>> 40) & (CACHED_CALLS - 1);
    CallTraits cached = cachedCalls[slot];
    if (cached != null
        && cachedFirst[slot] == first
        && cachedLast[slot] == last
        && cachedLength[slot] == length) {
      return cached;
    }
    CallTraits found = calls.get(text, from, to);
    cachedCalls[slot] = found;
    cachedFirst[slot] = first;
    cachedLast[slot] = last;
    cachedLength[slot] = length;
    return found;
  }

  private void leaveUnfinished(Kind kind, LocalThread thread, CallTraits call) {
    if (kind == Kind.DETACHED) {
      summary.inFlightAtEnd++;
      summary.letGoSeen = true;
      setPending(thread, null);
      return;
    }
    beginCall(call);
    Begun begun = new Begun(call, object, request, startsThread, program);
    if (kind == Kind.MOVED) {
      Segment segment = synchronize(thread);
      summary.events.add(new Event.Moved(segment, begun));
      thread.segment = null;
      return;
    }
    setPending(thread, begun);
    if (kind == Kind.BROKEN) {
      summary.events.add(new Event.Attached(line.otherTid));
      broken = thread;
    }
  }

  private static void setPending(LocalThread thread, @Nullable Begun begun) {
    if (!thread.isPendingKnown) {
      // Whether the merger took the name depends on what was pending before.
      thread.nameStart = -1;
    }
    thread.pending = begun;
    thread.isPendingKnown = true;
  }

  /// The thread of the line, with a segment, and with the name that the line tells.
  private LocalThread thread(int tid, @Nullable CallTraits resumes) {
    boolean withoutTid = tid == 0 && defaultTid == 0;
    if (withoutTid != isWithoutTids) {
      // The same thread may be meant by its number and by none.
      synchronizeAll();
      isWithoutTids = withoutTid;
    }
    int wanted = tid == 0 ? defaultTid : tid;
    LocalThread found = lastThread;
    if (found == null || found.tid != wanted) {
      found = find(wanted);
      if (found == null) {
        found = insert(new LocalThread(wanted));
      }
      lastThread = found;
    }
    if (found.segment == null) {
      Segment segment = new Segment(wanted);
      found.segment = segment;
      found.isPendingKnown = false;
      found.nameStart = -1;
      summary.segments.add(segment);
      summary.events.add(new Event.Start(segment, resumes));
      open.add(found);
    }
    if (line.commandStart >= 0) {
      observeName(found);
    }
    return found;
  }

  private void observeName(LocalThread thread) {
    if (thread.nameStart >= 0
        && Arrays.equals(
            text, thread.nameStart, thread.nameEnd, text, line.commandStart, line.commandEnd)) {
      return;
    }
    Begun pending = thread.pending;
    // The end of an execve carries the new program's name already, and this is still the old one.
    if (thread.isPendingKnown && pending != null && pending.call().executes()) {
      return;
    }
    thread.nameStart = line.commandStart;
    thread.nameEnd = line.commandEnd;
    summary.events.add(
        new Event.Name(
            segment(thread),
            ByteText.unescaped(text, line.commandStart, line.commandEnd),
            !thread.isPendingKnown));
  }

  private static Segment segment(LocalThread thread) {
    Segment segment = thread.segment;
    if (segment == null) {
      throw new IllegalStateException("a line's thread has a segment");
    }
    return segment;
  }

  private @Nullable LocalThread find(int tid) {
    int mask = slots.length - 1;
    int slot = slotOf(tid, mask);
    while (true) {
      LocalThread found = slots[slot];
      if (found == null || found.tid == tid) {
        return found;
      }
      slot = (slot + 1) & mask;
    }
  }

  private static int slotOf(int tid, int mask) {
    int hash = tid * 0x9E3779B9;
    return (hash ^ (hash >>> 16)) & mask;
  }

  private LocalThread insert(LocalThread thread) {
    if (threadCount == threads.length) {
      threads = Arrays.copyOf(threads, 2 * threadCount);
      slots = new @Nullable LocalThread[4 * threadCount];
      for (int at = 0; at < threadCount; at++) {
        place(threads[at]);
      }
    }
    threads[threadCount++] = thread;
    place(thread);
    return thread;
  }

  private void place(LocalThread thread) {
    int mask = slots.length - 1;
    int slot = slotOf(thread.tid, mask);
    while (slots[slot] != null) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = thread;
  }

  /// Tells the merger what is known of the thread's call.
  private Segment synchronize(LocalThread thread) {
    Segment segment = segment(thread);
    if (thread.isPendingKnown) {
      summary.events.add(new Event.Pending(segment, thread.pending));
      thread.isPendingKnown = false;
      thread.pending = null;
    }
    return segment;
  }

  private void synchronizeAll() {
    for (int at = 0; at < open.size(); at++) {
      LocalThread thread = open.get(at);
      if (thread.segment != null) {
        synchronize(thread);
        thread.segment = null;
      }
    }
    open.clear();
  }

  /// What the arguments before a call tell.
  private void beginCall(CallTraits call) {
    object = ObjectCode.UNKNOWN;
    request = null;
    startsThread = false;
    program = null;
    int descriptor = call.descriptorIndex();
    if (descriptor >= 0) {
      object = objectAt(line.argument(descriptor), line.argumentsEnd);
    } else if (descriptor == CallTraits.RETURNED_DESCRIPTOR) {
      // accept4 returns a socket of the kind that it accepts on.
      object =
          call.makesSocket()
              ? ObjectCode.of(
                  DescriptorDecoration.kindOfNewSocket(
                      text, line.argumentsStart, line.argumentsEnd))
              : objectAt(line.argumentsStart, line.argumentsEnd);
    }
    if (call.request() != RequestArgument.NONE) {
      request = request(call.request());
    }
    if (call.startsTask()) {
      startsThread =
          ByteText.indexOf(text, line.argumentsStart, line.argumentsEnd, CLONE_THREAD) >= 0;
    } else if (call.executes()) {
      program = programName();
    }
  }

  /// The kind of `3<...>` at a position; unknown for a bare number and for `AT_FDCWD<...>`, which
  /// is no descriptor.
  private int objectAt(int from, int to) {
    if (from < 0 || from >= to || !isDigit(text[from])) {
      return ObjectCode.UNKNOWN;
    }
    summary.descriptorsSeen = true;
    int bracket = endOfDigits(text, from, to);
    if (bracket >= to || text[bracket] != '<') {
      return ObjectCode.UNKNOWN;
    }
    summary.decorationsSeen = true;
    if (DescriptorDecoration.isBareSocket(text, bracket + 1, to)) {
      return socket(DescriptorDecoration.inode(text, bracket + 1, to));
    }
    ObjectKind kind = DescriptorDecoration.kindOf(text, bracket + 1, to);
    return ObjectCode.of(kind);
  }

  private int socket(long inode) {
    if (inode == lastInode) {
      return lastInodeObject;
    }
    Integer known = sockets.get(inode);
    int found = known == null ? newSymbol(inode) : known;
    if (known == null) {
      sockets.put(inode, found);
    }
    lastInode = inode;
    lastInodeObject = found;
    return found;
  }

  private int newSymbol(long inode) {
    summary.symbols.add(inode);
    return ObjectCode.FIRST_SYMBOL + summary.symbols.size() - 1;
  }

  private void learnSocket(long inode, int kind) {
    sockets.put(inode, kind);
    lastInode = inode;
    lastInodeObject = kind;
    summary.newSockets.add(new NewSocket(inode, kind));
  }

  /// The request's name. Requests of several drivers may share a number; strace then writes all, as
  /// `TCGETS or SNDCTL_TMR_TIMEBASE`, and the first is taken.
  private @Nullable Word request(RequestArgument argument) {
    int from = line.argument(RequestArgument.INDEX);
    if (from < 0) {
      return null;
    }
    int to = from;
    while (to < line.argumentsEnd && text[to] != ',' && text[to] != '<') {
      if (text[to] == '(') {
        // _IOC(_IOC_READ, 0x45, 0x18, 0x10): a request that strace has no name for.
        to = ByteText.indexOf(text, to, line.argumentsEnd, CLOSING) + 1;
        to = to == 0 ? line.argumentsEnd : to;
        break;
      }
      to++;
    }
    int alternative = ByteText.indexOf(text, from, to, ALTERNATIVE);
    if (alternative >= 0) {
      to = alternative;
    }
    if (argument == RequestArgument.FUTEX_OPERATION) {
      // FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME: the clock is no part of the operation's name.
      int flag = ByteText.indexOf(text, from, to, REALTIME_FLAG);
      if (flag > from && text[flag - 1] == '|') {
        to = flag - 1;
      }
    }
    while (to > from && text[to - 1] == ' ') {
      to--;
    }
    return to == from ? null : words.get(text, from, to);
  }

  /// The last part of the path that execve is given, as the kernel makes the process's name of it.
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
    if (at >= line.argumentsEnd) {
      return null;
    }
    return ByteText.unescaped(text, from, Math.min(at, from + LONGEST_NAME_BYTES));
  }

  /// The end of a call that began in an earlier line.
  private void resume(LocalThread thread, @Nullable CallTraits named) {
    Begun begun = thread.pending;
    thread.pending = null;
    if (!thread.isPendingKnown) {
      if (named != null) {
        resumeFromBeforeChunk(thread, named);
      }
      return;
    }
    if (begun != null && begun.call() == named) {
      object = begun.object();
      request = begun.request();
      startsThread = begun.startsThread();
      program = begun.program();
      finish(thread, begun.call());
    } else if (named != null) {
      // The begin was before the log, or in a line that was not understood.
      summary.endsWithoutBegin++;
      object = ObjectCode.UNKNOWN;
      request = null;
      startsThread = false;
      program = null;
      finish(thread, named);
    }
  }

  private void resumeFromBeforeChunk(LocalThread thread, CallTraits call) {
    readResult(call);
    int returned = ObjectCode.UNKNOWN;
    int newSocket = 0;
    if (call.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR && value >= 0) {
      long inode = returnedInode();
      if (inode >= 0 && call.returnsNewSocket()) {
        summary.descriptorsSeen = true;
        summary.decorationsSeen = true;
        newSocket = newSymbol(ChunkSummary.MADE_HERE);
        learnSocket(inode, newSocket);
      } else {
        returned = objectAt(line.resultStart, line.resultEnd);
      }
    }
    summary.events.add(
        new Event.Resumed(
            segment(thread),
            new End(call, isWithoutResult, error, value, line.wallNanos, returned, newSocket)));
    if (line.wallNanos >= 0) {
      summary.timesSeen = true;
    }
    // It may have begun another program.
    thread.segment = null;
  }

  // Of the result at hand.
  private long value;
  private @Nullable Word error;
  private boolean isWithoutResult;

  private void readResult(CallTraits call) {
    int at = line.resultStart;
    int to = line.resultEnd;
    value = -1;
    error = null;
    isWithoutResult = false;
    byte first = text[at];
    if (isDigit(first)) {
      int digits = endOfDigits(text, at, to);
      value = digits - at > MOST_DIGITS_OF_RESULT ? -1 : ByteText.number(text, at, digits);
    } else if (first == '-') {
      error = errorBehind(endOfDigits(text, at + 1, to), to);
    } else if (first == '?') {
      error = errorBehind(at + 1, to);
      isWithoutResult = error == null && !call.neverReturns();
    }
  }

  /// The inode of the socket that is returned, if nothing but that is told of it; -1 otherwise.
  private long returnedInode() {
    int bracket = endOfDigits(text, line.resultStart, line.resultEnd);
    boolean isBare =
        bracket < line.resultEnd
            && text[bracket] == '<'
            && DescriptorDecoration.isBareSocket(text, bracket + 1, line.resultEnd);
    return isBare ? DescriptorDecoration.inode(text, bracket + 1, line.resultEnd) : -1;
  }

  /// Counts the call at hand.
  private void finish(LocalThread thread, CallTraits call) {
    readResult(call);
    if (isWithoutResult) {
      summary.cutShortByExit++;
      return;
    }
    if (call.descriptorIndex() == CallTraits.RETURNED_DESCRIPTOR) {
      finishNewDescriptor(call);
    }
    Segment segment = segment(thread);
    if (call.executes() && value == 0) {
      summary.events.add(new Event.Executed(segment, program));
      thread.segment = null;
      thread.isPendingKnown = false;
      thread.pending = null;
      int commandStart = line.commandStart;
      line.commandStart = -1;
      segment = segment(thread(thread.tid, null));
      line.commandStart = commandStart;
    }
    long moved = call.returnsBytes() && error == null && value > 0 ? value : 0;
    segment.counts.get(call, object, request).add(error, moved, line.wallNanos);
    if (line.wallNanos >= 0) {
      summary.timesSeen = true;
    }
    if (call.startsTask() && value > 0 && value <= StraceLine.LARGEST_TID) {
      summary.events.add(new Event.Cloned(segment, (int) value, startsThread));
    }
  }

  private void finishNewDescriptor(CallTraits call) {
    if (value < 0) {
      object = ObjectCode.UNKNOWN;
      return;
    }
    long inode = returnedInode();
    if (inode >= 0 && call.returnsNewSocket()) {
      summary.descriptorsSeen = true;
      summary.decorationsSeen = true;
      learnSocket(inode, object);
    } else {
      object = objectAt(line.resultStart, line.resultEnd);
    }
  }

  private @Nullable Word errorBehind(int from, int to) {
    int at = from;
    while (at < to && text[at] == ' ') {
      at++;
    }
    int wordEnd = endOfWord(text, at, to);
    return wordEnd > at ? words.get(text, at, wordEnd) : null;
  }

  private void noteStamp() {
    int from = line.stampStart;
    if (from < 0) {
      return;
    }
    int to = line.stampEnd;
    if (lastStampStart < 0) {
      summary.stamps = Stamp.form(text, from, to);
      summary.firstStampNanos = Stamp.nanos(text, from, to);
      lastHour = Stamp.hour(text, from, to);
    }
    lastStampStart = from;
    lastStampEnd = to;
    switch (summary.stamps) {
      case DAY -> {
        int hour = Stamp.hour(text, from, to);
        if (hour != lastHour) {
          summary.laterNanos += Stamp.midnightBetween(lastHour, hour);
          lastHour = hour;
        }
      }
      case RELATIVE -> summary.laterNanos += Stamp.nanos(text, from, to);
      case EPOCH, NONE, MIXED -> {
        // The first and the last tell all.
      }
    }
  }

  private void endStamps() {
    if (lastStampStart >= 0) {
      if (Stamp.form(text, lastStampStart, lastStampEnd) != summary.stamps) {
        summary.stamps = ChunkSummary.Stamps.MIXED;
      }
      summary.lastStampNanos = Stamp.nanos(text, lastStampStart, lastStampEnd);
    }
  }
}
