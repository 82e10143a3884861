// SPDX-License-Identifier: Apache-2.0
package dev.trapline.association;

import dev.trapline.association.Association.Point;
import dev.trapline.association.Association.Scope;
import dev.trapline.metric.Metric;
import dev.trapline.metric.Metric.Family;
import dev.trapline.metric.RunMetrics;
import dev.trapline.metric.TrialMetrics;
import dev.trapline.statistics.Drift;
import dev.trapline.statistics.Holm;
import dev.trapline.statistics.Kendall;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.Pearson;
import dev.trapline.statistics.Spearman;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Looks for associations: every candidate against the figure that its test is about, in every
/// scope that has enough points. All points are traced trials, the only ones in which counts and
/// outcome are of the same trial.
final class AssociationFinder {
  private static final double SIGNIFICANCE = 0.05;

  /// Fewer lie in an order whatever is measured.
  private static final int FEWEST = 3;

  /// More would only make Holm stricter.
  private static final int MOST_CANDIDATES = 40;

  private static final int MOST_KINDS = 6;
  private static final String RAW = ".raw";

  private final RunMetrics metrics;
  private final List<Association> found = new ArrayList<>();
  private final Set<String> notes = new LinkedHashSet<>();
  private final Map<TooFew, Set<String>> tooFew = new LinkedHashMap<>();

  private AssociationFinder(RunMetrics metrics) {
    this.metrics = metrics;
  }

  static Associations find(RunMetrics metrics) {
    AssociationFinder finder = new AssociationFinder(metrics);
    finder.findAll();
    finder.tellTooFew();
    if (!finder.found.isEmpty()) {
      finder.notes.add(
          "What goes with an outcome need not be its cause: change this one thing, run both in one"
              + " run, and compare.");
    }
    return new Associations(finder.found, List.copyOf(finder.notes));
  }

  /// So few points of a scope that nothing can be shown.
  private record TooFew(Scope scope, int n) {}

  /// A candidate, as counted or per unit of work.
  private record Candidate(Metric metric, String id, boolean raw) {
    @Nullable Double of(TrialMetrics trial) {
      Double value = trial.value(id);
      return value == null || !raw ? value : Double.valueOf(value * trial.unitsOfWork());
    }
  }

  private void findAll() {
    Map<String, List<TrialMetrics>> tests = new LinkedHashMap<>();
    for (TrialMetrics trial : metrics.trials()) {
      if (trial.trial().traced()) {
        tests.computeIfAbsent(trial.test(), unseen -> new ArrayList<>()).add(trial);
      }
    }
    tests.forEach((test, trials) -> {
      Metric outcome = outcome(test);
      if (outcome != null) {
        find(test, outcome, trials);
      }
    });
  }

  private @Nullable Metric outcome(String test) {
    for (String name : List.of(".goodput", ".mean", ".message-rate")) {
      Metric metric = metrics.metrics().get(test + name);
      if (metric != null) {
        return metric;
      }
    }
    return null;
  }

  private void find(String test, Metric outcome, List<TrialMetrics> trials) {
    List<Candidate> candidates = candidates(test, trials);
    Map<String, List<TrialMetrics>> environments = new LinkedHashMap<>();
    for (TrialMetrics trial : trials) {
      environments
          .computeIfAbsent(trial.trial().environment(), unseen -> new ArrayList<>())
          .add(trial);
    }
    environments.forEach((environment, ofOne) ->
        scope(
            Scope.TRIALS,
            environment,
            outcome,
            candidates,
            candidate -> points(candidate, outcome, ofOne)));
    if (environments.size() > 1) {
      scope(
          Scope.TRIALS_WITHIN_ENVIRONMENTS,
          null,
          outcome,
          candidates,
          candidate -> {
            List<Point> all = new ArrayList<>();
            environments
                .values()
                .forEach(ofOne -> all.addAll(overMedian(points(candidate, outcome, ofOne))));
            return all;
          });
    }
    if (environments.size() >= FEWEST) {
      scope(
          Scope.ENVIRONMENTS,
          null,
          outcome,
          candidates,
          candidate -> {
            List<Point> all = new ArrayList<>();
            environments.forEach((environment, ofOne) ->
                median(environment, points(candidate, outcome, ofOne)).ifPresent(all::add));
            return all;
          });
    } else if (environments.size() == 2) {
      notes.add(
          "Two environments make no association of "
              + test
              + ": any two points lie on a line. compare says what differs between them.");
    }
  }

  // ---- candidates ----------------------------------------------------------------------

  private List<Candidate> candidates(String test, List<TrialMetrics> trials) {
    List<Metric> taken = new ArrayList<>();
    List<Metric> kinds = new ArrayList<>();
    for (Metric metric : metrics.metrics().values()) {
      String per = metric.per();
      if (!metric.test().equals(test) || per == null || per.equals("second")) {
        continue;
      }
      if (metric.family() == Family.COST) {
        taken.add(metric);
      } else if (metric.kind() != null && metric.label().startsWith("calls ")) {
        kinds.add(metric);
      }
    }
    kinds.sort(Comparator.comparingDouble((Metric metric) -> largest(metric, trials)).reversed());
    taken.addAll(kinds.stream().limit(MOST_KINDS).toList());
    List<Candidate> candidates = new ArrayList<>();
    for (Metric metric : taken) {
      candidates.add(new Candidate(metric, metric.id(), false));
    }
    for (Metric metric : taken) {
      if (!"call".equals(metric.per())) {
        candidates.add(
            new Candidate(
                new Metric(
                    metric.id() + RAW,
                    metric.test(),
                    metric.subject(),
                    metric.label() + " in all",
                    metric.unit(),
                    null,
                    metric.family(),
                    metric.better(),
                    metric.traced(),
                    metric.kind()),
                metric.id(),
                true));
      }
    }
    return candidates.stream().limit(MOST_CANDIDATES).toList();
  }

  private static double largest(Metric metric, List<TrialMetrics> trials) {
    double largest = 0;
    for (TrialMetrics trial : trials) {
      Double value = trial.value(metric.id());
      largest = value == null ? largest : Math.max(largest, value);
    }
    return largest;
  }

  // ---- points --------------------------------------------------------------------------

  private static List<Point> points(
      Candidate candidate, Metric outcome, List<TrialMetrics> trials) {
    List<Point> points = new ArrayList<>();
    for (TrialMetrics trial : trials) {
      Double x = candidate.of(trial);
      Double y = trial.value(outcome.id());
      if (x != null && y != null) {
        points.add(new Point(trial.trial().id(), trial.trial().environment(), x, y));
      }
    }
    return points;
  }

  private static Optional<Point> median(String environment, List<Point> points) {
    return points.isEmpty()
        ? Optional.empty()
        : Optional.of(new Point(null, environment, medianOf(xs(points)), medianOf(ys(points))));
  }

  /// Each as a factor of its environment's median; none where that is 0.
  private static List<Point> overMedian(List<Point> points) {
    if (points.size() < FEWEST) {
      return List.of();
    }
    double x = medianOf(xs(points));
    double y = medianOf(ys(points));
    return x == 0 || y == 0
        ? List.of()
        : points.stream()
            .map(point ->
                new Point(
                    point.trial(), point.environment(), point.candidate() / x, point.outcome() / y))
            .toList();
  }

  private static double medianOf(List<Double> values) {
    return MedianInterval.of(values).median();
  }

  private static List<Double> xs(List<Point> points) {
    return points.stream().map(Point::candidate).toList();
  }

  private static List<Double> ys(List<Point> points) {
    return points.stream().map(Point::outcome).toList();
  }

  // ---- one scope -----------------------------------------------------------------------

  /// The points of a candidate.
  @FunctionalInterface
  private interface Pointing {
    List<Point> of(Candidate candidate);
  }

  private record Draft(
      Candidate candidate,
      List<Point> points,
      Pearson pearson,
      Spearman spearman,
      Kendall kendall) {}

  private void scope(
      Scope scope,
      @Nullable String environment,
      Metric outcome,
      List<Candidate> candidates,
      Pointing pointing) {
    List<Draft> drafts = new ArrayList<>();
    int most = 0;
    for (Candidate candidate : candidates) {
      List<Point> points = pointing.of(candidate);
      most = Math.max(most, points.size());
      if (points.size() < FEWEST) {
        continue;
      }
      Optional<Pearson> pearson = Pearson.of(xs(points), ys(points));
      Optional<Spearman> spearman = Spearman.of(xs(points), ys(points));
      Optional<Kendall> kendall = Kendall.of(xs(points), ys(points));
      if (pearson.isPresent() && spearman.isPresent() && kendall.isPresent()) {
        drafts.add(new Draft(candidate, points, pearson.get(), spearman.get(), kendall.get()));
      }
    }
    if (drafts.isEmpty()) {
      return;
    }
    tellWhatSoManyAllow(scope, environment, outcome, most, drafts.size());
    List<Double> adjusted =
        Holm.adjusted(drafts.stream().map(draft -> draft.kendall().p()).toList());
    List<Association> ofScope = new ArrayList<>();
    for (int at = 0; at < drafts.size(); at++) {
      ofScope.add(
          association(
              scope, environment, outcome, drafts.get(at), adjusted.get(at), drafts.size()));
    }
    ofScope.sort(
        Comparator.comparingDouble(Association::adjustedP)
            .thenComparing(each -> Math.abs(each.kendall().tau()), Comparator.reverseOrder())
            .thenComparing(Association::candidate));
    found.addAll(ofScope);
  }

  /// The least p of a perfect order of n is 2 / n!.
  private void tellWhatSoManyAllow(
      Scope scope, @Nullable String environment, Metric outcome, int n, int candidates) {
    double least = 1;
    for (int factor = 3; factor <= Math.min(n, 20); factor++) {
      least /= factor;
    }
    if (least * candidates >= SIGNIFICANCE) {
      tooFew
          .computeIfAbsent(new TooFew(scope, n), unseen -> new LinkedHashSet<>())
          .add(environment == null ? outcome.test() : outcome.test() + " in " + environment);
    }
  }

  private void tellTooFew() {
    tooFew.forEach((few, where) -> {
      int needed = few.n();
      double least = 1;
      for (int factor = 3; factor <= needed; factor++) {
        least /= factor;
      }
      double then = least;
      while (then * MOST_CANDIDATES >= SIGNIFICANCE) {
        needed++;
        then /= needed;
      }
      notes.add(
          few.n()
              + (few.scope() == Scope.ENVIRONMENTS ? " environments" : " trials")
              + " show no association, whatever they are ("
              + String.join(", ", where)
              + (few.scope() == Scope.TRIALS_WITHIN_ENVIRONMENTS ? ", environments together" : "")
              + "): even a perfect order has p = "
              + number(least)
              + ", and many candidates are looked at. "
              + needed
              + " are enough.");
    });
  }

  private static Association association(
      Scope scope,
      @Nullable String environment,
      Metric outcome,
      Draft draft,
      double adjusted,
      int candidates) {
    boolean shown = adjusted < SIGNIFICANCE;
    Metric candidate = draft.candidate().metric();
    double tau = draft.kendall().tau();
    String sentence =
        place(scope, environment)
            + " (n = "
            + draft.points().size()
            + "), "
            + outcome.test()
            + " "
            + outcome.label()
            + (shown ? tau > 0 ? " rises with " : " falls with " : " against ")
            + candidate.subject()
            + " "
            + candidate.label()
            + (candidate.per() == null ? "" : " per " + candidate.per())
            + ": tau = "
            + signed(tau)
            + ", "
            + (draft.kendall().exact() ? "exact " : "")
            + probability(draft.kendall().p())
            + (candidates == 1 ? "" : ", " + number(adjusted) + " after Holm over " + candidates)
            + "; r = "
            + signed(draft.pearson().r())
            + ", rho = "
            + signed(draft.spearman().rho())
            + (shown ? "." : ": not shown.");
    return new Association(
        scope,
        environment,
        candidate,
        outcome,
        draft.points(),
        draft.pearson(),
        draft.spearman(),
        draft.kendall(),
        adjusted,
        shown,
        sentence,
        confounders(scope, draft));
  }

  private static List<String> confounders(Scope scope, Draft draft) {
    List<String> confounders = new ArrayList<>();
    confounders.add(
        "Both figures are of traced trials: what watching costs grows with the calls watched.");
    if (draft.candidate().raw()) {
      confounders.add(
          "A count of a whole trial grows with the work that it did in its time, which is the"
              + " outcome again.");
    } else {
      confounders.add(
          "A cost per unit of work is divided by what the trial did, and a slow trial did less.");
    }
    switch (scope) {
      case ENVIRONMENTS -> confounders.add("Environments differ in more than this one figure.");
      case TRIALS_WITHIN_ENVIRONMENTS ->
          confounders.add(
              "Each value is a factor of its environment's median; that medians were taken from"
                  + " the same values is not in p.");
      case TRIALS -> {
        if (drifts(xs(draft.points())) && drifts(ys(draft.points()))) {
          confounders.add("Both drift over the run: time alone would make them go together.");
        }
      }
    }
    return confounders;
  }

  private static boolean drifts(List<Double> values) {
    return Drift.of(values).map(drift -> drift.p() < SIGNIFICANCE).orElse(false);
  }

  private static String signed(double value) {
    return String.format(Locale.ROOT, "%+.2f", value);
  }

  private static String probability(double p) {
    return p < 0.0001 ? "p < 0.0001" : "p = " + number(p);
  }

  private static String number(double p) {
    return p < 0.0001 ? "<0.0001" : String.format(Locale.ROOT, "%.2g", p);
  }

  /// Where points are from, in words.
  private static String place(Scope scope, @Nullable String environment) {
    return switch (scope) {
      case TRIALS -> "In " + environment;
      case TRIALS_WITHIN_ENVIRONMENTS -> "Within environments, all together";
      case ENVIRONMENTS -> "Across environments";
    };
  }
}
