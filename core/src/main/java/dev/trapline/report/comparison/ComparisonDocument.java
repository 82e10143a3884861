// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.comparison;

import dev.trapline.association.Association;
import dev.trapline.association.Associations;
import dev.trapline.comparison.Comparison;
import dev.trapline.comparison.Comparison.Form;
import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.comparison.Comparison.Side;
import dev.trapline.comparison.ComparisonRow;
import dev.trapline.comparison.ComparisonRow.Verdict;
import dev.trapline.comparison.SignatureDiff;
import dev.trapline.comparison.Threshold;
import dev.trapline.metric.Metric;
import dev.trapline.metric.Metric.Family;
import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.report.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A comparison for people: verdict first, then each pair and test, then what may go with what,
/// then what all this rests on.
public final class ComparisonDocument {
  /// Rows of a table of kinds, unless all are asked for.
  public static final int ROWS = 8;

  private static final int NAME_COLUMNS = 9;
  private static final String THREADS = "CPU vhost-worker";
  private static final String SOFTIRQ = "CPU ksoftirqd";

  private final Comparison comparison;
  private final int rows;
  private final Document document = new Document();

  private ComparisonDocument(Comparison comparison, int rows) {
    this.comparison = comparison;
    this.rows = rows;
  }

  /// The whole of it.
  ///
  /// @param associations of the run; null where several runs are compared
  /// @param judged conditions of the user
  /// @param rows most rows of a table of kinds
  public static Document of(
      Comparison comparison,
      @Nullable Associations associations,
      List<Threshold.Judged> judged,
      int rows) {
    return new ComparisonDocument(comparison, rows).whole(associations, judged);
  }

  /// What a report of a run says of its environments, without a title.
  public static Document part(Comparison comparison, @Nullable Associations associations) {
    ComparisonDocument part = new ComparisonDocument(comparison, ROWS);
    part.document.add(new Document.Heading(2, "Comparison"));
    part.document.add(new Document.Bullets(part.verdict()));
    part.addPairs();
    part.addAssociations(associations);
    return part.document;
  }

  private Document whole(@Nullable Associations associations, List<Threshold.Judged> judged) {
    Set<String> others = new LinkedHashSet<>();
    comparison.pairs().forEach(pair -> others.add(shortName(pair.b())));
    document.add(
        new Document.Heading(
            1,
            "Trapline compare: "
                + String.join(", ", others)
                + " against "
                + shortName(comparison.pairs().getFirst().a())));
    document.add(new Document.Heading(2, "Verdict"));
    List<String> sentences = new ArrayList<>();
    judged.forEach(each -> sentences.add(ComparisonWords.sentence(each)));
    sentences.addAll(verdict());
    document.add(new Document.Bullets(sentences));
    addPairs();
    addAssociations(associations);
    document.add(new Document.Heading(2, "What this rests on"));
    document.add(new Document.Bullets(basis()));
    return document;
  }

  private String shortName(Side side) {
    return comparison.form() == Form.RUNS ? side.run() : side.name();
  }

  // ---- verdict -------------------------------------------------------------------------

  private List<String> verdict() {
    List<String> sentences = new ArrayList<>(comparison.marks());
    for (Pair pair : comparison.pairs()) {
      for (ComparisonRow row : pair.rows()) {
        if (row.metric().family() == Family.OUTCOME && isHeadline(row)) {
          sentences.add(ComparisonWords.sentence(row, pair));
        }
      }
      for (String test : tests(pair)) {
        String explained = explained(pair, test);
        if (!explained.isEmpty()) {
          sentences.add(explained);
        }
      }
      for (SignatureDiff diff : pair.signatures()) {
        sentences.add(
            "Per message, " + diff.role() + " of " + diff.test() + ": " + diff.sentence() + ".");
      }
    }
    return sentences;
  }

  /// The figures that a test is about; the others are in its table.
  private static boolean isHeadline(ComparisonRow row) {
    String id = row.metric().id();
    return id.endsWith(".goodput")
        || id.endsWith(".mean")
        || id.endsWith(".message-rate")
        || id.endsWith(".p99");
  }

  private static Set<String> tests(Pair pair) {
    Set<String> tests = new LinkedHashSet<>();
    pair.rows().forEach(row -> tests.add(row.metric().test()));
    return tests;
  }

  /// Which parties the difference in work time is of.
  private static String explained(Pair pair, String test) {
    List<String> parts = new ArrayList<>();
    double more = 0;
    double less = 0;
    String per = "";
    for (ComparisonRow row : pair.rows()) {
      Double nanos = row.explainedNanos();
      Double share = row.explainedShare();
      if (!row.metric().test().equals(test) || nanos == null || share == null || !isParty(row)) {
        continue;
      }
      per = row.metric().per() == null ? per : row.metric().per();
      more += Math.max(0, nanos);
      less += Math.max(0, -nanos);
      if (share >= 0.1) {
        parts.add(
            row.metric().subject()
                + " "
                + party(row)
                + " "
                + signedNanos(nanos)
                + " ("
                + Quantity.percent(share)
                + ")");
      }
    }
    if (parts.isEmpty()) {
      return "";
    }
    return "Work time per "
        + per
        + " in "
        + test
        + ", "
        + pair.b().name()
        + " against "
        + pair.a().name()
        + ": "
        + signedNanos(more)
        + " and "
        + signedNanos(-less)
        + "; most of the change: "
        + String.join(", ", parts)
        + ". Waiting is not in it.";
  }

  private static boolean isParty(ComparisonRow row) {
    Metric metric = row.metric();
    return metric.kind() == null
        ? metric.label().equals(THREADS) || metric.label().equals(SOFTIRQ)
        : metric.label().startsWith("work ");
  }

  private static String party(ComparisonRow row) {
    return row.metric().kind() == null ? row.metric().label() : row.metric().kind();
  }

  private static String signedNanos(double nanos) {
    return nanos == 0 ? "0" : (nanos > 0 ? "+" : "-") + Quantity.nanos(Math.abs(nanos));
  }

  // ---- pairs ---------------------------------------------------------------------------

  private void addPairs() {
    for (Pair pair : comparison.pairs()) {
      for (String test : tests(pair)) {
        addTest(pair, test);
      }
    }
  }

  private void addTest(Pair pair, String test) {
    document.add(
        new Document.Heading(
            2,
            ComparisonWords.capitalised(test)
                + ": "
                + pair.b().name()
                + " against "
                + pair.a().name()));
    if (!headerName(pair.a(), "a").equals(pair.a().name())
        || !headerName(pair.b(), "b").equals(pair.b().name())) {
      document.add(
          new Document.Paragraph("a is " + pair.a().name() + ", b is " + pair.b().name() + "."));
    }
    List<ComparisonRow> ofTest =
        pair.rows().stream().filter(row -> row.metric().test().equals(test)).toList();
    addRows(pair, "outcome", family(ofTest, Family.OUTCOME));
    Set<String> subjects = new LinkedHashSet<>(List.of("server", "client"));
    ofTest.forEach(row -> subjects.add(row.metric().subject()));
    subjects.remove(Metric.OUTCOME);
    for (String subject : subjects) {
      List<ComparisonRow> costs =
          family(ofTest, Family.COST).stream()
              .filter(row -> row.metric().subject().equals(subject))
              .toList();
      List<ComparisonRow> details =
          family(ofTest, Family.DETAIL).stream()
              .filter(row -> row.metric().subject().equals(subject))
              .toList();
      if (costs.isEmpty() && details.isEmpty()) {
        continue;
      }
      document.add(new Document.Heading(3, subject + ", costs" + perWord(costs)));
      addRows(pair, "cost", worthShowing(costs));
      addKinds(costs, details);
      List<ComparisonRow> others =
          details.stream()
              .filter(row -> row.metric().kind() == null)
              .filter(row -> rows == Integer.MAX_VALUE || row.verdict() != Verdict.SAME)
              .toList();
      addLimited(pair, "detail", others);
    }
    List<String> remarks = new ArrayList<>();
    for (ComparisonRow row : ofTest) {
      for (String note : row.notes()) {
        remarks.add(ComparisonWords.name(row.metric()) + ": " + note + ".");
      }
    }
    if (!remarks.isEmpty()) {
      int shown = Math.min(remarks.size(), rows);
      List<String> told = new ArrayList<>(remarks.subList(0, shown));
      if (shown < remarks.size()) {
        told.add(Words.counted(remarks.size() - shown, "more remark") + " in --json.");
      }
      document.add(new Document.Paragraph("Drift and outliers:"));
      document.add(new Document.Bullets(told));
    }
  }

  /// Unless all are asked for: without those that are the same, and without rates over time, which
  /// say the same as the costs and the outcome.
  private List<ComparisonRow> worthShowing(List<ComparisonRow> costs) {
    return costs.stream()
        .filter(row ->
            rows == Integer.MAX_VALUE
                || (row.verdict() != Verdict.SAME
                    && row.verdict() != Verdict.UNKNOWN
                    && !"second".equals(row.metric().per())))
        .toList();
  }

  private static String perWord(List<ComparisonRow> costs) {
    for (ComparisonRow row : costs) {
      String per = row.metric().per();
      if (per != null && !per.equals("second") && !per.equals("call")) {
        return " per " + per;
      }
    }
    return "";
  }

  private static List<ComparisonRow> family(List<ComparisonRow> rows, Family family) {
    return rows.stream().filter(row -> row.metric().family() == family).toList();
  }

  private void addLimited(Pair pair, String title, List<ComparisonRow> all) {
    if (all.isEmpty()) {
      return;
    }
    List<ComparisonRow> shown = all.stream().limit(rows).toList();
    document.add(new Document.Paragraph(""));
    addRows(pair, title, shown);
    if (shown.size() < all.size()) {
      document.add(
          new Document.Paragraph(
              "  " + Words.counted(all.size() - shown.size(), "more row") + ": --all shows them."));
    }
  }

  private void addRows(Pair pair, String title, List<ComparisonRow> shown) {
    if (shown.isEmpty()) {
      return;
    }
    List<List<String>> cells = new ArrayList<>();
    for (ComparisonRow row : shown) {
      Metric metric = row.metric();
      String per = metric.per();
      String suffix =
          per == null ? "" : per.equals("second") ? "/s" : per.equals("call") ? "/call" : "";
      cells.add(
          List.of(
              metric.label() + suffix,
              ComparisonWords.value(metric.unit(), row.a().median()),
              ComparisonWords.value(metric.unit(), row.b().median()),
              ComparisonWords.ratioWithInterval(row),
              ComparisonWords.probability(row.test() == null ? null : row.test().p()),
              ComparisonWords.shown(row)));
    }
    document.add(
        new Document.Table(
            List.of(
                title, headerName(pair.a(), "a"), headerName(pair.b(), "b"), "ratio", "p", "shown"),
            cells,
            1));
  }

  private static String headerName(Side side, String letter) {
    return side.name().length() <= NAME_COLUMNS ? side.name() : letter;
  }

  /// Kinds of calls with vhost workers and softirq threads among them: all that works.
  private void addKinds(List<ComparisonRow> costs, List<ComparisonRow> details) {
    Map<String, ComparisonRow[]> byKind = new LinkedHashMap<>();
    for (ComparisonRow row : details) {
      if (row.metric().kind() != null) {
        byKind
                .computeIfAbsent(row.metric().kind(), unseen -> new ComparisonRow[2])[
                row.metric().label().startsWith("work ") ? 1 : 0] =
            row;
      }
    }
    for (ComparisonRow row : costs) {
      if (isParty(row)) {
        byKind.put(row.metric().label(), new ComparisonRow[] {null, row});
      }
    }
    List<List<String>> cells = new ArrayList<>();
    byKind.entrySet().stream()
        .filter(entry -> rows == Integer.MAX_VALUE || isWorthShowing(entry.getValue()))
        .sorted(
            java.util.Comparator.comparingDouble(
                (Map.Entry<String, ComparisonRow[]> entry) -> -weight(entry.getValue())))
        .limit(rows)
        .forEach(entry -> cells.add(kindCells(entry.getKey(), entry.getValue())));
    if (cells.isEmpty()) {
      return;
    }
    document.add(new Document.Paragraph(""));
    document.add(
        new Document.Table(
            List.of("call", "calls a", "calls b", "work a", "work b", "explains", "calls"),
            cells,
            1));
    if (cells.size() < byKind.size()) {
      document.add(
          new Document.Paragraph(
              "  "
                  + Words.counted(byKind.size() - cells.size(), "more kind")
                  + ": --all shows them."));
    }
  }

  private static boolean isWorthShowing(ComparisonRow[] pair) {
    ComparisonRow any = pair[1] == null ? pair[0] : pair[1];
    Double share = any == null ? null : any.explainedShare();
    return share == null || share >= 0.001;
  }

  private static double weight(ComparisonRow[] pair) {
    ComparisonRow any = pair[1] == null ? pair[0] : pair[1];
    Double nanos = any == null ? null : any.explainedNanos();
    return nanos == null ? 0 : Math.abs(nanos);
  }

  private static List<String> kindCells(String name, ComparisonRow[] pair) {
    ComparisonRow calls = pair[0];
    ComparisonRow work = pair[1];
    ComparisonRow any = work == null ? calls : work;
    Double share = any == null ? null : any.explainedShare();
    Double nanos = any == null ? null : any.explainedNanos();
    return List.of(
        name,
        calls == null ? "" : ComparisonWords.value(calls.metric().unit(), calls.a().median()),
        calls == null ? "" : ComparisonWords.value(calls.metric().unit(), calls.b().median()),
        work == null
            ? Quantity.UNKNOWN
            : ComparisonWords.value(work.metric().unit(), work.a().median()),
        work == null
            ? Quantity.UNKNOWN
            : ComparisonWords.value(work.metric().unit(), work.b().median()),
        share == null || nanos == null
            ? Quantity.UNKNOWN
            : share < 0.001 ? "<0.1%" : (nanos < 0 ? "-" : "+") + Quantity.percent(share),
        calls == null
            ? ComparisonWords.shown(java.util.Objects.requireNonNull(work))
            : ComparisonWords.shown(calls));
  }

  // ---- associations --------------------------------------------------------------------

  private void addAssociations(@Nullable Associations associations) {
    if (associations == null
        || (associations.found().isEmpty() && associations.notes().isEmpty())) {
      return;
    }
    document.add(new Document.Heading(2, "What goes with the outcome"));
    List<String> sentences = new ArrayList<>();
    List<Association> shown = associations.found().stream().filter(Association::shown).toList();
    shown.stream().limit(rows).forEach(each -> sentences.add(each.sentence()));
    if (shown.size() > rows) {
      sentences.add(Words.counted(shown.size() - rows, "more association") + " in --json.");
    }
    if (shown.isEmpty()) {
      sentences.add(
          "No association is shown, of "
              + Words.counted(associations.found().size(), "candidate")
              + "; --json has all.");
    }
    sentences.addAll(associations.notes());
    document.add(new Document.Bullets(sentences));
  }

  // ---- basis ---------------------------------------------------------------------------

  private List<String> basis() {
    List<String> sentences = new ArrayList<>();
    Set<String> provenance = new LinkedHashSet<>();
    for (Pair pair : comparison.pairs()) {
      for (Side side : List.of(pair.a(), pair.b())) {
        provenance.add(
            (comparison.form() == Form.RUNS ? side.run() + ": " : "") + side.provenance() + ".");
      }
    }
    sentences.addAll(provenance);
    sentences.addAll(comparison.notes());
    sentences.add(
        "Outcomes and CPU time are medians of untraced control trials where there are any, counts"
            + " and work of traced ones; each trial's counts are divided by its own work.");
    sentences.add(
        "Ratios are b over a, with a bootstrap interval of nominally 95%"
            + realConfidence(comparison.pairs())
            + ".");
    sentences.add(
        "p is of the exact Mann-Whitney test, two-sided, of this row alone. 'shown' is what is"
            + " below 0.05 after Holm over the rows of the table, hidden ones too; 'no' is not"
            + " 'equal'.");
    return sentences;
  }

  /// What the rank interval says that so few trials allow.
  private static String realConfidence(Collection<Pair> pairs) {
    double least = 1;
    for (Pair pair : pairs) {
      for (ComparisonRow row : pair.rows()) {
        if (row.metric().family() == Family.OUTCOME
            && row.verdict() != Verdict.UNKNOWN
            && row.rankInterval() != null
            && row.rankInterval().confidence() != null) {
          least = Math.min(least, row.rankInterval().confidence());
        }
      }
    }
    return least < 0.95
        ? String.format(Locale.ROOT, "; so few trials allow no more than %.0f%%", least * 100)
        : "";
  }
}
