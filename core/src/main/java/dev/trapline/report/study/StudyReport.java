// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.report.Words;
import dev.trapline.study.Study;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The report of `--format study`: a study's own kind of document, made from its figures, or from
/// those of a run of ours. Every published figure is in it, in a row with the environment, the test
/// and the side it is of; whatever else is a number was computed from these and says how.
public final class StudyReport {
  /// Calls per message from which on a call is no accident.
  private static final double ON_THE_WAY = 0.5;

  private StudyReport() {}

  /// The whole document.
  ///
  /// @param studies one or several; rows of several carry the study's name
  public static Document of(List<Study> studies) {
    SeenCalls seen = new SeenCalls(studies);
    ContextChapter context = new ContextChapter(seen);
    Document document = new Document();
    document.add(new Document.Heading(1, title(studies)));
    document.add(new Document.Paragraph(lead(studies)));
    Strategies strategies = new Strategies(seen);
    document.add(new Document.Heading(2, "In short"));
    document.add(new Document.Bullets(inShort(seen, strategies)));
    context.addPlaces(document);
    context.addOutcomes(document);
    context.addUnits(document);
    new SyscallChapters(seen).addTo(document);
    context.addShares(document);
    new CostChapter(seen).addTo(document);
    strategies.addTo(document);
    new AssociationChapter(seen).addTo(document);
    context.addAssumptions(document);
    new GapChapter(seen).addTo(document);
    return document;
  }

  private static String title(List<Study> studies) {
    return "Syscalls of " + String.join(", ", studies.stream().map(Study::name).toList());
  }

  private static String lead(List<Study> studies) {
    List<String> sources = new ArrayList<>();
    studies.forEach(study -> sources.add(study.source()));
    return "From "
        + String.join(", ", sources)
        + ": every syscall that was seen, what it is, how often it was made where, and what that"
        + " means. \"About\" is a figure that its source rounds; what the source does not tell is"
        + " not told here, and never zero.";
  }

  private static List<String> inShort(SeenCalls seen, Strategies strategies) {
    List<String> sentences = new ArrayList<>();
    long environments =
        seen.studies().stream().mapToLong(study -> study.environments().size()).sum();
    sentences.add(
        Words.counted(seen.counted().size(), "syscall")
            + " with a count and "
            + Quantity.count((long) seen.namedOnly().size())
            + " without, in "
            + Words.counted(environments, "environment")
            + ".");
    mostPerMessage(seen).ifPresent(sentences::add);
    sentences.add(
        seen.hasWork()
            ? "Work was measured: see What costs most."
            : "Work was not measured: these are counts, and calls are not cost.");
    List<String> titles =
        strategies.all().stream().filter(Strategy::applies).map(Strategy::title).toList();
    if (!titles.isEmpty()) {
      sentences.add("The figures speak for: " + String.join("; ", titles) + ".");
    }
    return sentences;
  }

  private static Optional<String> mostPerMessage(SeenCalls seen) {
    List<String> parts = new ArrayList<>();
    for (SeenCall row : seen.rows()) {
      Double calls = row.perUnit();
      if (row.test().equals("latency") && calls != null && calls >= ON_THE_WAY) {
        parts.add(
            row.where()
                + (row.count().role() == null ? "" : " " + row.count().role())
                + " "
                + SyscallChapters.perUnit(row).replace(" / message", "")
                + " "
                + row.name());
      }
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of("On the way of a message: " + String.join(", ", parts) + ".");
  }
}
