// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.audit.AuditReport;
import dev.trapline.audit.ClaimFinding;
import dev.trapline.audit.InvariantFinding;
import dev.trapline.audit.Verdict;
import dev.trapline.study.Assumption;
import dev.trapline.study.Study;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The report of an audit: how many claims stand, then the claims, the worst first, then the
/// figures that do not agree. One document for the terminal and for Markdown.
public final class AuditDocument {
  /// The worst first: who reads only the beginning reads what must change.
  private static final List<Verdict> ORDER =
      List.of(Verdict.WRONG, Verdict.CORRECTED, Verdict.UNSUPPORTED, Verdict.CONFIRMED);

  private AuditDocument() {}

  /// The whole report.
  ///
  /// @param study the one that was audited
  public static Document of(AuditReport report, Study study) {
    Document document = new Document();
    document.add(new Document.Heading(1, "Audit of " + study.name()));
    document.add(new Document.Paragraph(summary(report)));
    if (!report.claims().isEmpty()) {
      document.add(new Document.Heading(2, "Claims"));
    }
    for (Verdict verdict : ORDER) {
      List<ClaimFinding> claims = report.claims(verdict);
      if (!claims.isEmpty()) {
        document.add(new Document.Heading(3, title(verdict, claims.size())));
        claims.forEach(claim -> addClaim(document, claim));
      }
    }
    addInvariants(document, report);
    addBasis(document, report, study);
    return document;
  }

  private static String summary(AuditReport report) {
    List<String> verdicts = new ArrayList<>();
    for (Verdict verdict : Verdict.values()) {
      verdicts.add(report.claims(verdict).size() + " " + verdict.word());
    }
    long unchecked = report.invariants().stream().filter(one -> one.holds() == null).count();
    int broken = report.brokenInvariants().size();
    long holding = report.invariants().size() - broken - unchecked;
    String claims =
        report.claims().isEmpty()
            ? "No claims."
            : Words.counted(report.claims().size(), "claim")
                + ": "
                + String.join(", ", verdicts)
                + ".";
    return claims
        + " Invariants: "
        + broken
        + " broken, "
        + holding
        + " hold, "
        + unchecked
        + " cannot be checked.";
  }

  private static String title(Verdict verdict, int claims) {
    String word = verdict.word();
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1) + " (" + claims + ")";
  }

  private static void addClaim(Document document, ClaimFinding claim) {
    document.add(new Document.Heading(4, claim.id() + " (" + claim.place() + ")"));
    List<String> lines = new ArrayList<>();
    lines.add("says: " + claim.says());
    lines.add("finds: " + claim.finds());
    if (!claim.derivation().isEmpty()) {
      lines.add("from: " + claim.derivation());
    }
    if (!claim.restsOn().isEmpty()) {
      lines.add("rests on: " + String.join("; ", claim.restsOn()));
    }
    claim.needs().forEach(need -> lines.add("needs: " + need));
    claim.cautions().forEach(caution -> lines.add("note: " + caution));
    document.add(new Document.Bullets(lines));
  }

  // ---- invariants ----------------------------------------------------------------------

  private static void addInvariants(Document document, AuditReport report) {
    if (!report.invariants().isEmpty()) {
      document.add(new Document.Heading(2, "Invariants"));
    }
    addInvariants(
        document,
        "Broken",
        report.invariants().stream().filter(InvariantFinding::isBroken).toList());
    addInvariants(
        document,
        "Holding",
        report.invariants().stream()
            .filter(one -> one.holds() != null && !one.isBroken())
            .toList());
    addInvariants(
        document,
        "Not to be checked",
        report.invariants().stream().filter(one -> one.holds() == null).toList());
  }

  private static void addInvariants(
      Document document, String title, List<InvariantFinding> invariants) {
    if (invariants.isEmpty()) {
      return;
    }
    document.add(new Document.Heading(3, title + " (" + invariants.size() + ")"));
    List<String> lines = new ArrayList<>();
    for (InvariantFinding one : invariants) {
      lines.add(one.id() + " (" + one.subject() + "): " + one.detail());
    }
    document.add(new Document.Bullets(lines));
  }

  // ---- basis ---------------------------------------------------------------------------

  private static void addBasis(Document document, AuditReport report, Study study) {
    List<String> lines = new ArrayList<>();
    Set<String> used = new LinkedHashSet<>();
    report.claims().forEach(claim -> used.addAll(claim.restsOn()));
    for (Assumption assumption : study.assumptions()) {
      lines.add(
          "assumed by the study, "
              + assumption.name()
              + " = "
              + assumption.value()
              + " ("
              + assumption.place()
              + "): "
              + assumption.basis());
      used.remove(assumption.name());
    }
    used.forEach(name -> lines.add("assumed here: " + name));
    study.notes().forEach(note -> lines.add("the study says of itself: " + note));
    lines.add(
        "Ranges are what the rounding of the published figures allows, not confidence intervals;"
            + " a confirmed claim follows from those figures, which nothing here has measured.");
    document.add(new Document.Heading(2, "What this rests on"));
    document.add(new Document.Bullets(lines));
  }
}
