// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import dev.trapline.intake.bpftrace.KeyShape.Place;
import dev.trapline.intake.bpftrace.MapName.Meaning;
import dev.trapline.intake.bpftrace.PrintedValue.Kind;
import dev.trapline.intake.bpftrace.Probe.Edge;
import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ThreadKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Brings the maps of one script together: which of them count calls, which hold the time and the
/// bytes of the same calls, and which are refused.
///
/// A syscall's calls come from one map, for a script may count the same calls in several. Counts at
/// the entry go before those of no told place, and these before counts at the exit; plain counts
/// before the counts within statistics and histograms; maps whose names say that they count before
/// others; then the one that tells threads apart most finely. A second map of the same rank and the
/// same parts is added if the two have no thread in common, as with one map per role of a test.
///
/// Durations and bytes join the calls under the same parts of the key. Their map may tell more (it
/// is summed up) but not less.
final class MapJoin {
  private static final int MOST_REFUSALS = 10;

  /// 51 days of a million calls a second under one key. More is a time stamp or an address.
  private static final long MOST_CALLS = 1L << 42;

  /// Cutting a time to whole units then takes no more than a tenth of it, and mostly half of that.
  private static final long LEAST_UNITS_PER_CALL = 10;

  /// Over a year of time under one key, which is no sum of durations of a test either.
  private static final long MOST_NANOS = 1L << 55;

  private final Architecture numbers;
  private final List<Source> sources = new ArrayList<>();
  private final List<String> refusals = new ArrayList<>();
  private final Set<String> remarks = new LinkedHashSet<>();
  private final List<String> notes = new ArrayList<>();
  private final SortedMap<Key, Count> counts = new TreeMap<>();
  private long refusedMaps;
  private boolean bytesSeen;
  private boolean timeSeen;
  private boolean processesSeen;
  private boolean threadsSeen;
  private boolean namesSeen;

  private MapJoin(Architecture numbers) {
    this.numbers = numbers;
  }

  /// A map that is read.
  private record Source(PrintedMap map, MapName name, KeyShape shape) {
    Kind kind() {
      Kind kind = map.kind();
      return kind == null ? Kind.OTHER : kind;
    }

    boolean countsCalls() {
      return kind() != Kind.NUMBER
          || name.meaning() == Meaning.CALLS
          || name.meaning() == Meaning.UNTOLD;
    }

    boolean hasSums() {
      return kind() == Kind.NUMBER || kind() == Kind.STATISTICS;
    }

    String label() {
      return map.name;
    }
  }

  /// Whose calls of what.
  private record Cell(ThreadKey thread, String syscall) {}

  /// The values of a map at one place of the calls.
  private record View(Source source, Edge edge, Map<Cell, Long> values) {
    Set<String> syscalls() {
      Set<String> syscalls = new HashSet<>();
      for (Cell cell : values.keySet()) {
        syscalls.add(cell.syscall);
      }
      return syscalls;
    }

    boolean sharesThreadsWith(View other, String syscall) {
      for (Cell cell : values.keySet()) {
        if (cell.syscall.equals(syscall) && other.values.containsKey(cell)) {
          return true;
        }
      }
      return false;
    }

    boolean hasRankOf(View other) {
      return edge == other.edge
          && source.kind() == other.source.kind()
          && source.shape.fineness() > 0
          && source.shape.words().equals(other.source.shape.words());
    }

    long total(Set<String> syscalls) {
      long total = 0;
      for (Map.Entry<Cell, Long> entry : values.entrySet()) {
        total += syscalls.contains(entry.getKey().syscall) ? entry.getValue() : 0;
      }
      return total;
    }
  }

  private static final Comparator<View> RANK =
      Comparator.comparing((View view) -> view.edge)
          .thenComparing(view -> view.source.kind())
          .thenComparingInt(view -> view.source.name.meaning() == Meaning.CALLS ? 0 : 1)
          .thenComparingInt(view -> -view.source.shape.fineness());

  /// What came of the maps.
  ///
  /// @param notes reasons for doubt
  record Joined(
      SortedMap<Key, Count> counts,
      List<String> remarks,
      List<String> notes,
      boolean bytesSeen,
      boolean timeSeen,
      boolean processesSeen,
      boolean threadsSeen,
      boolean namesSeen) {}

  /// @param numbers whose syscall numbers keys have, if they have numbers
  static Joined join(Collection<PrintedMap> maps, Architecture numbers) {
    MapJoin join = new MapJoin(numbers);
    for (PrintedMap map : maps) {
      join.accept(map);
    }
    join.joinAll();
    return new Joined(
        join.counts,
        new ArrayList<>(join.remarks),
        join.notes,
        join.bytesSeen,
        join.timeSeen,
        join.processesSeen,
        join.threadsSeen,
        join.namesSeen);
  }

  private void accept(PrintedMap map) {
    map.end();
    MapName name = MapName.of(map.name);
    String refusal = refusal(map, name);
    KeyShape shape = null;
    if (refusal == null) {
      KeyShape.Inference inference = KeyShape.of(map.keys(), map.isJson ? "," : ", ", numbers);
      shape = inference.shape();
      refusal = inference.refusal();
    }
    if (shape == null) {
      refusedMaps++;
      if (refusals.size() < MOST_REFUSALS) {
        refusals.add(map.name + " (" + lines(map) + ") is not read: " + refusal);
      }
      return;
    }
    sources.add(new Source(map, name, shape));
  }

  private static String lines(PrintedMap map) {
    return map.lines() == 1 ? "1 line" : map.lines() + " lines";
  }

  private static @Nullable String refusal(PrintedMap map, MapName name) {
    Kind kind = map.kind();
    if (!map.hasKeys()) {
      return "it has no keys, so nothing tells the syscall";
    }
    if (kind == null) {
      return "its values are of several kinds";
    }
    if (kind == Kind.OTHER) {
      return "its values are not counts";
    }
    if (kind == Kind.AVERAGE) {
      return "averages cannot be added up (stats() would tell count and total)";
    }
    if (map.overflowed()) {
      return "its sums are beyond 63 bits";
    }
    if (name.meaning() == Meaning.NEITHER) {
      return "by its name it holds neither calls nor sums over calls";
    }
    boolean isSum = name.meaning() == Meaning.TIME || name.meaning() == Meaning.BYTES;
    if (map.largest() > MOST_CALLS && !(isSum && kind == Kind.NUMBER)) {
      return "its values go up to " + map.largest() + ", which are no counts of calls";
    }
    if (map.hasNegative() && (kind != Kind.NUMBER || name.meaning() != Meaning.BYTES)) {
      return "it has negative values, so it counts nothing";
    }
    return null;
  }

  private void joinAll() {
    List<View> views = new ArrayList<>();
    for (Source source : sources) {
      if (source.countsCalls()) {
        views.addAll(views(source, false));
      }
    }
    views.sort(RANK);
    Map<String, List<View>> chosen = choose(views);
    Map<Cell, Long> returned = returned(views, chosen);
    Set<Source> used = new HashSet<>();
    for (View view : views) {
      Map<Cell, Long> cells = new LinkedHashMap<>();
      for (Map.Entry<Cell, Long> entry : view.values.entrySet()) {
        if (chosen.getOrDefault(entry.getKey().syscall, List.of()).contains(view)) {
          cells.put(entry.getKey(), entry.getValue());
        }
      }
      if (!cells.isEmpty()) {
        used.add(view.source);
        addCounts(view, cells, returned, used);
      }
    }
    for (Source source : sources) {
      if (used.contains(source)) {
        describe(source);
      } else {
        tellUnused(source);
      }
    }
    remarks.addAll(refusals);
    if (refusedMaps > refusals.size()) {
      remarks.add("maps that are not read, besides these: " + (refusedMaps - refusals.size()));
    }
    if (counts.isEmpty() && refusedMaps > 0) {
      notes.add(
          "none of the maps that bpftrace printed tells calls by syscall; count them under their"
              + " probe, as in @calls[comm, probe] = count()");
    }
  }

  private void tellUnused(Source source) {
    if (source.name.meaning() == Meaning.TIME && source.name.unitNanos() == 0 && source.hasSums()) {
      tellUnknownUnit(source);
    } else if (source.kind() == Kind.HISTOGRAM) {
      remarks.add(
          source.label()
              + " is left out: its buckets are coarser than Trapline's, and other maps count the"
              + " calls");
    } else if (!source.countsCalls() || source.kind() == Kind.STATISTICS) {
      remarks.add(
          source.label()
              + " is left out: "
              + (source.countsCalls() && source.name.meaning() == Meaning.UNTOLD
                  ? "its name does not tell what its statistics measure, and other maps count the"
                      + " calls"
                  : "there are no calls under the same keys to join it to"));
    }
  }

  /// A map's values by the place in the call; totals of statistics, or else counts.
  private List<View> views(Source source, boolean totals) {
    Map<String, Integer> families = new HashMap<>();
    for (String key : source.map.keys()) {
      Place place = source.shape.place(key);
      if (place != null) {
        families.merge(place.edge() + place.syscall(), place.family(), Math::min);
      }
    }
    Map<Edge, View> views = new EnumMap<>(Edge.class);
    var collector =
        new Object() {
          long again;

          void accept(String key, long value) {
            Place place = source.shape.place(key);
            if (place == null) {
              return;
            }
            if (families.getOrDefault(place.edge() + place.syscall(), 0) != place.family()) {
              again++;
              return;
            }
            views
                .computeIfAbsent(
                    place.edge(), edge -> new View(source, edge, new LinkedHashMap<>()))
                .values
                .merge(new Cell(place.thread(), place.syscall()), value, MapJoin::saturatedSum);
          }
        };
    if (totals && source.kind() == Kind.STATISTICS) {
      source.map.totals(collector::accept);
    } else {
      source.map.numbers(collector::accept);
    }
    if (collector.again > 0 && !totals) {
      remarks.add(
          source.label()
              + ": "
              + collector.again
              + " keys are left out, because their probes see the same calls as others that are"
              + " counted (a call passes its tracepoint and several kernel functions)");
    }
    return new ArrayList<>(views.values());
  }

  private static long saturatedSum(long left, long right) {
    long sum = left + right;
    return ((left ^ sum) & (right ^ sum)) < 0 ? Long.MAX_VALUE : sum;
  }

  /// Which views count the calls of each syscall.
  private Map<String, List<View>> choose(List<View> views) {
    Map<String, List<View>> chosen = new HashMap<>();
    for (View view : views) {
      Map<View, Set<String>> again = new LinkedHashMap<>();
      for (String syscall : view.syscalls()) {
        List<View> before = chosen.computeIfAbsent(syscall, name -> new ArrayList<>());
        View same = null;
        for (View other : before) {
          if (!view.hasRankOf(other) || view.sharesThreadsWith(other, syscall)) {
            same = other;
          }
        }
        if (same == null) {
          before.add(view);
        } else {
          again.computeIfAbsent(same, other -> new HashSet<>()).add(syscall);
        }
      }
      again.forEach((other, syscalls) -> tellSecondCount(view, other, syscalls));
    }
    return chosen;
  }

  private void tellSecondCount(View view, View other, Set<String> syscalls) {
    boolean isExitOfSame = view.edge == Edge.EXIT && other.edge == Edge.ENTRY;
    if (view.source.kind() == Kind.NUMBER && !isExitOfSame) {
      remarks.add(
          view.source.label()
              + " counts "
              + syscalls.size()
              + (syscalls.size() == 1 ? " syscall" : " syscalls")
              + " that "
              + other.source.label()
              + " counts too ("
              + view.total(syscalls)
              + " against "
              + other.total(syscalls)
              + " calls): the calls of "
              + other.source.label()
              + " are taken, and not added to");
    }
  }

  /// How many of the calls that were counted at their entry came back.
  private Map<Cell, Long> returned(List<View> views, Map<String, List<View>> chosen) {
    Map<Cell, Long> returned = new HashMap<>();
    Set<String> told = new HashSet<>();
    for (View view : views) {
      if (view.edge != Edge.EXIT || view.source.kind() != Kind.NUMBER) {
        continue;
      }
      for (View entries : views) {
        if (entries.edge != Edge.ENTRY || !view.source.shape.tellsAllOf(entries.source.shape)) {
          continue;
        }
        Set<String> both = new HashSet<>();
        for (String syscall : view.syscalls()) {
          if (!told.contains(syscall)
              && chosen.getOrDefault(syscall, List.of()).contains(entries)) {
            both.add(syscall);
          }
        }
        if (both.isEmpty()) {
          continue;
        }
        told.addAll(both);
        long began = 0;
        for (Cell cell : entries.values.keySet()) {
          if (both.contains(cell.syscall)) {
            returned.putIfAbsent(cell, 0L);
            began += entries.values.getOrDefault(cell, 0L);
          }
        }
        for (Map.Entry<Cell, Long> entry : view.values.entrySet()) {
          Cell coarse = coarsened(entry.getKey(), entries.source.shape);
          returned.computeIfPresent(coarse, (cell, sum) -> saturatedSum(sum, entry.getValue()));
        }
        long came = view.total(both);
        remarks.add(
            entries.source.label()
                + " counts "
                + began
                + " calls at their entry, "
                + view.source.label()
                + " "
                + came
                + " at their exit: the entries are taken as the calls"
                + (came < began ? "; the others were under way or never returned" : ""));
      }
    }
    return returned;
  }

  private static Cell coarsened(Cell cell, KeyShape shape) {
    return new Cell(shape.coarsened(cell.thread), cell.syscall);
  }

  private void addCounts(
      View view, Map<Cell, Long> cells, Map<Cell, Long> returned, Set<Source> used) {
    KeyShape shape = view.source.shape;
    processesSeen |= shape.hasProcessId();
    threadsSeen |= shape.hasThreadId();
    namesSeen |= shape.hasThreadName();
    Sums time = sums(Meaning.TIME, view, used);
    Sums bytes = sums(Meaning.BYTES, view, used);
    long moreTimed = 0;
    long tooCoarse = 0;
    for (Map.Entry<Cell, Long> entry : cells.entrySet()) {
      Cell cell = entry.getKey();
      long calls = entry.getValue();
      if (calls == 0) {
        // A key that zero() left behind.
        continue;
      }
      Long wall = time.totals.get(cell);
      long timed = 0;
      if (wall != null) {
        timed = time.values.getOrDefault(cell, returned.getOrDefault(cell, calls));
        moreTimed += timed > calls ? 1 : 0;
        timed = Math.min(timed, calls);
        if (isTooCoarse(wall, timed, time.units.getOrDefault(cell, 1L))) {
          tooCoarse++;
          wall = null;
          timed = 0;
        }
      } else if (!time.totals.isEmpty() && neverReturns(cell.syscall)) {
        wall = 0L;
      }
      timeSeen |= wall != null;
      Long moved = returnsBytes(cell.syscall) ? bytes.totals.get(cell) : null;
      bytesSeen |= moved != null;
      Count count =
          new Count(calls, timed, new TreeMap<>(), moved, wall, null, null, null, null, null);
      counts.merge(new Key(cell.thread, cell.syscall, null, null), count, Count::plus);
    }
    if (tooCoarse > 0) {
      remarks.add(
          "the time of "
              + tooCoarse
              + " keys of "
              + view.source.label()
              + " is left out: their calls last less than "
              + LEAST_UNITS_PER_CALL
              + " of the units that the time is in, and each was cut to whole ones; add up"
              + " nanoseconds");
    }
    if (moreTimed > 0) {
      remarks.add(
          moreTimed
              + " keys of "
              + view.source.label()
              + " have more timed calls than calls: calls that were under way when counting began");
    }
  }

  /// `sum((nsecs - @start[tid]) / 1000)` of calls of 300 ns is nearly 0.
  private static boolean isTooCoarse(long wallNanos, long timed, long unitNanos) {
    return unitNanos > 1 && wallNanos / unitNanos < LEAST_UNITS_PER_CALL * timed;
  }

  private static boolean neverReturns(String syscall) {
    return SyscallCatalogue.instance().byName(syscall).map(Syscall::neverReturns).orElse(false);
  }

  /// A script may add up the returns of all calls, and only some return bytes.
  private static boolean returnsBytes(String syscall) {
    return SyscallCatalogue.instance().byName(syscall).map(Syscall::returnsBytes).orElse(true);
  }

  /// Sums over calls, and over how many where statistics tell.
  private record Sums(Map<Cell, Long> totals, Map<Cell, Long> values, Map<Cell, Long> units) {}

  private Sums sums(Meaning meaning, View calls, Set<Source> used) {
    Sums sums = new Sums(new HashMap<>(), new HashMap<>(), new HashMap<>());
    for (Source source : sources) {
      boolean isTime = meaning == Meaning.TIME;
      if (source.name.meaning() != meaning
          || !source.hasSums()
          || (isTime && source.name.unitNanos() == 0)
          || !isJoinable(source, calls.source)) {
        continue;
      }
      Map<Cell, Long> totals = projected(views(source, true), calls.source.shape);
      Map<Cell, Long> values =
          source.kind() == Kind.STATISTICS
              ? projected(views(source, false), calls.source.shape)
              : Map.of();
      boolean joins = false;
      for (Map.Entry<Cell, Long> entry : totals.entrySet()) {
        Cell cell = entry.getKey();
        long total = inUnits(entry.getValue(), isTime ? source.name.unitNanos() : 1);
        if (calls.values.containsKey(cell) && total >= 0 && !sums.totals.containsKey(cell)) {
          sums.totals.put(cell, total);
          sums.units.put(cell, source.name.unitNanos());
          Long over = values.get(cell);
          if (over != null) {
            sums.values.put(cell, over);
          }
          joins = true;
        }
      }
      if (joins) {
        used.add(source);
      }
    }
    return sums;
  }

  /// -1 if it cannot be.
  private static long inUnits(long value, long unit) {
    return value < 0 || value > MOST_NANOS / unit ? -1 : value * unit;
  }

  private boolean isJoinable(Source sums, Source calls) {
    if (!sums.shape.tellsAllOf(calls.shape)) {
      remarks.add(
          sums.label()
              + " has key parts "
              + sums.shape.words()
              + ", which tell less than those of "
              + calls.label()
              + " ("
              + calls.shape.words()
              + "): not joined; give both the same keys");
      return false;
    }
    boolean bothRepeat = prints(sums.map) > 1 && prints(calls.map) > 1;
    if (bothRepeat && sums.map.isOfIntervals() != calls.map.isOfIntervals()) {
      remarks.add(
          sums.label()
              + " and "
              + calls.label()
              + " are not joined: the prints of one are of intervals, those of the other grow");
      return false;
    }
    return true;
  }

  private static int prints(PrintedMap map) {
    return map.prints() - (map.lastPrintRepeats() ? 1 : 0);
  }

  /// The values of the exits, or where there are none of what there is.
  private static Map<Cell, Long> projected(List<View> views, KeyShape shape) {
    Map<Cell, Long> values = new LinkedHashMap<>();
    for (int i = views.size() - 1; i >= 0 && values.isEmpty(); i--) {
      for (Map.Entry<Cell, Long> entry : views.get(i).values.entrySet()) {
        values.merge(coarsened(entry.getKey(), shape), entry.getValue(), MapJoin::saturatedSum);
      }
    }
    return values;
  }

  /// Says how a map was taken.
  private void describe(Source source) {
    StringBuilder words = new StringBuilder(source.label());
    words.append(": key parts taken as ").append(source.shape.words());
    if (source.shape.hasSyscallNumber()) {
      words.append(" of ").append(numbers.title());
    }
    Meaning meaning = source.name.meaning();
    if (source.kind() == Kind.NUMBER) {
      words.append(
          switch (meaning) {
            case TIME ->
                ", numbers as sums of "
                    + unit(source.name.unitNanos())
                    + (source.map.isJson
                        ? " (as are min() and max(), if it is of these)"
                        : " (as are avg(), min() and max(), if it is of these; stats() is clear)");
            case BYTES -> ", numbers as sums of bytes, of failed calls too if the script adds them";
            case CALLS, UNTOLD, NEITHER ->
                meaning == Meaning.CALLS && source.label().length() > 1
                    ? ", numbers as counts of calls"
                    : ", numbers as counts of calls (sum() and a plain number look alike)";
          });
    } else if (source.kind() == Kind.HISTOGRAM) {
      words.append(
          ", its values counted as calls; its buckets are coarser than Trapline's and left out");
    } else {
      words.append(", statistics");
      if (meaning == Meaning.TIME && source.name.unitNanos() > 0) {
        words.append(" of ").append(unit(source.name.unitNanos()));
      } else if (meaning == Meaning.BYTES) {
        words.append(" of bytes");
      } else {
        words.append(" of something unknown, of which only the count is taken");
      }
    }
    remarks.add(words.toString());
    if (meaning == Meaning.TIME && source.name.unitNanos() == 0) {
      tellUnknownUnit(source);
    }
    tellPrints(source);
    tellLeftOut(source);
    if (source.map.looksFull()) {
      notes.add(
          source.label()
              + " holds "
              + PrintedMap.DEFAULT_CAPACITY
              + " keys, at which bpftrace stops adding more without a word; run it with a larger"
              + " BPFTRACE_MAP_KEYS_MAX (BPFTRACE_MAX_MAP_KEYS in later versions)");
    }
    if (source.map.keysLeftOut() > 0) {
      notes.add(
          source.map.keysLeftOut()
              + " values of "
              + source.label()
              + " found no room in the reader");
    }
  }

  private void tellUnknownUnit(Source source) {
    remarks.add(
        source.label()
            + " holds durations of a unit that its name does not tell, so they are left out; name"
            + " it for its unit, as "
            + source.label()
            + "_ns");
  }

  private static String unit(long nanos) {
    return switch ((int) nanos) {
      case 1 -> "nanoseconds";
      case 1_000 -> "microseconds";
      case 1_000_000 -> "milliseconds";
      default -> "seconds";
    };
  }

  private void tellPrints(Source source) {
    PrintedMap map = source.map;
    int prints = prints(map);
    if (map.prints() != prints && map.isOfIntervals()) {
      remarks.add(source.label() + ": the last print repeats the one before and is left out");
    }
    if (prints > 1) {
      remarks.add(
          source.label()
              + ": "
              + prints
              + (map.isOfIntervals()
                  ? " prints of intervals (" + map.proof() + "), added up"
                  : " prints, in which nothing becomes smaller; the last one counts"));
    }
  }

  private void tellLeftOut(Source source) {
    KeyShape shape = source.shape;
    if (shape.otherProbes() > 0) {
      remarks.add(
          source.label()
              + ": "
              + shape.otherProbes()
              + " keys are left out, being of probes of no syscall, such as "
              + shape.firstOtherProbe());
    }
    if (shape.undecidedKeys() > 0) {
      notes.add(
          shape.undecidedKeys()
              + " keys of "
              + source.label()
              + " are not counted: names with commas in them leave open which part is which");
    }
  }
}
