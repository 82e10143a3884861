// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.syscall.Category;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The table of `record` and `show`: one row per group, dearest first. Dear is work time, never
/// waiting; where work is unknown, the number of calls.
public final class TallyTable {
  /// By what calls are put together.
  public enum Grouping {
    THREAD,
    PROCESS,
    SYSCALL,
    CATEGORY,
    OBJECT;

    /// The group of a key.
    public String of(Key key) {
      return switch (this) {
        case THREAD -> key.thread().thread() + " " + orUnknown(key.thread().tid());
        case PROCESS -> key.thread().process() + " " + orUnknown(key.thread().pid());
        case SYSCALL -> callName(key);
        case CATEGORY -> categoryOf(key);
        case OBJECT -> objectLabel(key.object());
      };
    }

    /// The word of `--by`.
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final double TAIL = 0.99;

  /// What the source knows of time: columns that would be empty throughout are left out.
  private enum Times {
    SPLIT,
    WALL,
    NONE;

    static Times knownIn(List<Map.Entry<String, Count>> groups) {
      Times known = NONE;
      for (Map.Entry<String, Count> group : groups) {
        Count count = group.getValue();
        if (count.timedCalls() > 0 && count.workNanos() != null) {
          return SPLIT;
        }
        known = count.timedCalls() > 0 && count.wallNanos() != null ? WALL : known;
      }
      return known;
    }

    List<String> columns() {
      return switch (this) {
        case SPLIT -> List.of("work", "blocked", "runnable", "mean", "p99");
        case WALL -> List.of("wall", "mean", "p99");
        case NONE -> List.of();
      };
    }
  }

  private TallyTable() {}

  private static String orUnknown(int id) {
    return id == 0 ? Quantity.UNKNOWN : Integer.toString(id);
  }

  /// The syscall, with its request where one name is many calls: `ioctl KVM_RUN`.
  public static String callName(Key key) {
    String request = key.request();
    if (request == null) {
      return key.syscall();
    }
    return key.syscall() + " " + (request.startsWith("FUTEX_") ? request.substring(6) : request);
  }

  private static String objectLabel(@Nullable ObjectKind kind) {
    return kind == null ? "(none)" : kind.label();
  }

  private static String categoryOf(Key key) {
    return SyscallCatalogue.instance()
        .byName(key.syscall())
        .map(Syscall::category)
        .map(Category::slug)
        .orElse("(not in the catalogue)");
  }

  /// Table and verdict of one tally.
  ///
  /// @param elapsedNanos how long was counted, or null
  public static Document render(Tally tally, Grouping grouping, @Nullable Long elapsedNanos) {
    List<Map.Entry<String, Count>> groups =
        new ArrayList<>(tally.groupedBy(grouping::of).entrySet());
    groups.sort(
        Comparator.comparingLong(
                (Map.Entry<String, Count> entry) -> orMinusOne(entry.getValue().workNanos()))
            .thenComparingLong(entry -> entry.getValue().calls())
            .reversed());
    Count total = tally.total();
    Times times = Times.knownIn(groups);
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<String, Count> group : groups) {
      rows.add(row(group.getKey(), group.getValue(), times));
    }
    rows.add(row("total", total, times));
    List<String> header = new ArrayList<>(List.of(grouping.label(), "calls", "errors"));
    header.addAll(times.columns());
    Document document = new Document();
    document.add(new Document.Table(header, rows, 1));
    if (times == Times.WALL) {
      document.add(
          new Document.Paragraph(
              "Wall time has waiting in it, which is no cost; the source does not tell it from"
                  + " work."));
    }
    document.add(new Document.Paragraph(summary(tally, elapsedNanos)));
    for (String doubt : doubts(tally.completeness())) {
      document.add(new Document.Paragraph(doubt));
    }
    return document;
  }

  private static long orMinusOne(@Nullable Long value) {
    return value == null ? -1 : value;
  }

  private static List<String> row(String name, Count count, Times times) {
    List<String> row = new ArrayList<>();
    row.add(name);
    row.add(Quantity.count(count.calls()));
    row.add(count.failedCalls() == 0 ? "" : Quantity.count(count.failedCalls()));
    Long wall = count.wallNanos();
    boolean timed = wall != null && count.timedCalls() > 0;
    switch (times) {
      case SPLIT -> {
        row.add(timed ? Quantity.nanos(count.workNanos()) : Quantity.UNKNOWN);
        row.add(timed ? Quantity.nanos(count.blockedNanos()) : Quantity.UNKNOWN);
        row.add(timed ? Quantity.nanos(count.runnableNanos()) : Quantity.UNKNOWN);
      }
      case WALL -> row.add(timed ? Quantity.nanos(wall) : Quantity.UNKNOWN);
      case NONE -> {
        return row;
      }
    }
    LatencyHistogram latency = count.latency();
    row.add(
        timed && wall != null
            ? Quantity.nanos(wall.doubleValue() / count.timedCalls())
            : Quantity.UNKNOWN);
    row.add(
        latency == null || latency.total() == 0
            ? Quantity.UNKNOWN
            : Quantity.nanos(latency.quantileNanos(TAIL)));
    return row;
  }

  private static String summary(Tally tally, @Nullable Long elapsedNanos) {
    Set<Integer> processes = new HashSet<>();
    Set<Integer> threads = new HashSet<>();
    for (Key key : tally.counts().keySet()) {
      processes.add(key.thread().pid());
      threads.add(key.thread().tid());
    }
    return Quantity.count(tally.calls())
        + " calls by "
        + Words.counted(threads.size(), "thread")
        + " of "
        + Words.counted(processes.size(), "process")
        + (elapsedNanos == null ? "" : " in " + Quantity.nanos(elapsedNanos))
        + "; capture "
        + tally.completeness().verdict()
        + ".";
  }

  /// What was lost, in sentences; and what stood at the edges, if anything did.
  public static List<String> doubts(Completeness completeness) {
    List<String> doubts = new ArrayList<>();
    if (completeness.lostEvents() > 0) {
      doubts.add("INCOMPLETE: " + Quantity.count(completeness.lostEvents()) + " events were lost.");
    }
    if (completeness.droppedCalls() > 0) {
      doubts.add(
          "INCOMPLETE: "
              + Quantity.count(completeness.droppedCalls())
              + " calls found no room and are in no row.");
    }
    if (completeness.threadsMissed() > 0) {
      doubts.add(
          "INCOMPLETE: "
              + Words.counted(completeness.threadsMissed(), "thread")
              + " could not be followed.");
    }
    for (String note : completeness.notes()) {
      doubts.add("INCOMPLETE: " + note);
    }
    List<String> edges = new ArrayList<>();
    if (completeness.inFlightAtStart() > 0) {
      edges.add(completeness.inFlightAtStart() + " under way at the start (counted, not timed)");
    }
    if (completeness.inFlightAtEnd() > 0) {
      edges.add(completeness.inFlightAtEnd() + " under way at the end (not counted)");
    }
    if (completeness.cutShortByExit() > 0) {
      edges.add(completeness.cutShortByExit() + " cut short by the end of a thread (not counted)");
    }
    if (!edges.isEmpty()) {
      doubts.add("Calls at the edges: " + String.join("; ", edges) + ".");
    }
    return doubts;
  }
}
