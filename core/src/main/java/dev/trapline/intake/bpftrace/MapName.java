// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a map's name says of its numbers: bpftrace prints no other hint at what they measure.
///
/// A name is taken apart at underscores and capitals, so `@status` is no map of microseconds.
///
/// @param unitNanos nanoseconds per unit of a duration; 0 if the name does not say
record MapName(Meaning meaning, long unitNanos) {
  /// What the numbers are.
  enum Meaning {
    /// Said to be counts, or not said to be anything: `@`, `@calls`.
    CALLS,
    /// Nothing that is known here; a count as far as can be told.
    UNTOLD,
    /// Durations: `@ns`, `@read_usecs`, `@latency`.
    TIME,
    /// Bytes: `@bytes`, `@read_bytes`.
    BYTES,
    /// Something of which a sum over calls makes no sense: `@start`, `@max_ns`, `@errors`.
    NEITHER
  }

  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("ns", 1L),
          Map.entry("nsec", 1L),
          Map.entry("nsecs", 1L),
          Map.entry("nanos", 1L),
          Map.entry("nanoseconds", 1L),
          Map.entry("us", 1_000L),
          Map.entry("usec", 1_000L),
          Map.entry("usecs", 1_000L),
          Map.entry("micros", 1_000L),
          Map.entry("microseconds", 1_000L),
          Map.entry("ms", 1_000_000L),
          Map.entry("msec", 1_000_000L),
          Map.entry("msecs", 1_000_000L),
          Map.entry("millis", 1_000_000L),
          Map.entry("milliseconds", 1_000_000L),
          Map.entry("sec", 1_000_000_000L),
          Map.entry("secs", 1_000_000_000L),
          Map.entry("seconds", 1_000_000_000L));

  private static final Set<String> TIME =
      Set.of(
          "time",
          "times",
          "latency",
          "latencies",
          "lat",
          "dur",
          "duration",
          "durations",
          "elapsed",
          "wait",
          "waited",
          "delay",
          "took",
          "wall");

  private static final Set<String> CALLS =
      Set.of(
          "count",
          "counts",
          "cnt",
          "call",
          "calls",
          "c",
          "n",
          "nr",
          "num",
          "freq",
          "hits",
          "syscall",
          "syscalls",
          "enter",
          "entry",
          "entries",
          "entered",
          "exit",
          "exits",
          "exited",
          "returned",
          "returns");

  private static final Set<String> NEITHER =
      Set.of(
          "start",
          "starts",
          "started",
          "begin",
          "begun",
          "ts",
          "timestamp",
          "last",
          "prev",
          "min",
          "max",
          "avg",
          "average",
          "mean",
          "fd",
          "ret",
          "retval",
          "err",
          "errs",
          "error",
          "errors",
          "errno",
          "fail",
          "failed",
          "fails",
          "failures",
          "size",
          "sizes",
          "len",
          "length",
          "stack",
          "stacks",
          "ptr",
          "addr",
          "arg",
          "args");

  private static final Pattern WORD = Pattern.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+");

  /// `@latns`, `@timeus`.
  private static final Pattern TIME_WITH_UNIT =
      Pattern.compile(
          "(?:lat|latency|time|dur|duration|elapsed|wait|total|sum|syscall)"
              + "(ns|nsecs?|us|usecs?|ms|msecs?)");

  /// @param name with its `@`
  static MapName of(String name) {
    boolean time = false;
    boolean bytes = false;
    boolean calls = name.equals("@");
    long unitNanos = 0;
    Matcher words = WORD.matcher(name);
    while (words.find()) {
      String word = words.group().toLowerCase(Locale.ROOT);
      if (NEITHER.contains(word)) {
        return new MapName(Meaning.NEITHER, 0);
      }
      Matcher joined = TIME_WITH_UNIT.matcher(word);
      String unit = joined.matches() ? joined.group(1) : word;
      unitNanos = Math.max(unitNanos, UNITS.getOrDefault(unit, 0L));
      time |= TIME.contains(word);
      bytes |= word.contains("byte");
      calls |= CALLS.contains(word);
    }
    if (bytes) {
      return new MapName(Meaning.BYTES, 0);
    }
    if (time || unitNanos > 0) {
      return new MapName(Meaning.TIME, unitNanos);
    }
    return new MapName(calls ? Meaning.CALLS : Meaning.UNTOLD, 0);
  }
}
