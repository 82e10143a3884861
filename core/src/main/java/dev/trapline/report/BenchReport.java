// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Run;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.syscall.Blocking;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The report of a bench run: verdict first, then each test, then what the figures rest on. One
/// document for the terminal and for `report.md`.
public final class BenchReport {
  private static final int ROWS_PER_ROLE = 7;

  /// A row below this share of work and of calls says nothing.
  private static final double WORTH_A_ROW = 0.001;

  private static final String CONTROL = "control (untraced)";
  private static final String TRACED = "traced";

  private BenchReport() {}

  /// The report in short, as a terminal has room for.
  ///
  /// @param findings the command that shows all findings, such as `trapline findings DIR`
  public static Document of(RunReport report, String findings) {
    return of(report, null, findings);
  }

  /// The whole report.
  ///
  /// @param comparison of the run's environments, as a part of this; may be empty
  public static Document whole(RunReport report, Document comparison) {
    return of(report, comparison, "");
  }

  private static Document of(RunReport report, @Nullable Document comparison, String findings) {
    boolean whole = comparison != null;
    Document document = new Document();
    document.add(new Document.Heading(1, report.title()));
    document.add(new Document.Heading(2, "Verdict"));
    document.add(new Document.Bullets(report.verdict()));
    document.addAll(
        whole
            ? FindingsDocument.of(report.findings())
            : FindingsDocument.top(report.findings(), findings));
    for (TestReport test : report.tests()) {
      addTest(document, report, test);
    }
    if (comparison != null) {
      document.addAll(comparison);
      CostsDocument.addDetails(document, report);
    }
    document.add(new Document.Heading(2, "What these calls are"));
    document.add(new Document.Bullets(meanings(report.tests())));
    addEnvironments(document, report.environments());
    document.add(new Document.Heading(2, "What this rests on"));
    document.add(new Document.Bullets(report.basis()));
    return document;
  }

  /// Only where there is something to tell of them.
  private static void addEnvironments(Document document, List<EnvironmentFacts> environments) {
    List<String> sentences = new ArrayList<>();
    for (EnvironmentFacts facts : environments) {
      if (facts.description().isEmpty() && facts.skipped() == null && facts.settings().isEmpty()) {
        continue;
      }
      List<String> settings = new ArrayList<>();
      facts.settings().forEach((name, value) -> settings.add(name + " " + value));
      sentences.add(
          facts.title()
              + ": "
              + facts.description()
              + (settings.isEmpty() ? "" : " (" + String.join(", ", settings) + ")")
              + (facts.skipped() == null ? "" : " NOT RUN: " + facts.skipped() + "."));
    }
    if (!sentences.isEmpty()) {
      document.add(new Document.Heading(2, "Environments"));
      document.add(new Document.Bullets(sentences));
    }
  }

  // ---- one test ------------------------------------------------------------------------

  private static void addTest(Document document, RunReport report, TestReport test) {
    document.add(new Document.Heading(2, test.title()));
    UnitOfWork unit = test.analysis().unit();
    if (unit == null) {
      document.add(new Document.Paragraph("No trial of this test has a result."));
      return;
    }
    addOutcomes(document, report.run(), test, unit);
    CostsDocument.addAccount(document, report, test);
    for (RoleReport role : test.roles()) {
      addRole(document, role.analysis(), unit, role.about());
    }
    document.add(new Document.Paragraph("The kernel besides, whole machine:"));
    document.add(new Document.Bullets(test.kernel()));
  }

  private static void addOutcomes(Document document, Run run, TestReport report, UnitOfWork unit) {
    TestAnalysis test = report.analysis();
    List<List<String>> rows = new ArrayList<>();
    addOutcome(rows, CONTROL, test.control(), unit);
    addOutcome(rows, TRACED, test.traced(), unit);
    String what = unit == UnitOfWork.MESSAGE ? "half-RTT, mean of a trial" : "goodput";
    if (rows.isEmpty()) {
      // What is sent without awaiting answers has neither.
      what = "messages sent per second";
      addRate(rows, CONTROL, TestWords.messageRates(run, test, false));
      addRate(rows, TRACED, TestWords.messageRates(run, test, true));
    }
    document.add(
        new Document.Table(List.of(what, "n", "median", "low", "high", "confidence"), rows, 1));
    report.doubts().forEach(doubt -> document.add(new Document.Paragraph(doubt)));
    if (!test.percentiles().isEmpty()) {
      List<String> parts = new ArrayList<>();
      test.percentiles()
          .forEach((name, nanos) -> parts.add(name + " " + Quantity.nanos(nanos.doubleValue())));
      document.add(
          new Document.Paragraph(
              "Half-RTT percentiles, median over "
                  + (test.control() == null ? "traced" : "control")
                  + " trials: "
                  + String.join(", ", parts)
                  + "."));
    }
  }

  private static void addRate(List<List<String>> rows, String name, List<Double> rates) {
    if (!rates.isEmpty()) {
      MedianInterval figure = MedianInterval.of(rates);
      Double confidence = figure.confidence();
      rows.add(
          List.of(
              name,
              Integer.toString(figure.n()),
              rate(figure.median()),
              rate(figure.low()),
              rate(figure.high()),
              confidence == null ? Quantity.UNKNOWN : Quantity.percent(confidence)));
    }
  }

  private static String rate(@Nullable Double perSecond) {
    return perSecond == null ? Quantity.UNKNOWN : Quantity.count(Math.round(perSecond));
  }

  private static void addOutcome(
      List<List<String>> rows, String name, @Nullable MedianInterval figure, UnitOfWork unit) {
    if (figure != null) {
      Double low = figure.low();
      Double high = figure.high();
      Double confidence = figure.confidence();
      rows.add(
          List.of(
              name,
              Integer.toString(figure.n()),
              TestWords.value(unit, figure.median()),
              low == null ? Quantity.UNKNOWN : TestWords.value(unit, low),
              high == null ? Quantity.UNKNOWN : TestWords.value(unit, high),
              confidence == null ? Quantity.UNKNOWN : Quantity.percent(confidence)));
    }
  }

  /// What one side's syscalls cost, as a table and what there is to say of it.
  static void addRole(Document document, RoleAnalysis role, UnitOfWork unit) {
    addRole(
        document, role, unit, role.costs().isEmpty() ? List.of() : TestWords.aboutRole(role, unit));
  }

  private static void addRole(
      Document document, RoleAnalysis role, UnitOfWork unit, List<String> about) {
    document.add(
        new Document.Heading(
            3, TestWords.capitalised(role.role()) + ": syscalls per " + unit.label()));
    if (role.costs().isEmpty()) {
      document.add(new Document.Paragraph("No syscalls were captured."));
      addBullets(document, about);
      return;
    }
    List<CallCost> shown = worthShowing(role);
    document.add(
        role.total().workNanos() == null ? callTable(role, shown) : workTable(role, shown));
    List<String> sentences = new ArrayList<>(about);
    int hidden = role.costs().size() - shown.size();
    if (hidden > 0) {
      sentences.add(
          Words.counted(hidden, "rarer kind")
              + " of call not shown; all are in the run's tallies.parquet.");
    }
    document.add(new Document.Bullets(sentences));
  }

  private static void addBullets(Document document, List<String> sentences) {
    if (!sentences.isEmpty()) {
      document.add(new Document.Bullets(sentences));
    }
  }

  private static Document.Table workTable(RoleAnalysis role, List<CallCost> shown) {
    List<List<String>> rows = new ArrayList<>();
    for (CallCost cost : shown) {
      rows.add(
          List.of(
              TestWords.name(cost.kind()),
              Quantity.significant(cost.callsPerUnit()),
              bytesPerCall(cost),
              TestWords.perUnit(cost.workNanosPerUnit()),
              shareOfWork(cost, role),
              TestWords.perUnit(cost.blockedNanosPerUnit()),
              TestWords.perUnit(cost.runnableNanosPerUnit())));
    }
    rows.add(
        List.of(
            "all",
            Quantity.significant(role.total().calls() / role.unitsOfWork()),
            "",
            TestWords.perUnit(TestWords.divided(role.total().workNanos(), role.unitsOfWork())),
            "",
            TestWords.perUnit(TestWords.divided(role.total().blockedNanos(), role.unitsOfWork())),
            TestWords.perUnit(
                TestWords.divided(role.total().runnableNanos(), role.unitsOfWork()))));
    return new Document.Table(
        List.of("call", "calls", "bytes/call", "work", "", "blocked", "runnable"), rows, 1);
  }

  /// For a source that does not tell work from waiting: columns that it could not fill are not
  /// there, and no share is formed of time that is mostly waiting.
  private static Document.Table callTable(RoleAnalysis role, List<CallCost> shown) {
    boolean timed = shown.stream().anyMatch(cost -> wallPerUnit(cost.count(), role) != null);
    List<String> header = new ArrayList<>(List.of("call", "calls", "bytes/call"));
    List<List<String>> rows = new ArrayList<>();
    for (CallCost cost : shown) {
      List<String> row = new ArrayList<>();
      row.add(TestWords.name(cost.kind()));
      row.add(Quantity.significant(cost.callsPerUnit()));
      row.add(bytesPerCall(cost));
      if (timed) {
        row.add(TestWords.perUnit(wallPerUnit(cost.count(), role)));
      }
      rows.add(row);
    }
    List<String> all = new ArrayList<>();
    all.add("all");
    all.add(Quantity.significant(role.total().calls() / role.unitsOfWork()));
    all.add("");
    if (timed) {
      header.add("wall");
      all.add(TestWords.perUnit(wallPerUnit(role.total(), role)));
    }
    rows.add(all);
    return new Document.Table(header, rows, 1);
  }

  private static String bytesPerCall(CallCost cost) {
    Double bytes = cost.bytesPerCall();
    return bytes == null ? "" : Quantity.bytes(bytes);
  }

  private static @Nullable Double wallPerUnit(Count count, RoleAnalysis role) {
    return count.timedCalls() == 0
        ? null
        : TestWords.divided(count.wallNanos(), role.unitsOfWork());
  }

  /// The dearest calls, and the most frequent if their work is not known.
  static List<CallCost> worthShowing(RoleAnalysis role) {
    Long totalWork = role.total().workNanos();
    return role.costs().stream()
        .filter(cost -> {
          Long work = cost.count().workNanos();
          double shareOfCalls = (double) cost.count().calls() / role.total().calls();
          return shareOfCalls >= WORTH_A_ROW
              || (work != null && totalWork != null && work >= WORTH_A_ROW * totalWork);
        })
        .limit(ROWS_PER_ROLE)
        .toList();
  }

  private static String shareOfWork(CallCost cost, RoleAnalysis role) {
    Long work = cost.count().workNanos();
    Long total = role.total().workNanos();
    return work == null || total == null || total == 0
        ? Quantity.UNKNOWN
        : Quantity.percent((double) work / total);
  }

  /// One sentence or two about each syscall that a table shows.
  private static List<String> meanings(List<TestReport> tests) {
    SortedMap<String, String> meanings = new TreeMap<>();
    for (TestReport test : tests) {
      for (RoleAnalysis role : test.analysis().roles()) {
        for (CallCost cost : worthShowing(role)) {
          SyscallCatalogue.instance()
              .byName(cost.kind().syscall())
              .ifPresent(syscall -> meanings.put(syscall.name(), meaning(syscall)));
        }
      }
    }
    List<String> sentences = new ArrayList<>(meanings.values());
    sentences.add("More on each, with its counts in this run: trapline explain NAME --run DIR");
    return sentences;
  }

  /// What a syscall is, in a line or two.
  static String meaning(Syscall syscall) {
    return syscall.name()
        + " ("
        + syscall.category().slug()
        + "): "
        + syscall.purpose()
        + (syscall.blocking() == Blocking.WAITS ? " Waiting is what it is for." : "")
        + (syscall.costNote().isEmpty() ? "" : " " + syscall.costNote());
  }
}
