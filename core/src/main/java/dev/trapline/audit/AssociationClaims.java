// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.audit.ClaimFinding.Draft;
import dev.trapline.statistics.Pearson;
import dev.trapline.statistics.Spearman;
import dev.trapline.study.Claim;
import dev.trapline.study.Selector;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Claims that one figure goes with another across environments.
///
/// The sign is that of Pearson's r and of the rank correlation: where they differ, or rounding
/// could turn r's, it is not determined. A sign opposite to the claim makes it wrong. The claimed
/// sign makes it confirmed only if the exact p of the rank correlation is below 0.05: p of r
/// assumes a normal distribution, which a handful of environments cannot show. Anything else is
/// unsupported.
final class AssociationClaims {
  private static final double SIGNIFICANCE = 0.05;

  /// Fewer lie on a line whatever is measured.
  private static final int FEWEST = 3;

  /// Which rows are taken where both sides have some and the claim names none: one side throughout,
  /// since sums of two sides do not compare with counts of one.
  private static final List<String> PREFERRED_ROLES = List.of("server", "client");

  private final Figures figures;
  private final Claim.Association claim;

  private AssociationClaims(Figures figures, Claim.Association claim) {
    this.figures = figures;
    this.claim = claim;
  }

  static ClaimFinding judge(Figures figures, Claim.Association claim) throws Undecidable {
    return new AssociationClaims(figures, claim).judge();
  }

  /// One environment's two figures.
  private record Point(Amount candidate, StudyOutcome outcome) {
    double x() {
      return candidate.bounds().value();
    }

    double y() {
      return outcome.figure().number();
    }
  }

  /// The points that there are, and why others are not.
  private record Points(List<Point> there, List<String> leftOut) {
    List<Double> xs() {
      return there.stream().map(Point::x).toList();
    }

    List<Double> ys() {
      return there.stream().map(Point::y).toList();
    }
  }

  private ClaimFinding judge() throws Undecidable {
    Optional<String> side = side();
    Points points = points(side.orElse(null), claim.candidate().per());
    Draft draft = new Draft(claim);
    for (Point point : points.there()) {
      draft.uses(point.candidate());
    }
    points.leftOut().forEach(draft::caution);
    draft.derivation(derivation(points));
    side.ifPresent(one -> draft.caution(sideWords(one)));
    int n = points.there().size();
    Optional<Pearson> pearson =
        n < FEWEST ? Optional.empty() : Pearson.of(points.xs(), points.ys());
    Optional<Spearman> spearman =
        n < FEWEST ? Optional.empty() : Spearman.of(points.xs(), points.ys());
    if (pearson.isEmpty() || spearman.isEmpty()) {
      return draft
          .finds(
              n < FEWEST
                  ? "not shown: " + n + " environments have both figures"
                  : "not shown: one of the figures is the same in all environments")
          .need("At least " + environmentsForSignificance() + " environments with both figures.")
          .done();
    }
    decide(draft, points, pearson.get(), spearman.get());
    addPerWork(draft, side.orElse(null));
    draft.caution(
        "The environments differ in more than this figure: even a sure association would not show"
            + " a cause.");
    return draft.done();
  }

  private void decide(Draft draft, Points points, Pearson pearson, Spearman spearman) {
    String figures = words(pearson, spearman);
    Bounds range = range(points, pearson.r());
    boolean mayTurn = range.low() <= 0 && range.high() >= 0;
    double wanted = claim.positive() ? 1 : -1;
    draft.figures(range, "r", null);
    if (mayTurn || pearson.r() * spearman.rho() <= 0) {
      draft
          .finds(figures + ": the sign is not determined")
          .need("More environments, or a run with only this one thing changed.");
    } else if (pearson.r() * wanted < 0) {
      draft
          .verdict(Verdict.WRONG)
          .finds(
              figures
                  + ": the sign is "
                  + (claim.positive() ? "negative, not positive" : "positive, not negative")
                  + (spearman.p() < SIGNIFICANCE ? "" : ", and not significant either"));
    } else if (spearman.p() < SIGNIFICANCE) {
      draft.verdict(Verdict.CONFIRMED).finds(figures);
    } else {
      draft.finds(
          figures
              + ": the sign is as claimed, but "
              + spearman.n()
              + " environments do not show it");
      Double smallest = spearman.smallestP();
      draft.need(
          (smallest != null && smallest >= SIGNIFICANCE
                  ? "With n = "
                      + spearman.n()
                      + " no order whatsoever has a "
                      + Digits.probability(smallest).replace("p = ", "p below ")
                      + ": at least "
                      + environmentsForSignificance()
                      + " environments"
                  : "More environments")
              + ", or a run with only this one thing changed.");
    }
  }

  /// So many that a perfect order of them is significant: 2 of 5! pairings are 0.017.
  private static int environmentsForSignificance() {
    int n = FEWEST;
    double pairings = 6;
    while (2 / pairings >= SIGNIFICANCE) {
      n++;
      pairings *= n;
    }
    return n;
  }

  private static String words(Pearson pearson, Spearman spearman) {
    Double p = pearson.p();
    return "r = "
        + Digits.signed(pearson.r())
        + " (n = "
        + pearson.n()
        + (p == null ? "" : ", " + Digits.probability(p))
        + "); rank correlation "
        + Digits.signed(spearman.rho())
        + ", "
        + (spearman.exact() ? "exact " : "approximate ")
        + Digits.probability(spearman.p())
        + (spearman.exact() && Objects.equals(spearman.p(), spearman.smallestP())
            ? ", the least that n = " + spearman.n() + " can have"
            : "");
  }

  /// How far rounding could move r: the sum of what each figure alone could do, which is an upper
  /// bound to first order.
  private static Bounds range(Points points, double r) {
    double down = 0;
    double up = 0;
    for (int at = 0; at < points.there().size(); at++) {
      Bounds x = points.there().get(at).candidate().bounds();
      Bounds y = Bounds.of(points.there().get(at).outcome().figure());
      double[] moved = {
        moved(points.xs(), points.ys(), at, x.low(), r),
        moved(points.xs(), points.ys(), at, x.high(), r),
        moved(points.ys(), points.xs(), at, y.low(), r),
        moved(points.ys(), points.xs(), at, y.high(), r)
      };
      down += Math.min(0, Math.min(moved[0], moved[1])) + Math.min(0, Math.min(moved[2], moved[3]));
      up += Math.max(0, Math.max(moved[0], moved[1])) + Math.max(0, Math.max(moved[2], moved[3]));
    }
    return new Bounds(r, Math.max(-1, r + down), Math.min(1, r + up));
  }

  private static double moved(
      List<Double> changed, List<Double> others, int at, double value, double r) {
    List<Double> values = new ArrayList<>(changed);
    values.set(at, value);
    return Pearson.of(values, others).map(found -> found.r() - r).orElse(0.0);
  }

  // ---- points --------------------------------------------------------------------------

  private Points points(@Nullable String side, @Nullable String per) {
    List<Point> there = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (StudyEnvironment environment : figures.study().environments()) {
      try {
        StudyOutcome outcome = figures.outcome(environment.id(), claim.outcome(), null);
        Amount candidate = figures.amount(in(environment.id(), side, null));
        there.add(
            new Point(
                per == null ? candidate : candidate.per(figures.work(per, candidate)), outcome));
      } catch (Undecidable e) {
        leftOut.add(environment.id() + " is left out: " + e.fact());
      }
    }
    return new Points(there, leftOut);
  }

  /// The candidate's selector for one environment, and one side if that environment tells sides.
  private Selector in(String environment, @Nullable String side, @Nullable String per) {
    Selector any = claim.candidate();
    boolean tellsSides =
        side != null
            && figures.matching(with(any, environment, any.role(), per)).stream()
                .anyMatch(row -> row.role() != null);
    return with(any, environment, tellsSides ? side : any.role(), per);
  }

  private static Selector with(
      Selector selector, String environment, @Nullable String role, @Nullable String per) {
    return new Selector(
        environment,
        selector.test(),
        role,
        selector.sideNotTold(),
        selector.thread(),
        selector.syscalls(),
        selector.outcome(),
        selector.derived(),
        per,
        selector.absentMeansZeroFor(),
        selector.place());
  }

  /// Which side's rows to take; empty if the claim names one, or no environment has two.
  private Optional<String> side() {
    Selector any = claim.candidate();
    if (any.role() != null || any.sideNotTold() || any.syscalls().isEmpty()) {
      return Optional.empty();
    }
    String best = null;
    long most = 0;
    int sides = 0;
    for (String role : PREFERRED_ROLES) {
      long environments =
          figures.matching(any).stream()
              .filter(row -> role.equals(row.role()))
              .map(StudyCount::environment)
              .distinct()
              .count();
      sides += environments > 0 ? 1 : 0;
      if (environments > most) {
        most = environments;
        best = role;
      }
    }
    return sides < 2 ? Optional.empty() : Optional.ofNullable(best);
  }

  private String sideWords(String side) {
    String both =
        figures.matching(claim.candidate()).stream()
            .filter(row -> row.role() != null && !row.role().equals(side))
            .map(StudyCount::environment)
            .distinct()
            .collect(Collectors.joining(", "));
    return "Rows of the "
        + side
        + " are taken where the study tells the side; "
        + both
        + " has rows of the other side too.";
  }

  private String derivation(Points points) {
    if (points.there().isEmpty()) {
      return "no environment has both figures";
    }
    List<String> parts = new ArrayList<>();
    String per = claim.candidate().per();
    for (Point point : points.there()) {
      parts.add(
          point.candidate().environment()
              + " "
              + (per == null
                  ? Digits.count(point.x())
                  : Digits.number(point.x()) + " = " + point.candidate().words())
              + " and "
              + Figures.words(point.outcome()));
    }
    return String.join("; ", parts);
  }

  /// The same per unit of work, beside a claim about raw counts.
  private void addPerWork(Draft draft, @Nullable String side) {
    Selector any = claim.candidate();
    String outcome = any.outcome();
    String test = outcome == null ? any.test() : Figures.testOf(outcome);
    String unit = Figures.unitOfWork(test);
    if (any.per() != null || unit == null) {
      return;
    }
    Points points = points(side, unit);
    Optional<Pearson> pearson =
        points.there().size() < FEWEST ? Optional.empty() : Pearson.of(points.xs(), points.ys());
    if (pearson.isEmpty()) {
      return;
    }
    Set<String> restsOn = new LinkedHashSet<>();
    points.there().forEach(point -> restsOn.addAll(point.candidate().restsOn()));
    Double p = pearson.get().p();
    draft.caution(
        "Per "
            + unit
            + " it is r = "
            + Digits.signed(pearson.get().r())
            + " (n = "
            + pearson.get().n()
            + (p == null ? "" : ", " + Digits.probability(p))
            + ")"
            + (restsOn.isEmpty() ? "" : "; this rests on " + Digits.list(List.copyOf(restsOn)))
            + ".");
  }
}
