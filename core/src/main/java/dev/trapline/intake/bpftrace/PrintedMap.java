// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import dev.trapline.intake.bpftrace.PrintedValue.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/// All that a file shows of one map, in memory that depends on its keys and not on how often it was
/// printed.
///
/// A map may be printed many times. If the script never empties it, each print holds all that came
/// before and the last one counts; if it does (`clear`, `zero`), the prints are of intervals and
/// must be added. Two things cannot happen to a map that only grows: a value becomes smaller, or a
/// key vanishes whose value was larger than one that is still shown (`print(@, 10)` shows the
/// largest only). Either one proves intervals. Without proof the map is taken as growing.
///
/// bpftrace prints all maps once more when it ends. Behind a `print` in `END` that shows the same
/// values twice, which for intervals must not be added: a last print which repeats the one before,
/// with nothing but bpftrace's two blank lines between them, does not count.
final class PrintedMap {
  /// What bpftrace holds at most, unless `max_map_keys` says otherwise. What comes after is dropped
  /// without a word, see issue 2809 of bpftrace.
  static final int DEFAULT_CAPACITY = 4096;

  static final int MOST_KEYS = 1 << 20;

  final String name;
  final boolean isJson;

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private @Nullable Entry withoutKey;
  private @Nullable Kind kind;
  private boolean isMixed;
  private boolean overflowedPrint;
  private boolean overflowedSum;
  private boolean hasNegative;
  private long largest;
  private long keysLeftOut;
  private long lines;

  private int print;
  private int keysInPrint;
  private long smallestInPrint;

  /// Whether this print began, and the one before ended, at something else than the map's own line.
  private boolean isWellBegun;

  private boolean isAtExit;

  private long otherOutputAtPrint;
  private long otherOutputBefore;
  private boolean isOfIntervals;
  private String proof = "";

  PrintedMap(String name, boolean isJson) {
    this.name = name;
    this.isJson = isJson;
  }

  private static final class Entry {
    long last;
    long lastTotal;
    long previous;
    long previousTotal;
    long sum;
    long sumTotal;
    int print;
    int printBefore;
  }

  /// One more line that belongs to it.
  void addLine() {
    lines++;
  }

  /// Lines that belonged to it.
  long lines() {
    return lines;
  }

  /// Begins a print.
  ///
  /// @param isTold whether something else stood before it, so that this is the beginning for sure
  /// @param otherOutput how many lines that are of no map came before
  /// @param mayBeAtExit whether it stands where bpftrace prints all maps at its end
  void beginPrint(boolean isTold, long otherOutput, boolean mayBeAtExit) {
    if (isTold) {
      endPrint();
    }
    print++;
    keysInPrint = 0;
    smallestInPrint = Long.MAX_VALUE;
    isWellBegun = isTold;
    isAtExit = mayBeAtExit;
    otherOutputBefore = otherOutputAtPrint;
    otherOutputAtPrint = otherOutput;
  }

  /// The current print has ended, at something else than the map's own line.
  private void endPrint() {
    if (!isWellBegun || print < 2 || kind != Kind.NUMBER || isOfIntervals) {
      return;
    }
    for (Map.Entry<String, Entry> candidate : entries.entrySet()) {
      Entry entry = candidate.getValue();
      if (entry.print != print && entry.last > smallestInPrint) {
        isOfIntervals = true;
        proof = "a key with " + entry.last + " was gone from a later print that shows less";
        return;
      }
    }
  }

  /// Whether the current print has the key already, so that another must have begun.
  boolean hasInPrint(@Nullable String key) {
    Entry entry = key == null ? withoutKey : entries.get(key);
    return entry != null && entry.print == print;
  }

  /// Takes a value of the current print.
  ///
  /// @param addToSame whether a key that this print has already is another one that looks the same
  void add(@Nullable String key, PrintedValue value, boolean addToSame) {
    Entry entry = entry(key);
    if (entry == null) {
      keysLeftOut++;
      return;
    }
    isMixed |= kind != null && kind != value.kind();
    kind = value.kind();
    hasNegative |= value.number() < 0;
    largest = Math.max(largest, value.number());
    if (addToSame && entry.print == print) {
      overflowedPrint |=
          overflows(entry.last, value.number()) || overflows(entry.lastTotal, value.total());
      entry.last += value.number();
      entry.lastTotal += value.total();
      add(entry, value);
    } else {
      if (entry.print > 0 && value.number() < entry.last && !isOfIntervals) {
        isOfIntervals = true;
        proof = "a value fell from " + entry.last + " to " + value.number();
      }
      entry.previous = entry.last;
      entry.previousTotal = entry.lastTotal;
      entry.last = value.number();
      entry.lastTotal = value.total();
      add(entry, value);
      entry.printBefore = entry.print;
      entry.print = print;
      keysInPrint++;
    }
    smallestInPrint = Math.min(smallestInPrint, value.number());
  }

  private @Nullable Entry entry(@Nullable String key) {
    if (key == null) {
      if (withoutKey == null) {
        withoutKey = new Entry();
      }
      return withoutKey;
    }
    Entry found = entries.get(key);
    if (found == null && entries.size() < MOST_KEYS) {
      found = new Entry();
      entries.put(key, found);
    }
    return found;
  }

  private void add(Entry entry, PrintedValue value) {
    overflowedSum |=
        overflows(entry.sum, value.number()) || overflows(entry.sumTotal, value.total());
    entry.sum += value.number();
    entry.sumTotal += value.total();
  }

  private static boolean overflows(long left, long right) {
    long sum = left + right;
    return ((left ^ sum) & (right ^ sum)) < 0;
  }

  /// Nothing more comes.
  void end() {
    endPrint();
  }

  /// The kind of its values; null if they are of several kinds.
  @Nullable Kind kind() {
    return isMixed ? null : kind;
  }

  boolean hasKeys() {
    return !entries.isEmpty();
  }

  /// The largest number that was ever printed.
  long largest() {
    return largest;
  }

  boolean hasNegative() {
    return hasNegative;
  }

  /// Whether a sum that counts went beyond 63 bits.
  boolean overflowed() {
    return overflowedPrint || (isOfIntervals && overflowedSum);
  }

  /// Keys for which there was no room here.
  long keysLeftOut() {
    return keysLeftOut;
  }

  int prints() {
    return print;
  }

  /// Whether the prints are of intervals and are added up.
  boolean isOfIntervals() {
    return isOfIntervals;
  }

  /// What proves that.
  String proof() {
    return proof;
  }

  /// Whether one print held exactly as many keys as bpftrace keeps by default.
  boolean looksFull() {
    return entries.size() == DEFAULT_CAPACITY;
  }

  List<String> keys() {
    return new ArrayList<>(entries.keySet());
  }

  /// The numbers that count, by key.
  void numbers(ObjLongConsumer<String> sink) {
    boolean repeats = lastPrintRepeats();
    for (Map.Entry<String, Entry> each : entries.entrySet()) {
      Entry entry = each.getValue();
      long last = repeats && entry.print == print ? entry.last : 0;
      sink.accept(each.getKey(), isOfIntervals ? entry.sum - last : entry.last);
    }
  }

  /// The totals of statistics, by key.
  void totals(ObjLongConsumer<String> sink) {
    boolean repeats = lastPrintRepeats();
    for (Map.Entry<String, Entry> each : entries.entrySet()) {
      Entry entry = each.getValue();
      long last = repeats && entry.print == print ? entry.lastTotal : 0;
      sink.accept(each.getKey(), isOfIntervals ? entry.sumTotal - last : entry.lastTotal);
    }
  }

  /// Whether bpftrace printed at its end what the script had printed just before.
  boolean lastPrintRepeats() {
    if (print < 2 || keysInPrint == 0 || !isAtExit || otherOutputBefore != otherOutputAtPrint) {
      return false;
    }
    for (Entry entry : entries.values()) {
      if (entry.print == print
          && (entry.printBefore != print - 1
              || entry.last != entry.previous
              || entry.lastTotal != entry.previousTotal)) {
        return false;
      }
    }
    return true;
  }
}
