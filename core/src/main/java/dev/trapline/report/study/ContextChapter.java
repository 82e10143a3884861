// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.study.Assumption;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import dev.trapline.study.StudyShare;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where the tests ran, what they reached, how much work that was, and on what this rests.
final class ContextChapter {
  private final SeenCalls seen;

  ContextChapter(SeenCalls seen) {
    this.seen = seen;
  }

  // ---- environments and outcomes -------------------------------------------------------

  void addPlaces(Document document) {
    document.add(new Document.Heading(2, "Where it was measured"));
    List<String> sentences = new ArrayList<>();
    for (Study study : seen.studies()) {
      for (StudyEnvironment environment : study.environments()) {
        sentences.add(seen.where(study, environment) + ": " + description(environment) + ".");
      }
      study.tools().forEach((test, tool) -> sentences.add("Test " + test + ": " + tool + "."));
    }
    document.add(new Document.Bullets(sentences));
  }

  private static String description(StudyEnvironment environment) {
    List<String> parts = new ArrayList<>();
    if (environment.virtualised() == null) {
      parts.add("whether virtualised is not told");
    } else {
      parts.add(environment.virtualised() ? "virtualised" : "not virtualised");
    }
    if (environment.vmm() != null) {
      parts.add(environment.vmm());
    }
    if (environment.network() != null) {
      parts.add(environment.network());
    }
    return String.join(", ", parts);
  }

  void addOutcomes(Document document) {
    document.add(new Document.Heading(2, "What was reached"));
    List<List<String>> rows = new ArrayList<>();
    boolean runs = false;
    for (Study study : seen.studies()) {
      for (StudyOutcome outcome : study.outcomes()) {
        runs |= outcome.run() != null;
        rows.add(
            List.of(
                seen.where(study, study.environment(outcome.environment()).orElseThrow()),
                words(outcome.name()),
                Numbers.published(outcome.figure()) + " " + unit(outcome),
                outcome.run() == null ? "" : lastPart(outcome.run())));
      }
    }
    if (rows.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "No outcome is told: calls can be compared with each other, not with what they"
                  + " achieved."));
      return;
    }
    boolean withRuns = runs;
    document.add(
        new Document.Table(
            withRuns
                ? List.of("where", "what", "trials", "value")
                : List.of("where", "what", "value"),
            rows.stream()
                .map(row ->
                    withRuns
                        ? List.of(row.get(0), row.get(1), row.get(3), row.get(2))
                        : row.subList(0, 3))
                .toList(),
            withRuns ? 3 : 2));
  }

  private static String lastPart(String run) {
    return run.substring(run.lastIndexOf('/') + 1);
  }

  static String words(String outcome) {
    return switch (outcome) {
      case StudyOutcome.THROUGHPUT -> "throughput";
      case StudyOutcome.LATENCY -> "latency";
      case StudyOutcome.TRANSFERRED -> "transferred (throughput)";
      case StudyOutcome.MESSAGES -> "messages (latency)";
      case StudyOutcome.THROUGHPUT_TOTAL -> "all syscalls (throughput)";
      case StudyOutcome.LATENCY_TOTAL -> "all syscalls (latency)";
      default -> outcome;
    };
  }

  private static String unit(StudyOutcome outcome) {
    return switch (outcome.name()) {
      case StudyOutcome.THROUGHPUT -> "Gbit/s";
      case StudyOutcome.LATENCY -> "us";
      case StudyOutcome.TRANSFERRED ->
          outcome.unitAsWritten() == null ? "" : outcome.unitAsWritten();
      case StudyOutcome.MESSAGES -> "messages";
      default -> "calls";
    };
  }

  // ---- units of work -------------------------------------------------------------------

  private record Unit(String environment, String test, @Nullable String run) {}

  void addUnits(Document document) {
    document.add(new Document.Heading(2, "Units of work"));
    document.add(
        new Document.Paragraph(
            "A count means something beside the work it did: GiB (2^30 bytes) of payload in the"
                + " throughput test, messages in the latency test."));
    List<List<String>> rows = new ArrayList<>();
    for (Study study : seen.studies()) {
      Set<Unit> units = new LinkedHashSet<>();
      for (StudyCount count : study.counts()) {
        units.add(new Unit(count.environment(), count.test(), count.run()));
      }
      for (Unit unit : units) {
        Optional<Work> work = Work.of(study, unit.environment(), unit.test(), unit.run());
        rows.add(
            List.of(
                seen.where(study, study.environment(unit.environment()).orElseThrow()),
                unit.test(),
                work.map(Work::words).orElse("not told"),
                work.map(one ->
                        (one.assumed() ? "~" : "") + one.amountInWords().replace("about ", ""))
                    .orElse("-")));
      }
    }
    document.add(new Document.Table(List.of("where", "test", "how known", "work"), rows, 3));
    if (rows.stream().anyMatch(row -> row.get(3).startsWith("~"))) {
      document.add(
          new Document.Paragraph(
              "~ rests on the assumed duration: bytes are throughput x time, messages are time / (2"
                  + " x half-RTT)."));
    }
  }

  // ---- shares --------------------------------------------------------------------------

  void addShares(Document document) {
    List<List<String>> rows = new ArrayList<>();
    for (Study study : seen.studies()) {
      for (StudyShare share : study.shares()) {
        String where = seen.where(study, study.environment(share.environment()).orElseThrow());
        String side = share.role() == null ? "not told" : share.role();
        share
            .percents()
            .forEach((part, percent) ->
                rows.add(
                    List.of(
                        where,
                        share.test(),
                        side,
                        share.of(),
                        part,
                        Numbers.published(percent) + "%")));
      }
    }
    if (!rows.isEmpty()) {
      document.add(new Document.Heading(2, "Shares"));
      document.add(
          new Document.Paragraph(
              "Shares of one whole each, not amounts: parts of different wholes do not compare."));
      document.add(
          new Document.Table(List.of("where", "test", "side", "of", "part", "share"), rows, 5));
    }
  }

  // ---- assumptions ---------------------------------------------------------------------

  void addAssumptions(Document document) {
    List<String> sentences = new ArrayList<>();
    for (Study study : seen.studies()) {
      for (Assumption assumption : study.assumptions()) {
        sentences.add(
            assumption.name()
                + " = "
                + assumption.value()
                + (assumption.appliesTo().isEmpty()
                    ? ""
                    : " (" + String.join(", ", assumption.appliesTo()) + ")")
                + ": "
                + assumption.basis()
                + ".");
      }
    }
    document.add(new Document.Heading(2, "What is assumed"));
    if (sentences.isEmpty()) {
      document.add(new Document.Paragraph("Nothing."));
    } else {
      document.add(new Document.Bullets(sentences));
    }
  }
}
