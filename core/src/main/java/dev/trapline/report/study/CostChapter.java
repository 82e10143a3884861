// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// What costs most: by measured work where there is some, else what comes most often, with the
/// warning that this is not the same.
final class CostChapter {
  private static final int ROWS_PER_TEST = 8;

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
      for (String test : tests(measured)) {
        document.add(new Document.Paragraph(title(test)));
        document.add(byWork(of(measured, test)));
      }
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
      for (String test : tests(counted)) {
        document.add(new Document.Paragraph(title(test)));
        document.add(byCalls(of(counted, test)));
      }
      document.add(
          new Document.Paragraph(
              "To know the cost, measure it: trapline bench splits each call's time into work,"
                  + " sleep and waiting for a CPU."));
    }
    if (measured.isEmpty() && counted.isEmpty()) {
      document.add(new Document.Paragraph("Nothing was counted."));
    }
  }

  private static List<String> tests(List<SeenCall> rows) {
    return rows.stream().map(SeenCall::test).distinct().toList();
  }

  private static List<SeenCall> of(List<SeenCall> rows, String test) {
    return rows.stream().filter(row -> row.test().equals(test) && row.isWorthDividing()).toList();
  }

  private static String title(String test) {
    return "In the " + test + " test, most first:";
  }

  private static Document.Table byWork(List<SeenCall> rows) {
    List<List<String>> cells = new ArrayList<>();
    for (SeenCall row : first(rows, CostChapter::workPerUnit)) {
      Work unit = row.work();
      cells.add(
          List.of(
              row.where(),
              row.side(),
              call(row),
              Quantity.nanos(workPerUnit(row)) + (unit == null ? "" : " / " + unit.unit()),
              row.shareOfWork() == null ? "-" : Numbers.percent(row.shareOfWork())));
    }
    return new Document.Table(List.of("where", "side", "call", "work", "of its side"), cells, 3);
  }

  private static double workPerUnit(SeenCall row) {
    Count count = row.measured();
    Long nanos = count == null ? null : count.workNanos();
    Work unit = row.work();
    return nanos == null ? -1 : unit == null ? nanos : nanos / unit.amount();
  }

  private static Document.Table byCalls(List<SeenCall> rows) {
    List<List<String>> cells = new ArrayList<>();
    for (SeenCall row : first(rows, CostChapter::callsPerUnit)) {
      String perUnit = SyscallChapters.perUnit(row);
      cells.add(
          List.of(
              row.where(),
              row.side(),
              call(row),
              nature(row),
              perUnit.isEmpty() ? Numbers.published(row.calls()) + " calls" : perUnit));
    }
    return new Document.Table(
        List.of("where", "side", "call", "sleeps", "calls per unit"), cells, 4);
  }

  private static double callsPerUnit(SeenCall row) {
    Double calls = row.perUnit();
    return calls == null ? row.number() : calls;
  }

  private static String nature(SeenCall row) {
    return row.syscall() == null
        ? ""
        : switch (row.syscall().blocking()) {
          case NEVER -> "never";
          case MAY -> "may";
          case WAITS -> "is for it";
        };
  }

  private static String call(SeenCall row) {
    return row.name() + (row.on().isEmpty() ? "" : "/" + row.on());
  }

  private static List<SeenCall> first(List<SeenCall> rows, ToDoubleFunction<SeenCall> size) {
    return rows.stream()
        .sorted(Comparator.comparingDouble(size).reversed())
        .limit(ROWS_PER_TEST)
        .toList();
  }
}
