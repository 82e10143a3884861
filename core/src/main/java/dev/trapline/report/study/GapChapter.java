// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.study.Figure;
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
  /// No role is called so.
  private static final String ANY_ROLE = "*";

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
    addTotals(document, "throughput", StudyOutcome.THROUGHPUT_TOTAL);
    addTotals(document, "latency", StudyOutcome.LATENCY_TOTAL);
  }

  private void addTotals(Document document, String test, String name) {
    List<List<String>> rows = new ArrayList<>();
    List<String> sentences = new ArrayList<>();
    for (Study study : seen.studies()) {
      for (StudyOutcome outcome : study.outcomes()) {
        if (outcome.name().equals(name)) {
          addTotal(rows, sentences, study, outcome, test);
        }
      }
    }
    if (!sentences.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "All syscalls of the "
                  + test
                  + " test against those that have a row. A total does not say whose it is; if it"
                  + " is the server's, the last column is what no row accounts for."));
      document.add(
          new Document.Table(
              List.of("where", "total", "server", "client", "side not told", "total - server"),
              rows,
              1));
      document.add(new Document.Bullets(sentences));
    }
  }

  private void addTotal(
      List<List<String>> rows,
      List<String> sentences,
      Study study,
      StudyOutcome outcome,
      String test) {
    Told server = told(study, outcome, test, "server");
    Told client = told(study, outcome, test, "client");
    Told untold = told(study, outcome, test, null);
    Told all = told(study, outcome, test, ANY_ROLE);
    Figure total = outcome.figure();
    String where = seen.where(study, study.environment(outcome.environment()).orElseThrow());
    rows.add(
        List.of(
            where,
            Numbers.published(total),
            amount(server),
            amount(client),
            amount(untold),
            server.number() == 0
                ? "-"
                : server.agreesWith(total)
                    ? "0 in rounding"
                    : Numbers.whole(total.number() - server.number())));
    if (all.low() > total.high()) {
      sentences.add(
          where
              + ": the rows together have "
              + Numbers.whole(all.number())
              + " calls, more than the total, so it is not of both sides."
              + (server.agreesWith(total)
                  ? " The server's rows alone give it, to within the rounding."
                  : ""));
    } else if (all.high() < total.low()) {
      double missing = total.number() - all.number();
      sentences.add(
          where
              + ": "
              + Numbers.whole(missing)
              + " calls of the total ("
              + Numbers.percent(missing / total.number())
              + ") are in no row.");
    }
  }

  /// Calls that rows tell of, with the bounds of their rounding.
  private record Told(double number, double low, double high) {
    boolean agreesWith(Figure total) {
      return low <= total.high() && total.low() <= high;
    }
  }

  private Told told(Study study, StudyOutcome outcome, String test, @Nullable String role) {
    double number = 0;
    double low = 0;
    double high = 0;
    for (SeenCall row : seen.rows()) {
      if (row.isOf(study)
          && row.count().environment().equals(outcome.environment())
          && row.test().equals(test)
          && (ANY_ROLE.equals(role) || Objects.equals(row.count().role(), role))
          && Objects.equals(row.count().run(), outcome.run())) {
        number += row.number();
        low += row.calls().low();
        high += row.calls().high();
      }
    }
    return new Told(number, low, high);
  }

  private static String amount(Told told) {
    return told.number() == 0 ? "-" : Numbers.whole(told.number());
  }

  // ---- the rest ------------------------------------------------------------------------

  private void addGaps(List<String> sentences, Study study) {
    List<SeenCall> rows = seen.where(row -> row.isOf(study));
    String of = seen.studies().size() == 1 ? "" : seen.nameOf(study) + ": ";
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
