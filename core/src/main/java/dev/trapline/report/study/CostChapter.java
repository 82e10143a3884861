// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// What costs most: by measured work where there is some, else what comes most often, with the
/// warning that this is not the same.
final class CostChapter {
  private static final int ROWS_PER_SIDE = 3;

  private final SeenCalls seen;

  CostChapter(SeenCalls seen) {
    this.seen = seen;
  }

  void addTo(Document document) {
    document.add(new Document.Heading(2, "What costs most"));
    List<SeenCall> measured = seen.where(row -> row.shareOfWork() != null);
    List<SeenCall> counted = seen.where(row -> row.shareOfWork() == null && row.number() > 0);
    if (!measured.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "By work: time on a CPU inside the call. Time asleep is waiting and in no column. What"
                  + " the kernel did in its own threads is not in it either."));
      document.add(byWork(measured));
    }
    if (!counted.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "Work was not measured "
                  + (measured.isEmpty() ? "here" : "for these")
                  + ", so this is what comes most often, and CALLS ARE NOT COST: a call that"
                  + " sleeps for a message is dear in time and cheap in work, one that copies 64 KiB"
                  + " is the reverse, and a call that a vhost worker saves is done by that worker,"
                  + " out of sight of every count of syscalls."));
      document.add(byCalls(counted));
      document.add(
          new Document.Paragraph(
              "To know the cost, measure it: trapline bench splits each call's time into work,"
                  + " sleep and waiting for a CPU."));
    }
    if (measured.isEmpty() && counted.isEmpty()) {
      document.add(new Document.Paragraph("Nothing was counted."));
    }
  }

  private static Document.Table byWork(List<SeenCall> rows) {
    List<List<String>> cells = new ArrayList<>();
    for (SeenCall row : first(rows, Comparator.comparingLong(CostChapter::work))) {
      Work unit = row.work();
      cells.add(
          List.of(
              row.where(),
              row.test(),
              row.side(),
              call(row),
              unit == null
                  ? Quantity.nanos(work(row))
                  : Quantity.nanos(work(row) / unit.amount()) + " / " + unit.unit(),
              row.shareOfWork() == null ? "-" : Numbers.percent(row.shareOfWork())));
    }
    return new Document.Table(List.of("where", "test", "side", "call", "work", "share"), cells, 4);
  }

  private static long work(SeenCall row) {
    Count count = row.measured();
    Long nanos = count == null ? null : count.workNanos();
    return nanos == null ? -1 : nanos;
  }

  private static Document.Table byCalls(List<SeenCall> rows) {
    List<List<String>> cells = new ArrayList<>();
    for (SeenCall row : first(rows, Comparator.comparingDouble(SeenCall::number))) {
      cells.add(
          List.of(
              row.where(),
              row.test(),
              row.side(),
              call(row),
              nature(row),
              Numbers.published(row.calls()),
              SyscallChapters.perUnit(row)));
    }
    return new Document.Table(
        List.of("where", "test", "side", "call", "sleeps", "calls", "per unit"), cells, 5);
  }

  private static String nature(SeenCall row) {
    return row.syscall() == null
        ? ""
        : switch (row.syscall().blocking()) {
          case NEVER -> "never";
          case MAY -> "may";
          case WAITS -> "waits";
        };
  }

  private static String call(SeenCall row) {
    return row.name() + (row.on().isEmpty() ? "" : "/" + row.on());
  }

  private record Side(String where, String test, @Nullable String role, @Nullable String run) {}

  /// The largest few of each side, sides in the order of the source.
  private static List<SeenCall> first(List<SeenCall> rows, Comparator<SeenCall> size) {
    SequencedMap<Side, List<SeenCall>> sides = new LinkedHashMap<>();
    for (SeenCall row : rows) {
      sides
          .computeIfAbsent(
              new Side(row.where(), row.test(), row.count().role(), row.count().run()),
              _ -> new ArrayList<>())
          .add(row);
    }
    List<SeenCall> first = new ArrayList<>();
    for (List<SeenCall> side : sides.values()) {
      side.stream()
          .filter(SeenCall::isWorthDividing)
          .sorted(size.reversed())
          .limit(ROWS_PER_SIDE)
          .forEach(first::add);
    }
    return first;
  }
}
