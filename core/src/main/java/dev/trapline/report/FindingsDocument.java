// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.finding.Evidence;
import dev.trapline.finding.Finding;
import dev.trapline.finding.Gain;
import java.util.ArrayList;
import java.util.List;

/// Findings in words: a part of a report, or all of `trapline findings`.
public final class FindingsDocument {
  /// How many `bench`, `record` and `show` tell; the others are counted.
  public static final int TOP = 3;

  private FindingsDocument() {}

  /// Every finding with all that there is about it, under the heading Findings.
  public static Document of(List<Finding> findings) {
    Document document = new Document();
    document.add(new Document.Heading(2, "Findings"));
    if (findings.isEmpty()) {
      return document.add(
          new Document.Paragraph(
              "None: no rule found its fault in these figures. A rule whose figures are unknown is"
                  + " silent too."));
    }
    for (int at = 0; at < findings.size(); at++) {
      add(document, at + 1, findings.get(at));
    }
    document.add(
        new Document.Paragraph(
            "What can be saved is work time, an estimate under the assumption beside it; latency"
                + " and goodput need not follow."));
    return document;
  }

  /// The first findings in a line each, under the heading Findings; empty if there are none.
  ///
  /// @param more what shows the rest, such as `trapline findings DIR`; empty to say nothing
  public static Document top(List<Finding> findings, String more) {
    Document document = new Document();
    if (findings.isEmpty()) {
      return document;
    }
    document.add(new Document.Heading(2, "Findings"));
    List<String> lines = new ArrayList<>();
    findings.stream().limit(TOP).forEach(finding -> lines.add(line(finding)));
    document.add(new Document.Bullets(lines));
    int left = findings.size() - TOP;
    String rest = left <= 0 ? "" : left + " more. ";
    if (left > 0 || !more.isEmpty()) {
      document.add(
          new Document.Paragraph(
              more.isEmpty() ? rest.strip() : rest + "Evidence and advice: " + more));
    }
    return document;
  }

  /// A finding in one sentence with its dearest figure.
  public static String line(Finding finding) {
    Gain gain = finding.gain();
    Evidence first = finding.evidence().getFirst();
    return finding.title()
        + " ["
        + finding.id()
        + ", "
        + finding.where().words()
        + "] "
        + (gain == null
            ? first.figure() + ": " + figure(first) + "."
            : "Estimate: up to "
                + Quantity.percent(gain.share())
                + " of its "
                + shortWork(gain)
                + ".");
  }

  private static String shortWork(Gain gain) {
    int of = gain.what().indexOf(" of ");
    return of < 0 ? gain.what() : gain.what().substring(0, of);
  }

  private static void add(Document document, int number, Finding finding) {
    document.add(new Document.Heading(4, number + ". " + finding.title()));
    List<String> lines = new ArrayList<>();
    lines.add(finding.id() + ": " + finding.where().words());
    for (Evidence evidence : finding.evidence()) {
      lines.add(
          "seen: " + evidence.figure() + ": " + figure(evidence) + " (" + evidence.source() + ")");
    }
    lines.add(
        "sure: "
            + finding.confidence().level().label()
            + ", because "
            + finding.confidence().reason());
    lines.add("do: " + finding.advice());
    Gain gain = finding.gain();
    if (gain != null) {
      lines.add("saves: " + saves(gain) + ", if " + gain.assumption());
    } else if (!finding.doubt()) {
      lines.add("saves: cannot be told from this run");
    }
    lines.add("verify: " + finding.verify());
    lines.add("then expect: " + finding.expectation());
    document.add(new Document.Bullets(lines));
  }

  /// What following the advice saves, in words, without its assumption.
  public static String saves(Gain gain) {
    int per = gain.unit().indexOf(" per ");
    return Quantity.nanos(gain.low())
        + " to "
        + Quantity.nanos(gain.high())
        + " of "
        + Quantity.nanos(gain.of())
        + (per < 0 ? "" : gain.unit().substring(per))
        + " ("
        + Quantity.percent(gain.low() == 0 || gain.of() == 0 ? 0 : gain.low() / gain.of())
        + " to "
        + Quantity.percent(gain.share())
        + " of the "
        + gain.what()
        + ")";
  }

  /// A figure with its unit, for people.
  public static String figure(Evidence evidence) {
    double value = evidence.value();
    String number =
        switch (evidence.quantity()) {
          case "ns" -> Quantity.nanos(value);
          case "bytes" -> Quantity.bytes(value);
          case "share" -> Quantity.percent(value);
          case "calls", "count" ->
              value == Math.rint(value) && value < 1e15
                  ? Quantity.count((long) value)
                  : Quantity.significant(value);
          default -> Quantity.significant(value);
        };
    return number + evidence.per();
  }
}
