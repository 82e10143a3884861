// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.finding.Confidence;
import dev.trapline.finding.Evidence;
import dev.trapline.finding.Finding;
import dev.trapline.finding.Gain;
import dev.trapline.report.FindingsDocument;
import dev.trapline.report.Quantity;
import dev.trapline.report.RunReport;
import java.util.List;

/// What is wrong, what to do, and what that may bring: the dearest first, with the evidence.
final class FindingsSection {
  /// The others are folded.
  private static final int OPEN = 5;

  private FindingsSection() {}

  static void write(Markup markup, RunReport report) {
    List<Finding> findings = report.findings();
    if (findings.isEmpty()) {
      markup.element(
          "p",
          "None: no rule found its fault in these figures. A rule whose figures are unknown is"
              + " silent too.");
      return;
    }
    for (int at = 0; at < findings.size(); at++) {
      if (at == OPEN) {
        markup.open("details");
        markup.element("summary", (findings.size() - OPEN) + " more findings");
      }
      write(markup, findings.get(at));
    }
    if (findings.size() > OPEN) {
      markup.closeLine();
    }
    markup.element(
        "p",
        "What can be saved is work time, an estimate under the assumption beside it; latency and"
            + " goodput need not follow.",
        "class",
        "hint");
  }

  private static void write(Markup markup, Finding finding) {
    boolean weak = finding.doubt() || finding.confidence().level() == Confidence.Level.LOW;
    markup.open("article", "class", weak ? "finding weak" : "finding");
    markup.element("h3", finding.title());
    markup.open("p", "class", "hint");
    markup.element("span", finding.id(), "class", "tag code");
    markup.element("span", finding.confidence().level().label() + " confidence", "class", "tag");
    markup.text(finding.where().words());
    markup.closeLine();
    markup.element("p", finding.advice(), "class", "advice");
    markup.open("dl");
    Gain gain = finding.gain();
    markup.element("dt", "Saves");
    markup.element(
        "dd",
        gain == null
            ? "cannot be told from this run"
            : FindingsDocument.saves(gain) + ", if " + gain.assumption());
    markup.element("dt", "Sure, because");
    markup.element("dd", finding.confidence().reason());
    markup.element("dt", "Verify");
    markup.element("dd", finding.verify());
    markup.element("dt", "Then expect");
    markup.element("dd", finding.expectation());
    markup.closeLine();
    markup.open("details");
    markup.element(
        "summary",
        "Evidence: " + summary(finding.evidence().getFirst(), finding.evidence().size()));
    DataTable table =
        new DataTable("Evidence for " + finding.id())
            .ofWords()
            .text("figure")
            .text("value")
            .text("from");
    for (Evidence evidence : finding.evidence()) {
      table
          .cell(evidence.figure())
          .cell(FindingsDocument.figure(evidence))
          .cell(evidence.source())
          .row();
    }
    table.write(markup);
    markup.closeLine();
    markup.closeLine();
  }

  private static String summary(Evidence first, int all) {
    return first.figure()
        + ": "
        + FindingsDocument.figure(first)
        + (all == 1 ? "" : ", and " + Quantity.count((long) all - 1) + " more");
  }
}
