// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.study.Study;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the figures do not tell: calls that a total has and no row, sides that are not told,
/// syscalls without a count, tests without figures.
final class GapChapter {
  private final SeenCalls seen;

  GapChapter(SeenCalls seen) {
    this.seen = seen;
  }

  void addTo(Document document) {
    document.add(new Document.Heading(2, "What is missing"));
    addTotals(document);
    List<String> sentences = new ArrayList<>();
    for (Study study : seen.studies()) {
      addGaps(sentences, study);
    }
    if (sentences.isEmpty()) {
      document.add(new Document.Paragraph("No gap is known."));
    } else {
      document.add(new Document.Bullets(sentences));
    }
  }

  // ---- totals --------------------------------------------------------------------------

  private void addTotals(Document document) {
    List<List<String>> rows = new ArrayList<>();
    List<String> sentences = new ArrayList<>();
    for (Study study : seen.studies()) {
      for (StudyOutcome outcome : study.outcomes()) {
        String test =
            switch (outcome.name()) {
              case StudyOutcome.THROUGHPUT_TOTAL -> "throughput";
              case StudyOutcome.LATENCY_TOTAL -> "latency";
              default -> null;
            };
        if (test != null) {
          addTotal(rows, sentences, study, outcome, test);
        }
      }
    }
    if (!rows.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "Totals against the rows that are told. A total does not say whose it is; if it is"
                  + " the server's, the last column is what no row accounts for."));
      document.add(
          new Document.Table(
              List.of("where", "test", "total", "server", "client", "not told", "total-server"),
              rows,
              2));
      document.add(new Document.Bullets(sentences));
    }
  }

  private void addTotal(
      List<List<String>> rows,
      List<String> sentences,
      Study study,
      StudyOutcome outcome,
      String test) {
    double server = sum(study, outcome, test, "server");
    double client = sum(study, outcome, test, "client");
    double untold = sum(study, outcome, test, null);
    double total = outcome.figure().number();
    String where = seen.where(study, study.environment(outcome.environment()).orElseThrow());
    rows.add(
        List.of(
            where,
            test,
            Numbers.published(outcome.figure()),
            amount(server),
            amount(client),
            amount(untold),
            server == 0 ? "-" : Numbers.whole(total - server)));
    double told = server + client + untold;
    if (told > outcome.figure().high()) {
      sentences.add(
          where
              + " "
              + test
              + ": the rows together have "
              + Numbers.whole(told)
              + " calls, more than the total: it cannot be of both sides."
              + (outcome.figure().low() <= server && server <= outcome.figure().high()
                  ? " The server's rows alone give it, to within its rounding."
                  : ""));
    } else if (told < outcome.figure().low()) {
      sentences.add(
          where
              + " "
              + test
              + ": "
              + Numbers.whole(total - told)
              + " calls of the total ("
              + Numbers.percent((total - told) / total)
              + ") are in no row.");
    }
  }

  private double sum(Study study, StudyOutcome outcome, String test, @Nullable String role) {
    double sum = 0;
    for (SeenCall row : seen.rows()) {
      if (row.study().source().equals(study.source())
          && row.count().environment().equals(outcome.environment())
          && row.test().equals(test)
          && Objects.equals(row.count().role(), role)
          && Objects.equals(row.count().run(), outcome.run())) {
        sum += row.number();
      }
    }
    return sum;
  }

  private static String amount(double calls) {
    return calls == 0 ? "-" : Numbers.whole(calls);
  }

  // ---- the rest ------------------------------------------------------------------------

  private void addGaps(List<String> sentences, Study study) {
    List<SeenCall> rows = seen.where(row -> row.study().source().equals(study.source()));
    String of = seen.studies().size() == 1 ? "" : study.name() + ": ";
    long untold = rows.stream().filter(row -> row.count().role() == null).count();
    if (untold > 0) {
      sentences.add(
          of
              + "The side is not told for "
              + untold
              + " of "
              + rows.size()
              + " counts; they are divided by nothing of a known side.");
    }
    if (!study.alsoSeen().isEmpty()) {
      sentences.add(
          of
              + "Named without a count ("
              + study.alsoSeen().size()
              + "): "
              + String.join(", ", study.alsoSeen())
              + ".");
    }
    for (StudyEnvironment environment : study.environments()) {
      addGapsOf(sentences, study, environment, rows);
    }
    if (!rows.isEmpty() && rows.stream().allMatch(row -> row.measured() == null)) {
      sentences.add(
          of
              + "No count has bytes, errors or time: what failed (EAGAIN), what slept and what"
              + " worked cannot be told apart.");
    }
    if (rows.stream()
        .anyMatch(row -> row.name().equals("ioctl") && row.count().request() == null)) {
      sentences.add(
          of
              + "No ioctl has its request: KVM_RUN, interrupt injection and set-up are one row, and"
              + " VM exits were not counted at all.");
    }
    study.notes().forEach(note -> sentences.add(of + note));
  }

  private void addGapsOf(
      List<String> sentences, Study study, StudyEnvironment environment, List<SeenCall> rows) {
    String where = seen.where(study, environment);
    Set<String> tests = new LinkedHashSet<>(study.tools().keySet());
    for (String test : tests) {
      List<SeenCall> own =
          rows.stream()
              .filter(row -> row.count().environment().equals(environment.id()))
              .filter(row -> row.test().equals(test))
              .toList();
      if (own.isEmpty()) {
        sentences.add(where + " " + test + ": no call was counted.");
        continue;
      }
      Set<String> names = new LinkedHashSet<>();
      Set<String> roles = new LinkedHashSet<>();
      own.forEach(row -> {
        names.add(row.name());
        Optional.ofNullable(row.count().role()).ifPresent(roles::add);
      });
      if (names.size() == 1) {
        sentences.add(where + " " + test + ": only " + names.iterator().next() + " was counted.");
      }
      if (roles.size() == 1) {
        String told = roles.iterator().next();
        if (told.equals("server") || told.equals("client")) {
          sentences.add(
              where
                  + " "
                  + test
                  + ": nothing is told of the "
                  + (told.equals("server") ? "client" : "server")
                  + ".");
        }
      }
    }
  }
}
