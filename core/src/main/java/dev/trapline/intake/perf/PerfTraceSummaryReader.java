// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.StringTokenizer;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads the table of `perf trace -s` and `-S`, with or without `--errno-summary`: one section per
/// thread, one row per syscall. Lines of single calls, which `-S` prints before the table, are left
/// to [PerfTraceLineReader]. One object reads one file.
///
/// ```
///  comm (4711), 1010 events, 28.2%
///    syscall            calls  errors  total       min       avg       max       stddev
///                                      (msec)    (msec)    (msec)    (msec)        (%)
///    --------------- --------  ------ -------- --------- --------- ---------     ------
///    read                 499    499    11.139     0.015     0.022     0.088      2.02%
/// 				EBADF: 499
/// ```
///
/// Formats: perf's `builtin-trace.c` (`trace__fprintf_thread`, `thread__dump_stats`) and
/// `util/bpf-trace-summary.c`. Sections differ by version and options: `total, 2824 events`
/// (`--summary-mode=total`), `/system.slice, 7 events` (`--summary-mode=cgroup`), no percentage
/// (`--bpf-summary`), page faults and run time behind the percentage (`-F`, `--sched`); versions
/// before 5.5 have no column of errors.
///
/// The table does not tell processes, bytes, objects, requests or a distribution, and its times are
/// rounded to a microsecond per row. Errors without `--errno-summary` are a bare number, told under
/// the name [#UNNAMED_ERROR].
///
/// What perf counts is not what programs call, see `update_stats` there: calls without a return and
/// `rt_sigreturn` are missing; the return of clone in the thread that it made counts as a call that
/// took no time. The latter is told from real ones by its time of 0.000 ms, and taken off: one per
/// thread, since a thread begins once. An `execve` of 0.000 ms is one whose begin perf did not see.
public final class PerfTraceSummaryReader {
  /// The name of errors that the table counts and does not name.
  public static final String UNNAMED_ERROR = "unknown";

  private static final String TITLE = "Summary of events:";
  private static final int COLUMNS_WITH_ERRORS = 8;
  private static final int COLUMNS_WITHOUT_ERRORS = 7;
  private static final int DASHED_COLUMNS = 7;
  private static final String EVENTS = " events";
  private static final long NANOS_PER_MICROSECOND = 1000;

  /// More is no count or time of a machine, and sums could overflow.
  private static final long LARGEST_NUMBER = 1_000_000_000_000_000L;

  private static final Set<String> STARTS_TASK = Set.of("clone", "clone3", "fork", "vfork");
  private static final Set<String> EXECUTES = Set.of("execve", "execveat");

  private final SortedMap<Key, Count> counts = new TreeMap<>();
  private @Nullable Section section;
  private @Nullable Row row;
  private long lostEvents;
  private long callLines;
  private long firstReturns;
  private long inFlightAtStart;
  private long sections;
  private boolean afterCall;
  private boolean isTotal;
  private SkippedLines skipped = SkippedLines.NONE;
  private @Nullable String truncation;

  /// What the rows below it are of.
  ///
  /// @param isOfThread whether perf counted in it itself, which a BPF program does otherwise
  private record Section(ThreadKey thread, boolean isOfThread) {}

  /// A row, whose errors may be named by the lines behind it.
  private record Row(
      String name,
      long calls,
      long errors,
      long wallNanos,
      long shortestMicros,
      TreeMap<String, Long> named) {
    Count count(long notCalled, long notTimed) {
      TreeMap<String, Long> all = new TreeMap<>(named);
      long unnamed = errors;
      for (long count : named.values()) {
        unnamed -= count;
      }
      if (unnamed > 0) {
        all.merge(UNNAMED_ERROR, unnamed, Long::sum);
      }
      return new Count(
          calls - notCalled,
          calls - notCalled - notTimed,
          all,
          null,
          wallNanos,
          null,
          null,
          null,
          null,
          null);
    }
  }

  /// Whether a line can only be of such a table.
  public static boolean recognises(String line) {
    String text = line.strip();
    return text.equals(TITLE)
        || isHeading(text)
        || section(text) != null
        || row(text) != null
        || lost(text) >= 0;
  }

  /// Whether a line can be of such a table, given that others around it are.
  static boolean isOfTable(String line) {
    return line.isBlank() || error(line) != null || recognises(line);
  }

  /// Reads to the end of the stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a table makes one
  public TallyReading read(InputStream table) throws IOException {
    TextLines lines = new TextLines(table);
    for (String line = lines.next(); line != null; line = lines.next()) {
      boolean understood = readLine(line);
      if (!understood) {
        int end = ForeignPrefix.end(line);
        understood = end > 0 && readLine(line.substring(end));
      }
      if (!understood && lines.isUnterminated()) {
        truncation = "its last line (" + lines.number() + ") ends within a row";
      } else if (!understood) {
        skipped = lines.skipped(skipped, line);
      }
    }
    endRow();
    return new TallyReading(
        new Tally(counts, new Completeness(lostEvents, 0, 0, inFlightAtStart, 0, 0, List.of())),
        lines.number(),
        skipped,
        truncation,
        cannotKnow(),
        null,
        remarks());
  }

  private List<String> cannotKnow() {
    List<String> unknown = new ArrayList<>();
    unknown.add("bytes");
    unknown.add("objects of descriptors");
    unknown.add("requests of ioctl and futex");
    unknown.add("processes of threads");
    if (isTotal) {
      unknown.add("threads");
    }
    unknown.add("distribution of durations");
    unknown.add("what time was spent on");
    unknown.add("calls that never return and rt_sigreturn");
    unknown.add("calls under way at the end");
    return unknown;
  }

  private List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    if (sections > 0) {
      remarks.add("times are rounded to a microsecond per row by perf");
    }
    if (firstReturns > 0) {
      remarks.add(
          firstReturns
              + (firstReturns == 1
                  ? " first return of a thread is"
                  : " first returns of threads are")
              + " not counted, which perf counts as a clone that the thread called");
    }
    if (isTotal) {
      remarks.add(
          "calls of clone may include the first returns of the threads that they made, which perf"
              + " counts too");
    }
    if (callLines > 0) {
      remarks.add(
          callLines
              + (callLines == 1 ? " line tells" : " lines tell")
              + " single calls and are not counted beside the table");
    }
    return remarks;
  }

  private boolean readLine(String line) {
    String text = line.strip();
    if (text.isEmpty() || text.equals(TITLE) || isHeading(text)) {
      afterCall &= text.isEmpty();
      return true;
    }
    if (readRow(text) || readSection(line) || readError(line)) {
      afterCall = false;
      return true;
    }
    long lost = lost(text);
    if (lost >= 0) {
      lostEvents += lost;
      return true;
    }
    if (PerfTraceLineReader.recognises(line)) {
      callLines++;
      afterCall = true;
      return true;
    }
    return afterCall && TextLines.isOfCallChain(line);
  }

  private static boolean isHeading(String text) {
    if (text.startsWith("(msec)")) {
      return text.endsWith("(%)");
    }
    if (text.startsWith("syscall ")) {
      return text.endsWith("stddev") && text.contains(" calls ");
    }
    if (!text.startsWith("--------------- --------  ")
        && !text.startsWith("--------------- -------- ")) {
      return false;
    }
    StringTokenizer columns = new StringTokenizer(text);
    int count = columns.countTokens();
    while (columns.hasMoreTokens()) {
      if (!columns.nextToken().startsWith("------")) {
        return false;
      }
    }
    return count == DASHED_COLUMNS || count == DASHED_COLUMNS + 1;
  }

  /// `LOST 17 events!`
  ///
  /// @return -1 for another line
  static long lost(String text) {
    return text.startsWith("LOST ") && text.endsWith(" events!")
        ? number(text.substring(5, Math.max(5, text.length() - " events!".length())))
        : -1;
  }

  private boolean readSection(String line) {
    Section found = section(line.strip());
    if (found != null && !line.startsWith(" ")) {
      // A name may hold anything, so a runner's prefix looks like a part of it.
      int end = ForeignPrefix.end(line);
      Section behind = end == 0 ? null : section(line.substring(end).strip());
      found = behind == null ? found : behind;
    }
    if (found == null) {
      return false;
    }
    endRow();
    section = found;
    sections++;
    isTotal |= found.thread.tid() == ThreadKey.UNKNOWN_ID;
    return true;
  }

  /// `comm (4711), 1010 events, 28.2%`; the name may hold anything, so it is read from the end.
  private static @Nullable Section section(String text) {
    int events = text.lastIndexOf(EVENTS);
    int comma = events < 0 ? -1 : text.lastIndexOf(", ", events);
    if (comma < 1
        || comma + 2 > events
        || number(text.substring(comma + 2, events)) < 0
        || !isBehindEvents(text, events + EVENTS.length())) {
      return null;
    }
    boolean isOfThread = events + EVENTS.length() < text.length();
    if (text.charAt(comma - 1) == ')') {
      int open = text.lastIndexOf(" (", comma);
      long tid = open < 0 ? -1 : number(text.substring(open + 2, comma - 1));
      if (tid >= 0 && tid <= Integer.MAX_VALUE) {
        String name = TextLines.decoded(text.substring(0, open));
        return new Section(
            new ThreadKey(ThreadKey.UNKNOWN_ID, "", (int) tid, isUnknown(name, tid) ? "" : name),
            isOfThread);
      }
      return null;
    }
    String name = text.substring(0, comma);
    if (name.equals("total")) {
      return new Section(new ThreadKey(ThreadKey.UNKNOWN_ID, "", ThreadKey.UNKNOWN_ID, ""), false);
    }
    return name.startsWith("/") && !isOfThread
        ? new Section(
            new ThreadKey(ThreadKey.UNKNOWN_ID, "", ThreadKey.UNKNOWN_ID, TextLines.decoded(name)),
            false)
        : null;
  }

  /// Whether perf wrote the number of a thread for want of its name.
  static boolean isUnknown(String name, long tid) {
    return name.startsWith(":") && name.equals(":" + tid);
  }

  /// `, 28.2%, 1 majfaults, 61 minfaults, 3.555 msec`
  private static boolean isBehindEvents(String text, int from) {
    int at = from;
    while (at < text.length()) {
      if (!text.startsWith(", ", at)) {
        return false;
      }
      int comma = text.indexOf(", ", at + 2);
      int end = comma < 0 ? text.length() : comma;
      char first = text.charAt(Math.min(at + 2, text.length() - 1));
      boolean isPart =
          text.charAt(end - 1) == '%'
              || text.startsWith("faults", end - 6)
              || text.startsWith(" msec", end - 5);
      boolean isNumber = TextLines.isDigit(first) || text.startsWith("nan", at + 2) || first == '-';
      if (!isPart || !isNumber) {
        return false;
      }
      at = end;
    }
    return true;
  }

  private boolean readError(String line) {
    String name = row == null ? null : error(line);
    if (name == null || row == null) {
      return false;
    }
    long count = number(line.substring(line.lastIndexOf(':') + 1).strip());
    row.named.merge(name.startsWith("(") ? UNNAMED_ERROR : name, count, Long::sum);
    return true;
  }

  /// The name in `EBADF: 499`, indented; null in another line.
  private static @Nullable String error(String line) {
    String text = line.strip();
    int colon = text.indexOf(": ");
    if (colon < 1
        || text.length() == line.length()
        || text.indexOf(' ') != colon + 1
        || number(text.substring(colon + 2)) < 0) {
      return null;
    }
    String name = text.substring(0, colon);
    boolean isName = name.charAt(0) == 'E' && TextLines.endOfWord(name, 0) == name.length();
    return isName || name.equals("(unknown)") ? name : null;
  }

  private boolean readRow(String text) {
    Row found = section == null ? null : row(text);
    if (found == null) {
      return false;
    }
    endRow();
    row = found;
    return true;
  }

  private static @Nullable Row row(String text) {
    if (!text.endsWith("%")) {
      return null;
    }
    StringTokenizer fields = new StringTokenizer(text);
    int columns = fields.countTokens();
    if (columns != COLUMNS_WITH_ERRORS && columns != COLUMNS_WITHOUT_ERRORS) {
      return null;
    }
    String name = fields.nextToken();
    long calls = number(fields.nextToken());
    long errors = columns == COLUMNS_WITH_ERRORS ? number(fields.nextToken()) : 0;
    long wall = micros(fields.nextToken());
    long shortest = micros(fields.nextToken());
    long average = micros(fields.nextToken());
    long longest = micros(fields.nextToken());
    boolean isRow =
        TextLines.endOfWord(name, 0) == name.length()
            && !TextLines.isDigit(name.charAt(0))
            && calls >= 0
            && errors >= 0
            && errors <= calls
            && wall >= 0
            && shortest >= 0
            && average >= 0
            && longest >= 0;
    return isRow
        ? new Row(name, calls, errors, wall * NANOS_PER_MICROSECOND, shortest, new TreeMap<>())
        : null;
  }

  private void endRow() {
    Row done = row;
    row = null;
    if (done == null || section == null) {
      return;
    }
    Optional<Syscall> known = SyscallCatalogue.instance().byName(done.name);
    String name = known.map(Syscall::name).orElse(done.name);
    boolean hasUntimed = section.isOfThread && done.shortestMicros == 0 && done.calls > 0;
    long notCalled = hasUntimed && STARTS_TASK.contains(name) ? 1 : 0;
    long notTimed = hasUntimed && EXECUTES.contains(name) ? 1 : 0;
    firstReturns += notCalled;
    inFlightAtStart += notTimed;
    if (done.calls > notCalled) {
      counts.merge(
          new Key(section.thread, name, null, null), done.count(notCalled, notTimed), Count::plus);
    }
  }

  private static long number(String text) {
    long value = TextLines.number(text, 0, text.length());
    return value > LARGEST_NUMBER ? -1 : value;
  }

  private static long micros(String milliseconds) {
    long value = TextLines.fixedPoint(milliseconds, 0, milliseconds.length(), 3);
    return value > LARGEST_NUMBER / NANOS_PER_MICROSECOND ? -1 : value;
  }
}
