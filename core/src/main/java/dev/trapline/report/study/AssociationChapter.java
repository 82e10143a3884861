// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.statistics.Pearson;
import dev.trapline.statistics.Spearman;
import dev.trapline.study.Study;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether calls go with performance across environments, and how little that shows.
final class AssociationChapter {
  private static final int FEWEST = 3;
  private static final double SIGNIFICANT = 0.05;

  private final SeenCalls seen;

  AssociationChapter(SeenCalls seen) {
    this.seen = seen;
  }

  /// One figure of calls beside the outcome of the same environment.
  private record Point(String where, double calls, double outcome, boolean sideNotTold) {}

  /// @param what the calls, in a few words
  /// @param outcome name of the outcome
  private record Series(String what, String outcome, List<Point> points) {
    boolean higherIsBetter() {
      return outcome.equals(StudyOutcome.THROUGHPUT);
    }
  }

  void addTo(Document document) {
    document.add(new Document.Heading(2, "Do calls go with performance?"));
    List<Series> all = series();
    if (all.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "That needs at least "
                  + FEWEST
                  + " environments with the same count and the same outcome, and there are fewer."));
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    List<String> sentences = new ArrayList<>();
    boolean anySignificant = false;
    double leastPossible = 1;
    int most = 0;
    for (Series series : all) {
      List<Double> calls = series.points().stream().map(Point::calls).toList();
      List<Double> outcomes = series.points().stream().map(Point::outcome).toList();
      Optional<Pearson> pearson = Pearson.of(calls, outcomes);
      Optional<Spearman> spearman = Spearman.of(calls, outcomes);
      Double least = spearman.map(Spearman::smallestP).orElse(null);
      rows.add(
          List.of(
              series.what(),
              ContextChapter.words(series.outcome()),
              Integer.toString(series.points().size()),
              pearson.map(one -> signed(one.r())).orElse("-"),
              pearson.map(one -> p(one.p())).orElse("-"),
              spearman.map(one -> signed(one.rho())).orElse("-"),
              spearman.map(one -> p(one.p())).orElse("-"),
              p(least)));
      anySignificant |= spearman.isPresent() && spearman.get().p() <= SIGNIFICANT;
      most = Math.max(most, series.points().size());
      leastPossible = least == null ? 0 : Math.min(leastPossible, least);
      extremes(series).ifPresent(sentences::add);
    }
    document.add(
        new Document.Table(
            List.of("calls", "with", "n", "r", "p", "rho", "p", "least p"), rows, 2));
    document.add(
        new Document.Paragraph(
            "r is Pearson's, whose p assumes a normal distribution that so few points cannot show;"
                + " rho is Spearman's with the exact p of all orders; least p is what the most"
                + " perfect order of so many points could reach."));
    document.add(new Document.Bullets(sentences));
    document.add(new Document.Heading(3, "What follows, and what does not"));
    document.add(new Document.Bullets(caveats(all, most, leastPossible, anySignificant)));
  }

  private static List<String> caveats(
      List<Series> all, int most, double leastPossible, boolean anySignificant) {
    List<String> sentences = new ArrayList<>();
    if (leastPossible > SIGNIFICANT) {
      sentences.add(
          "With n = "
              + most
              + " at most, no order whatsoever reaches p = 0.05 (least "
              + p(leastPossible)
              + "): these figures can neither show an association nor rule one out.");
    } else if (anySignificant) {
      sentences.add(
          "An order with p under 0.05 is in the table. Of "
              + all.size()
              + " series looked at, one in twenty would be by chance alone.");
    }
    sentences.add(
        "The environments differ in everything at once (machine, VMM, device model, network card),"
            + " so that a common cause is the first thing to expect. Cause is shown by changing one"
            + " thing: the same VMM with vhost on and off, the same tool with one strategy changed.");
    sentences.add(
        "A total grows with the bytes that were moved: the faster environment makes more calls in"
            + " the same time. Only calls per unit of work compare.");
    if (all.stream().flatMap(series -> series.points().stream()).anyMatch(Point::sideNotTold)) {
      sentences.add(
          "Points marked with (side not told) may be sums over two sides, and are in the series for"
              + " want of better.");
    }
    return sentences;
  }

  /// Who has most and who is best: a picture that a coefficient of four points is not.
  private static Optional<String> extremes(Series series) {
    Point most = series.points().getFirst();
    Point best = most;
    for (Point point : series.points()) {
      most = point.calls() > most.calls() ? point : most;
      boolean better =
          series.higherIsBetter()
              ? point.outcome() > best.outcome()
              : point.outcome() < best.outcome();
      best = better ? point : best;
    }
    List<String> points = new ArrayList<>();
    for (Point point : series.points()) {
      points.add(
          point.where()
              + " "
              + Numbers.computed(point.calls())
              + (point.sideNotTold() ? " (side not told)" : ""));
    }
    return Optional.of(
        series.what()
            + ": "
            + String.join(", ", points)
            + ". Most calls: "
            + most.where()
            + "; best "
            + ContextChapter.words(series.outcome())
            + ": "
            + best.where()
            + ".");
  }

  // ---- series --------------------------------------------------------------------------

  private List<Series> series() {
    List<Series> all = new ArrayList<>();
    add(all, "all calls", StudyOutcome.THROUGHPUT, this::total);
    add(all, "all calls / GiB", StudyOutcome.THROUGHPUT, this::totalPerUnit);
    Set<String> names = new LinkedHashSet<>(seen.counted());
    for (String name : names) {
      add(
          all,
          name + " / GiB",
          StudyOutcome.THROUGHPUT,
          (study, environment) -> perUnit(study, environment, "throughput", name));
      add(
          all,
          name + " / message",
          StudyOutcome.LATENCY,
          (study, environment) -> perUnit(study, environment, "latency", name));
    }
    return all;
  }

  /// Calls of an environment, or nothing.
  private interface Candidate {
    @Nullable Calls of(Study study, StudyEnvironment environment);
  }

  private record Calls(double number, boolean sideNotTold) {}

  private void add(List<Series> all, String what, String outcome, Candidate candidate) {
    List<Point> points = new ArrayList<>();
    for (Study study : seen.studies()) {
      for (StudyEnvironment environment : study.environments()) {
        Calls calls = candidate.of(study, environment);
        Optional<StudyOutcome> reached = study.outcome(environment.id(), outcome);
        if (calls != null && reached.isPresent()) {
          points.add(
              new Point(
                  seen.where(study, environment),
                  calls.number(),
                  reached.get().figure().number(),
                  calls.sideNotTold()));
        }
      }
    }
    if (points.size() >= FEWEST) {
      all.add(new Series(what, outcome, points));
    }
  }

  private @Nullable Calls total(Study study, StudyEnvironment environment) {
    return study
        .outcome(environment.id(), StudyOutcome.THROUGHPUT_TOTAL)
        .map(total -> new Calls(total.figure().number(), false))
        .orElse(null);
  }

  private @Nullable Calls totalPerUnit(Study study, StudyEnvironment environment) {
    StudyOutcome total =
        study.outcome(environment.id(), StudyOutcome.THROUGHPUT_TOTAL).orElse(null);
    if (total == null) {
      return null;
    }
    return Work.of(study, environment.id(), "throughput", total.run())
        .map(work -> new Calls(total.figure().number() / work.amount(), false))
        .orElse(null);
  }

  /// The server's calls, or those of which no side is told.
  private @Nullable Calls perUnit(
      Study study, StudyEnvironment environment, String test, String name) {
    double server = 0;
    double untold = 0;
    for (SeenCall row : seen.of(name)) {
      Double calls = row.perUnit();
      if (calls != null
          && row.isWorthDividing()
          && row.isOf(study)
          && row.count().environment().equals(environment.id())
          && row.test().equals(test)) {
        if (row.count().role() == null) {
          untold += calls;
        } else if (row.count().role().equals("server")) {
          server += calls;
        }
      }
    }
    return server > 0 ? new Calls(server, false) : untold > 0 ? new Calls(untold, true) : null;
  }

  // ---- words ---------------------------------------------------------------------------

  private static String signed(double coefficient) {
    return String.format(Locale.ROOT, "%+.2f", coefficient);
  }

  private static String p(@Nullable Double p) {
    return p == null ? "-" : p < 0.001 ? "<0.001" : String.format(Locale.ROOT, "%.2g", p);
  }
}
