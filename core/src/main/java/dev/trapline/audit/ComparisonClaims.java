// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.audit.ClaimFinding.Draft;
import dev.trapline.study.Claim;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Claims that compare two figures: a reduction by a percentage, or an order.
///
/// A percentage that is off is corrected. What holds or does not is wrong if it does not: a
/// reduction that is an increase, a bound that is not reached, an order the other way round. Beside
/// the comparison asked for stands the one per unit of work, since two environments that moved
/// different amounts of data are not compared by raw counts.
final class ComparisonClaims {
  private ComparisonClaims() {}

  /// Both sides of a comparison.
  private record Pair(Amount from, Amount to) {
    Bounds reduction() throws Undecidable {
      if (from.bounds().mayBeZero()) {
        throw new Undecidable(
            "There is nothing to be reduced: " + from.words() + ".",
            "Give a figure that is not zero.");
      }
      return to.bounds().over(from.bounds()).complement().times(100);
    }
  }

  static ClaimFinding reduction(Figures figures, Claim.Reduction claim) throws Undecidable {
    Pair raw = new Pair(figures.amount(claim.from()), figures.amount(claim.to()));
    String per = claim.per();
    Optional<PerWork> work =
        per == null ? ofWork(figures, raw) : Optional.of(perWork(figures, raw, per));
    Pair asked = per == null ? raw : work.orElseThrow().pair();
    Bounds found = asked.reduction();
    Bounds stated = Bounds.asStated(claim.statedPercent());
    Draft draft = new Draft(claim).uses(asked.from(), asked.to());
    String unit = per == null ? "% less" : "% less per " + per;
    judgeReduction(draft, found, stated, unit, claim);
    draft.derivation(derivation(asked, per));
    if (work.isPresent() && !work.get().isOfEqualWork()) {
      if (per == null) {
        addPerWork(draft, work.get(), claim);
      } else {
        addRaw(draft, raw, per, claim);
      }
    }
    addDifferences(figures, draft, raw, claim.differsIn());
    return draft.done();
  }

  private static void judgeReduction(
      Draft draft, Bounds found, Bounds stated, String unit, Claim.Reduction claim) {
    int decimals = Digits.decimals(found.value(), claim.statedPercent());
    if (found.high() <= 0 && claim.statedPercent().number() > 0) {
      draft
          .verdict(Verdict.WRONG)
          .figures(found, unit, claim.atLeast() ? null : stated)
          .finds(
              Digits.number(-found.value(), decimals)
                  + "% more"
                  + unit.substring("% less".length())
                  + ": no reduction at all");
      return;
    }
    if (!claim.atLeast()) {
      FigureClaims.judge(draft, found, unit, claim.statedPercent(), stated, "%");
      return;
    }
    String figure = Digits.measured(found, decimals, unit);
    String bound = claim.statedPercent().value().toPlainString() + "%";
    draft.figures(found, unit, null);
    if (found.value() >= stated.low()) {
      draft.verdict(Verdict.CONFIRMED).finds(figure + ", which is at least " + bound);
      if (found.low() < stated.low()) {
        draft.caution("Rounding leaves open whether the bound is reached.");
      }
    } else if (found.high() < stated.low()) {
      draft.verdict(Verdict.WRONG).finds(figure + "; not " + bound + " or more");
    } else {
      draft
          .verdict(Verdict.UNSUPPORTED)
          .finds(figure + ": too coarse to tell whether it is at least " + bound)
          .need("Give the figures without rounding.");
    }
  }

  private static String derivation(Pair pair, @Nullable String per) {
    String bySides =
        per == null
            ? ""
            : "; "
                + Digits.number(pair.to().bounds().value())
                + " against "
                + Digits.number(pair.from().bounds().value())
                + " per "
                + per;
    return "1 - (" + pair.to().words() + ") / (" + pair.from().words() + ")" + bySides;
  }

  /// The same comparison per unit of work, beside a claim about raw counts.
  private static void addPerWork(Draft draft, PerWork perWork, Claim.Reduction claim)
      throws Undecidable {
    Bounds found = perWork.pair().reduction();
    int decimals = Digits.decimals(found.value(), claim.statedPercent());
    draft.caution(
        "Per "
            + perWork.unit()
            + " it is "
            + Digits.number(Math.abs(found.value()), decimals)
            + (found.value() < 0
                ? "% more, the other way round"
                : "% less" + Digits.range(found, decimals))
            + perWork.words()
            + ".");
  }

  /// The comparison of raw counts, beside a claim per unit of work: often what was meant.
  private static void addRaw(Draft draft, Pair raw, String per, Claim.Reduction claim)
      throws Undecidable {
    Bounds found = raw.reduction();
    Bounds stated = Bounds.asStated(claim.statedPercent());
    boolean fits = claim.atLeast() ? found.value() >= stated.low() : stated.contains(found.value());
    String figure =
        Digits.number(found.value(), Digits.decimals(found.value(), claim.statedPercent())) + "%";
    draft.caution(
        "Raw counts give "
            + figure
            + (fits ? ", which may be where the claim comes from" : "")
            + "; but the two did not do the same work, so that fewer calls in all are not fewer"
            + " calls per "
            + per
            + ".");
  }

  // ---- order ---------------------------------------------------------------------------

  static ClaimFinding ordering(Figures figures, Claim.Ordering claim) throws Undecidable {
    Pair pair = new Pair(figures.amount(claim.greater()), figures.amount(claim.smaller()));
    Bounds greater = pair.from().bounds();
    Bounds smaller = pair.to().bounds();
    Draft draft =
        new Draft(claim)
            .uses(pair.from(), pair.to())
            .derivation(pair.from().words() + " against " + pair.to().words());
    String sides = Digits.count(greater) + " against " + Digits.count(smaller);
    if (greater.low() > smaller.high()) {
      draft.verdict(Verdict.CONFIRMED).finds(sides + times(greater, smaller));
    } else if (greater.high() < smaller.low() || (greater.isExact() && smaller.isExact())) {
      draft
          .verdict(Verdict.WRONG)
          .finds(sides + ": " + (greater.equals(smaller) ? "the same" : "the other way round"));
    } else {
      draft
          .verdict(Verdict.UNSUPPORTED)
          .finds(sides + ": too coarse to tell which is more")
          .need("Give the figures without rounding.");
    }
    Optional<PerWork> perWork = ofWork(figures, pair);
    if (perWork.isPresent()) {
      Bounds more = perWork.get().pair().from().bounds();
      Bounds less = perWork.get().pair().to().bounds();
      String order =
          more.overlaps(less)
              ? "cannot be told apart"
              : (more.low() > less.high()) == (greater.low() > smaller.high())
                  ? "is the same"
                  : "is the other way round";
      draft.caution(
          "Per " + perWork.get().unit() + " the order " + order + perWork.get().words() + ".");
    }
    addDifferences(figures, draft, pair, List.of());
    return draft.done();
  }

  private static String times(Bounds greater, Bounds smaller) {
    return smaller.mayBeZero()
        ? ""
        : ": " + Digits.number(greater.value() / smaller.value()) + " times as many";
  }

  // ---- both ----------------------------------------------------------------------------

  private static PerWork perWork(Figures figures, Pair raw, String unit) throws Undecidable {
    Amount ofFrom = figures.work(unit, raw.from());
    Amount ofTo = figures.work(unit, raw.to());
    return new PerWork(unit, new Pair(raw.from().per(ofFrom), raw.to().per(ofTo)), ofFrom, ofTo);
  }

  /// A comparison per unit of work.
  ///
  /// @param unit `message` or `GiB`
  /// @param pair both sides, divided
  /// @param ofFrom the work of the one side
  /// @param ofTo the work of the other
  private record PerWork(String unit, Pair pair, Amount ofFrom, Amount ofTo) {
    /// Whether raw counts would compare the same: if both did as much, as far as rounding tells.
    boolean isOfEqualWork() {
      return ofFrom.bounds().overlaps(ofTo.bounds());
    }

    /// `: 2,126 against 56,968, for 46.1 GiB against 33.5 GiB of work; this rests on duration_s`.
    String words() {
      Set<String> names = new LinkedHashSet<>(pair.to().restsOn());
      names.addAll(pair.from().restsOn());
      return ": "
          + Digits.number(pair.to().bounds().value())
          + " against "
          + Digits.number(pair.from().bounds().value())
          + ", for "
          + ofTo.words()
          + " against "
          + ofFrom.words()
          + " of work"
          + (names.isEmpty() ? "" : "; this rests on " + Digits.list(List.copyOf(names)));
    }
  }

  /// Both per unit of work of their test; empty if they are of different work, or how much was done
  /// is not known.
  private static Optional<PerWork> ofWork(Figures figures, Pair raw) {
    String unit = Figures.unitOfWork(raw.from().test());
    if (unit == null
        || !unit.equals(Figures.unitOfWork(raw.to().test()))
        || raw.from().environment().equals(raw.to().environment())) {
      return Optional.empty();
    }
    try {
      return Optional.of(perWork(figures, raw, unit));
    } catch (Undecidable e) {
      // It stands beside the verdict, which does without.
      return Optional.empty();
    }
  }

  private static void addDifferences(
      Figures figures, Draft draft, Pair pair, List<String> differsIn) {
    String first = pair.from().environment();
    String second = pair.to().environment();
    if (!differsIn.isEmpty()) {
      draft.caution(
          "The two differ in "
              + Digits.list(differsIn)
              + ", so the cause is not shown: that needs a run with only that one thing changed.");
    } else if (!first.equals(second)) {
      List<String> differences = figures.differences(first, second);
      draft.caution(
          "The figures are of two runs, in "
              + first
              + " and "
              + second
              + (differences.isEmpty() ? "" : ", which differ in " + Digits.list(differences))
              + "; there are no repeats to tell the difference from chance.");
    }
  }
}
