// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.association.Association;
import dev.trapline.association.Associations;
import dev.trapline.comparison.Comparison;
import dev.trapline.comparison.ComparisonRow;
import dev.trapline.comparison.SignatureDiff;
import dev.trapline.metric.Metric;
import dev.trapline.report.Quantity;
import dev.trapline.report.comparison.ComparisonWords;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What differs between environments, and what goes with the outcome.
final class ComparisonSection {
  private static final int ASSOCIATIONS = 8;

  private ComparisonSection() {}

  static void write(Markup markup, @Nullable Comparison comparison, Associations associations) {
    if (comparison != null) {
      pairs(markup, comparison);
    }
    associations(markup, associations);
    if (comparison != null) {
      list(markup, "about", comparison.notes());
    }
  }

  private static void pairs(Markup markup, Comparison comparison) {
    comparison.marks().forEach(mark -> markup.element("p", mark, "class", "mark"));
    for (Comparison.Pair pair : comparison.pairs()) {
      markup.element("h3", pair.b().name() + " against " + pair.a().name());
      List<String> sentences = new ArrayList<>();
      for (ComparisonRow row : pair.rows()) {
        if (row.metric().family() == Metric.Family.OUTCOME && isHeadline(row.metric())) {
          sentences.add(ComparisonWords.sentence(row, pair));
        }
      }
      for (SignatureDiff diff : pair.signatures()) {
        sentences.add(
            "Per message, " + diff.role() + " of " + diff.test() + ": " + diff.sentence() + ".");
      }
      list(markup, "sentences", sentences);
      markup.open("details");
      markup.element("summary", "All " + pair.rows().size() + " figures side by side");
      table(pair).write(markup);
      markup.closeLine();
    }
  }

  private static boolean isHeadline(Metric metric) {
    return metric.id().endsWith(".goodput")
        || metric.id().endsWith(".mean")
        || metric.id().endsWith(".message-rate")
        || metric.id().endsWith(".p99");
  }

  private static DataTable table(Comparison.Pair pair) {
    DataTable table =
        new DataTable(pair.b().name() + " against " + pair.a().name())
            .text("test")
            .text("figure")
            .number(pair.a().name())
            .number(pair.b().name())
            .number("ratio")
            .text("interval")
            .number("p", "Exact rank sum test, after Holm over the rows of its kind")
            .number("explains", "Of all change in work time; never of waiting")
            .text("shown");
    for (ComparisonRow row : pair.rows()) {
      Metric metric = row.metric();
      table
          .cell(metric.test())
          .cell(ComparisonWords.name(metric))
          .cell(row.a().median(), value -> ComparisonWords.value(metric.unit(), value))
          .cell(row.b().median(), value -> ComparisonWords.value(metric.unit(), value))
          .cell(row.ratio(), ComparisonWords::ratio)
          .cell(
              row.ratioInterval() == null
                  ? ""
                  : ComparisonWords.ratio(row.ratioInterval().low())
                      + " to "
                      + ComparisonWords.ratio(row.ratioInterval().high()))
          .cell(row.adjustedP(), ComparisonWords::probability)
          .cell(row.explainedShare(), Quantity::percent)
          .cell(row.verdict().word());
      boolean detail =
          metric.family() == Metric.Family.DETAIL
              && (row.explainedShare() == null || row.explainedShare() < 0.01);
      if (detail) {
        table.rareRow();
      } else {
        table.row();
      }
    }
    return table;
  }

  private static void associations(Markup markup, Associations associations) {
    if (associations.found().isEmpty() && associations.notes().isEmpty()) {
      return;
    }
    markup.element("h3", "What goes with the outcome");
    List<String> sentences = new ArrayList<>();
    List<Association> shown = associations.found().stream().filter(Association::shown).toList();
    (shown.isEmpty() ? associations.found() : shown)
        .stream().limit(ASSOCIATIONS).forEach(each -> sentences.add(each.sentence()));
    list(markup, "sentences", sentences);
    list(markup, "about", associations.notes());
  }

  private static void list(Markup markup, String kind, List<String> sentences) {
    if (!sentences.isEmpty()) {
      markup.open("ul", "class", kind);
      sentences.forEach(sentence -> markup.element("li", sentence));
      markup.closeLine();
    }
  }
}
