// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import dev.trapline.reading.SkippedLines;
import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.ThreadKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the parts of a map's keys are, inferred from all keys of the map together, since bpftrace
/// prints neither types nor quotes.
///
/// The rules, in this order:
///
/// 1. A part that is a probe tells the syscall, and whether it is its entry or its exit. A probe of
///    all syscalls (`raw_syscalls:sys_enter`) needs a number beside it by rule 3. Keys whose probe
///    is of something else are left out and counted.
/// 2. Without a probe, a part whose every value is the name of a syscall is that: `read`, or
///    `__x64_sys_read` as `func` and `ksym()` say it. If names of programs could be meant (`sync`),
///    so that there are two such parts, or one besides numbers that could be the syscall, the map
///    is refused.
/// 3. Without either, the one number whose every value could be a syscall's (from -1 to
///    [#LARGEST_SYSCALL_NUMBER]) is its number. If there are two such parts or none, the map is
///    refused: process ids and small numbers look alike.
/// 4. Of the other numbers, one is a thread's id, if every value could be (1 to
///    [#LARGEST_THREAD_ID]). It may as well be a process id, which cannot be told. Of two, the one
///    that is nowhere larger is the process id, because threads are numbered after their process.
///    Numbers for which this does not hold (`cpu`, `args->fd`, a return value) are summed over.
/// 5. Strings side by side are one name of a thread that has commas in it, if that is nowhere
///    longer than [#LONGEST_NAME]. Other strings are summed over.
///
/// What was inferred is in [#words], for a remark.
final class KeyShape {
  /// The x32 entries, which the catalogue does not have, end at 547 (`syscall_64.tbl` in the
  /// kernel's `arch/x86`); a skipped call has -1 (`ptrace(2)`).
  static final int LARGEST_SYSCALL_NUMBER = 547;

  /// `PID_MAX_LIMIT` in the kernel's `linux/threads.h`.
  static final int LARGEST_THREAD_ID = 1 << 22;

  /// `TASK_COMM_LEN` in the kernel's `linux/sched.h`, less the final zero.
  static final int LONGEST_NAME = 15;

  private static final int MOST_TOKENS = 32;
  private static final int EXCERPT_BYTES = 60;

  /// What is tried to fit a name with commas into its key, before it counts as undecided.
  private static final int MOST_TRIES = 2_000;

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,18}");

  /// Where a value of the map belongs.
  ///
  /// @param thread of which unknown parts are [ThreadKey#UNKNOWN_ID] and empty
  record Place(ThreadKey thread, String syscall, Probe.Edge edge, int family) {}

  private enum Kind {
    PROBE,
    NUMBER,
    TEXT
  }

  private enum Use {
    PROBE("probe"),
    SYSCALL_NAME("name of the syscall"),
    SYSCALL_NUMBER("syscall number"),
    THREAD_NAME("comm"),
    THREAD_ID("thread id"),
    PROCESS_ID("process id"),
    NONE("something unknown, summed over");

    private final String words;

    Use(String words) {
      this.words = words;
    }
  }

  private final Architecture numbers;
  private final List<Kind> kinds;
  private final List<Use> uses;
  private final Map<String, Place> places = new HashMap<>();
  private long otherProbes;
  private @Nullable String firstOtherProbe;
  private long undecidedKeys;

  private KeyShape(Architecture numbers, List<Kind> kinds, List<Use> uses) {
    this.numbers = numbers;
    this.kinds = kinds;
    this.uses = uses;
  }

  /// Either the shape or why the map is refused.
  record Inference(@Nullable KeyShape shape, String refusal) {}

  private static Inference refused(String reason) {
    return new Inference(null, reason);
  }

  /// Infers the shape of a map's keys.
  ///
  /// @param separator `", "` in text, `","` in JSON
  /// @param numbers whose syscall numbers are meant
  static Inference of(List<String> keys, String separator, Architecture numbers) {
    List<List<String>> tokens = new ArrayList<>(keys.size());
    int fewest = Integer.MAX_VALUE;
    boolean differ = false;
    for (String key : keys) {
      if (key.indexOf('\n') >= 0) {
        return refused("its keys have stacks or lines in them");
      }
      List<String> parts = split(key, separator);
      differ |= fewest != Integer.MAX_VALUE && parts.size() != fewest;
      fewest = Math.min(fewest, parts.size());
      tokens.add(parts);
    }
    if (fewest > MOST_TOKENS) {
      return refused("its keys have more than " + MOST_TOKENS + " parts");
    }
    List<Kind> kinds = kinds(tokens, fewest);
    if (differ) {
      kinds = merged(kinds, -1);
    }
    List<List<String>> rows = new ArrayList<>(tokens.size());
    for (List<String> parts : tokens) {
      rows.add(fitted(parts, kinds, separator));
    }
    Columns columns = new Columns(kinds, rows);
    int syscall = columns.only(Kind.PROBE, column -> true);
    if (syscall == Columns.SEVERAL) {
      return refused("its keys have several probes");
    }
    Use syscallUse = Use.PROBE;
    if (syscall == Columns.NONE || columns.any(syscall, KeyShape::isProbeOfAllSyscalls)) {
      int probe = syscall;
      int name = probe >= 0 ? Columns.NONE : columns.syscallName();
      int number =
          columns.only(Kind.NUMBER, column -> columns.all(column, KeyShape::isSyscallNumber));
      if (name == Columns.SEVERAL || (name >= 0 && columns.isDoubtful(name, number))) {
        return refused("two parts of its keys could name the syscall");
      }
      if (name < 0 && number == Columns.SEVERAL) {
        return refused("two parts of its keys could be the syscall's number");
      }
      if (name < 0 && number == Columns.NONE) {
        return refused(
            "no part of its keys is a syscall's probe, its name, or a number up to "
                + LARGEST_SYSCALL_NUMBER);
      }
      syscall = name >= 0 ? name : number;
      syscallUse = name >= 0 ? Use.SYSCALL_NAME : Use.SYSCALL_NUMBER;
    }
    List<Kind> narrowKinds = kinds;
    List<Kind> wideKinds = differ ? kinds : merged(kinds, syscall);
    if (wideKinds.size() != narrowKinds.size()) {
      int syscallWide = widened(narrowKinds, syscall);
      rows = new ArrayList<>(tokens.size());
      for (List<String> row : columns.rows) {
        rows.add(row.isEmpty() ? row : joined(row, narrowKinds, syscall, separator));
      }
      return ofColumns(keys, new Columns(wideKinds, rows), syscallWide, syscallUse, numbers);
    }
    return ofColumns(keys, columns, syscall, syscallUse, numbers);
  }

  private static Inference ofColumns(
      List<String> keys, Columns columns, int syscall, Use syscallUse, Architecture numbers) {
    List<Use> uses = columns.uses(syscall, syscallUse);
    KeyShape shape = new KeyShape(numbers, columns.kinds, uses);
    for (int i = 0; i < keys.size(); i++) {
      shape.place(keys.get(i), columns.rows.get(i));
    }
    if (!shape.places.isEmpty()) {
      return new Inference(shape, "");
    }
    return refused(
        shape.firstOtherProbe == null
            ? "the parts of its keys cannot be told apart"
            : "its probes are of no syscall (" + shape.firstOtherProbe + ")");
  }

  private static List<String> split(String key, String separator) {
    List<String> parts = new ArrayList<>(4);
    int at = 0;
    for (int next = key.indexOf(separator); next >= 0; next = key.indexOf(separator, at)) {
      parts.add(bare(key.substring(at, next)));
      at = next + separator.length();
    }
    parts.add(bare(key.substring(at)));
    return parts;
  }

  /// A number or probe without the parenthesis of a tuple: `@[comm, (1, 2)]`.
  private static String bare(String part) {
    if (part.length() > 1 && (part.charAt(0) == '(' || part.endsWith(")"))) {
      int from = part.charAt(0) == '(' ? 1 : 0;
      String inner = part.substring(from, part.length() - (part.endsWith(")") ? 1 : 0));
      return kind(inner) == Kind.TEXT ? part : inner;
    }
    return part;
  }

  private static Kind kind(String part) {
    if (NUMBER.matcher(part).matches()) {
      return Kind.NUMBER;
    }
    return Probe.of(part) == null ? Kind.TEXT : Kind.PROBE;
  }

  /// The kinds of the parts, from the keys with the fewest: no name has a comma there, or all have.
  private static List<Kind> kinds(List<List<String>> tokens, int fewest) {
    @Nullable Kind[] kinds = new @Nullable Kind[fewest];
    for (List<String> parts : tokens) {
      if (parts.size() != fewest) {
        continue;
      }
      for (int i = 0; i < fewest; i++) {
        Kind kind = kind(parts.get(i));
        Kind before = kinds[i];
        if (before == null || before == kind) {
          kinds[i] = kind;
        } else {
          kinds[i] = kind == Kind.PROBE || before == Kind.PROBE ? Kind.PROBE : Kind.TEXT;
        }
      }
    }
    List<Kind> known = new ArrayList<>(fewest);
    for (Kind kind : kinds) {
      known.add(kind == null ? Kind.TEXT : kind);
    }
    return known;
  }

  /// Texts side by side become one, but for the one at a position.
  private static List<Kind> merged(List<Kind> kinds, int except) {
    List<Kind> merged = new ArrayList<>(kinds.size());
    for (int i = 0; i < kinds.size(); i++) {
      if (!joinsBefore(kinds, i, except)) {
        merged.add(kinds.get(i));
      }
    }
    return merged;
  }

  private static boolean joinsBefore(List<Kind> kinds, int at, int except) {
    return at > 0
        && kinds.get(at) == Kind.TEXT
        && kinds.get(at - 1) == Kind.TEXT
        && at != except
        && at - 1 != except;
  }

  private static int widened(List<Kind> kinds, int column) {
    int wide = column;
    for (int i = 0; i <= column; i++) {
      wide -= joinsBefore(kinds, i, column) ? 1 : 0;
    }
    return wide;
  }

  private static List<String> joined(
      List<String> row, List<Kind> kinds, int except, String separator) {
    List<String> joined = new ArrayList<>(row.size());
    for (int i = 0; i < row.size(); i++) {
      if (joinsBefore(kinds, i, except)) {
        int last = joined.size() - 1;
        joined.set(last, joined.get(last) + separator + row.get(i));
      } else {
        joined.add(row.get(i));
      }
    }
    return joined;
  }

  /// The tokens as one value per part, where a text may take several of them; empty if that goes in
  /// no way or in more than one.
  private static List<String> fitted(List<String> tokens, List<Kind> kinds, String separator) {
    if (tokens.size() == kinds.size()) {
      return tokens;
    }
    if (tokens.size() > MOST_TOKENS) {
      return List.of();
    }
    Fit fit = new Fit(tokens, kinds);
    fit.from(0, 0);
    if (fit.ways != 1 || fit.tries > MOST_TRIES) {
      return List.of();
    }
    List<String> row = new ArrayList<>(kinds.size());
    int from = 0;
    for (int end : fit.found) {
      row.add(String.join(separator, tokens.subList(from, end)));
      from = end;
    }
    return row;
  }

  /// Counts the ways in which tokens are parts, up to two, and keeps the first.
  private static final class Fit {
    private final List<String> tokens;
    private final List<Kind> kinds;
    private final int[] ends;
    private final int[] found;
    private int ways;
    private int tries;

    Fit(List<String> tokens, List<Kind> kinds) {
      this.tokens = tokens;
      this.kinds = kinds;
      ends = new int[kinds.size()];
      found = new int[kinds.size()];
    }

    void from(int token, int part) {
      tries++;
      int left = tokens.size() - token;
      int partsLeft = kinds.size() - part;
      if (partsLeft == 0) {
        if (left == 0 && ways++ == 0) {
          System.arraycopy(ends, 0, found, 0, ends.length);
        }
        return;
      }
      boolean isText = kinds.get(part) == Kind.TEXT;
      if (left < partsLeft || (!isText && kind(tokens.get(token)) != kinds.get(part))) {
        return;
      }
      int most = isText ? left - partsLeft + 1 : 1;
      for (int take = 1; take <= most && ways < 2 && tries <= MOST_TRIES; take++) {
        ends[part] = token + take;
        from(token + take, part + 1);
      }
    }
  }

  private static boolean isSyscallNumber(String part) {
    long number = Long.parseLong(part);
    return number >= -1 && number <= LARGEST_SYSCALL_NUMBER;
  }

  private static boolean isThreadId(String part) {
    long number = Long.parseLong(part);
    return number >= 1 && number <= LARGEST_THREAD_ID;
  }

  private static boolean isProbeOfAllSyscalls(String part) {
    Probe probe = Probe.of(part);
    return probe != null && probe.isOfAllSyscalls();
  }

  /// The keys as a table; a key that does not fit has an empty row.
  private record Columns(List<Kind> kinds, List<List<String>> rows) {
    static final int NONE = -1;
    static final int SEVERAL = -2;

    boolean all(int column, Predicate<String> condition) {
      return rows.stream().allMatch(row -> row.isEmpty() || condition.test(row.get(column)));
    }

    boolean any(int column, Predicate<String> condition) {
      return rows.stream().anyMatch(row -> !row.isEmpty() && condition.test(row.get(column)));
    }

    /// The only column of a kind that meets a condition, [#NONE] or [#SEVERAL].
    int only(Kind kind, Predicate<Integer> condition) {
      int found = NONE;
      for (int i = 0; i < kinds.size(); i++) {
        if (kinds.get(i) == kind && condition.test(i)) {
          found = found == NONE ? i : SEVERAL;
        }
      }
      return found;
    }

    /// The column of names of syscalls; those of kernel functions go before plain words.
    int syscallName() {
      int function = only(Kind.TEXT, column -> all(column, Probe::isFunctionName));
      return function != NONE
          ? function
          : only(Kind.TEXT, column -> all(column, part -> Probe.plainName(part) != null));
    }

    /// Whether plain words could as well be programs beside the numbers of syscalls.
    boolean isDoubtful(int name, int number) {
      return number != NONE && !all(name, Probe::isFunctionName);
    }

    List<Use> uses(int syscall, Use syscallUse) {
      List<Use> uses = new ArrayList<>(kinds.size());
      List<Integer> ids = new ArrayList<>(2);
      int texts = 0;
      for (int i = 0; i < kinds.size(); i++) {
        Use use = Use.NONE;
        if (i == syscall) {
          use = syscallUse;
        } else if (kinds.get(i) == Kind.PROBE) {
          use = Use.PROBE;
        } else if (kinds.get(i) == Kind.NUMBER && all(i, KeyShape::isThreadId)) {
          ids.add(i);
        } else if (kinds.get(i) == Kind.TEXT && all(i, KeyShape::isThreadName)) {
          use = Use.THREAD_NAME;
          texts++;
        }
        uses.add(use);
      }
      if (texts > 1) {
        uses.replaceAll(use -> use == Use.THREAD_NAME ? Use.NONE : use);
      }
      if (ids.size() == 1) {
        uses.set(ids.get(0), Use.THREAD_ID);
      } else if (ids.size() == 2) {
        int first = ids.get(0);
        int second = ids.get(1);
        if (isNowhereLarger(first, second)) {
          uses.set(first, Use.PROCESS_ID);
          uses.set(second, Use.THREAD_ID);
        } else if (isNowhereLarger(second, first)) {
          uses.set(first, Use.THREAD_ID);
          uses.set(second, Use.PROCESS_ID);
        }
      }
      return uses;
    }

    private boolean isNowhereLarger(int column, int than) {
      return rows.stream()
          .allMatch(row ->
              row.isEmpty() || Long.parseLong(row.get(column)) <= Long.parseLong(row.get(than)));
    }
  }

  private static boolean isThreadName(String part) {
    return part.codePointCount(0, part.length()) <= LONGEST_NAME;
  }

  private void place(String key, List<String> row) {
    if (row.isEmpty()) {
      undecidedKeys++;
      return;
    }
    int pid = ThreadKey.UNKNOWN_ID;
    int tid = ThreadKey.UNKNOWN_ID;
    String comm = "";
    Probe probe = null;
    String syscall = null;
    for (int i = 0; i < row.size(); i++) {
      String part = row.get(i);
      switch (uses.get(i)) {
        case PROBE -> {
          probe = Probe.of(part);
          if (probe == null || probe.edge() == null) {
            otherProbes++;
            firstOtherProbe = firstOtherProbe == null ? excerpt(part) : firstOtherProbe;
            return;
          }
        }
        case SYSCALL_NAME -> syscall = Probe.plainName(part);
        case SYSCALL_NUMBER -> syscall = numbered(Integer.parseInt(part));
        case THREAD_NAME -> comm = part;
        case THREAD_ID -> tid = Integer.parseInt(part);
        case PROCESS_ID -> pid = Integer.parseInt(part);
        case NONE -> {}
      }
    }
    // A probe that names the syscall knows it better than a number beside it.
    if (probe != null && probe.syscall() != null) {
      syscall = probe.syscall();
    }
    Probe.Edge edge = probe == null ? Probe.Edge.UNTOLD : probe.edge();
    if (syscall == null || edge == null) {
      undecidedKeys++;
      return;
    }
    ThreadKey thread = new ThreadKey(pid, "", tid, comm);
    places.put(key, new Place(thread, syscall, edge, probe == null ? 0 : probe.family()));
  }

  private static String excerpt(String part) {
    byte[] text = part.getBytes(StandardCharsets.UTF_8);
    return SkippedLines.excerpt(text, 0, Math.min(text.length, EXCERPT_BYTES));
  }

  private String numbered(int number) {
    Optional<Syscall> known = SyscallCatalogue.instance().byNumber(numbers, number);
    return known.map(Syscall::name).orElse("syscall-" + number);
  }

  /// Where a key's value belongs; null if it is left out.
  @Nullable Place place(String key) {
    return places.get(key);
  }

  /// Keys whose probe is of no syscall.
  long otherProbes() {
    return otherProbes;
  }

  /// The first such probe, printable anywhere; empty if there is none.
  String firstOtherProbe() {
    return Objects.requireNonNullElse(firstOtherProbe, "");
  }

  /// Keys whose parts could not be told apart.
  long undecidedKeys() {
    return undecidedKeys;
  }

  boolean hasThreadName() {
    return uses.contains(Use.THREAD_NAME);
  }

  boolean hasThreadId() {
    return uses.contains(Use.THREAD_ID);
  }

  boolean hasProcessId() {
    return uses.contains(Use.PROCESS_ID);
  }

  boolean hasSyscallNumber() {
    return uses.contains(Use.SYSCALL_NUMBER);
  }

  /// How finely it tells threads apart.
  int fineness() {
    return (hasThreadName() ? 1 : 0) + (hasThreadId() ? 2 : 0) + (hasProcessId() ? 2 : 0);
  }

  /// A thread of a finer shape as this one tells it.
  ThreadKey coarsened(ThreadKey finer) {
    return new ThreadKey(
        hasProcessId() ? finer.pid() : ThreadKey.UNKNOWN_ID,
        finer.process(),
        hasThreadId() ? finer.tid() : ThreadKey.UNKNOWN_ID,
        hasThreadName() ? finer.thread() : "");
  }

  /// Whether all that another shape tells of a thread is told by this one too.
  boolean tellsAllOf(KeyShape other) {
    return (hasThreadName() || !other.hasThreadName())
        && (hasThreadId() || !other.hasThreadId())
        && (hasProcessId() || !other.hasProcessId());
  }

  /// What the parts were taken as: `comm, probe`.
  String words() {
    List<String> words = new ArrayList<>(kinds.size());
    for (Use use : uses) {
      words.add(use.words);
    }
    return String.join(", ", words);
  }

  @Override
  public String toString() {
    return words() + " " + Arrays.toString(kinds.toArray());
  }
}
