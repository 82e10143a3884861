// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.audit.ClaimFinding.Draft;
import dev.trapline.study.Claim;
import dev.trapline.study.Figure;
import dev.trapline.study.Selector;
import dev.trapline.study.StudyOutcome;

/// Claims that state one figure which is a quotient of others: bytes per call, calls per call,
/// calls per message.
///
/// The rule for all: the figure that was found must lie within the precision of the one stated. If
/// rounding leaves that open, the figure as written decides in favour of the claim, never against
/// it: what is off as written but not beyond rounding is unsupported.
final class FigureClaims {
  private FigureClaims() {}

  static ClaimFinding perCallSize(Figures figures, Claim.PerCallSize claim) throws Undecidable {
    String outcomeName = claim.bytes().outcome();
    if (outcomeName == null || !outcomeName.equals(StudyOutcome.TRANSFERRED)) {
      throw new Undecidable(
          "The claim divides bytes, and `bytes` names no amount of data.",
          "Select `outcome: transferred`.");
    }
    Amount written = figures.amount(claim.bytes());
    Transfers.Transfer transfer =
        figures.transfers().of(figures.outcome(written.environment(), outcomeName, written.run()));
    Amount calls = divisor(figures, claim.calls());
    Bounds bytesPerCall = transfer.bytes().over(calls.bounds());
    String unit = claim.unit();
    Bounds found = bytesPerCall.times(1 / Transfers.bytesPer(unit));
    Bounds stated = Bounds.asStated(claim.stated());
    Draft draft = new Draft(claim).uses(calls);
    transfer.restsOn().forEach(draft::restsOn);
    addRuns(draft, written, calls);
    String binaryUnit = Transfers.binaryReading(unit);
    if (binaryUnit != null && !unit.equals("kB") && !stated.contains(found.value())) {
      Bounds binary = bytesPerCall.times(1 / Transfers.bytesPer(binaryUnit));
      if (stated.contains(binary.value())) {
        draft.caution("The claim's " + unit + " must be " + binaryUnit + " for that.");
        found = binary;
        unit = binaryUnit;
      }
    }
    // The SI writes kilo small.
    String shown = unit.equals("KB") ? "kB" : unit;
    draft.derivation(
        transfer.words()
            + (transfer.isAsWritten()
                ? ""
                : " (written "
                    + transfer.outcome().unitAsWritten()
                    + "; "
                    + transfer.evidence()
                    + ")")
            + " = "
            + Digits.count(transfer.bytes().value())
            + " bytes, / "
            + calls.words());
    judge(draft, found, shown + " per call", claim.stated(), stated, claim.unit());
    Bounds otherBytes = transfer.otherBytes();
    String otherUnit = transfer.otherUnit();
    if (otherBytes != null && otherUnit != null) {
      Bounds other = otherBytes.over(calls.bounds()).times(1 / Transfers.bytesPer(claim.unit()));
      String otherFigure =
          Digits.number(other.value(), Digits.decimals(other.value(), claim.stated()))
              + " "
              + shown;
      if (!stated.contains(found.value()) && stated.overlaps(other)) {
        draft.caution(
            "The claim's figure comes out if its "
                + transfer.outcome().unitAsWritten()
                + " are taken for "
                + Transfers.meaning(otherUnit)
                + ": "
                + otherFigure
                + ".");
      } else if (transfer.evidence().isEmpty()) {
        draft.caution(
            "Nothing tells whether "
                + transfer.outcome().unitAsWritten()
                + " means "
                + Transfers.meaning(transfer.unit())
                + " or "
                + Transfers.meaning(otherUnit)
                + "; with the latter it is "
                + otherFigure
                + ".");
      }
    }
    return draft.done();
  }

  static ClaimFinding ratio(Figures figures, Claim.Ratio claim) throws Undecidable {
    Amount of = figures.amount(claim.of());
    Amount to = divisor(figures, claim.to());
    Draft draft = new Draft(claim).uses(of, to).derivation(of.words() + " / " + to.words());
    addRuns(draft, of, to);
    judge(
        draft,
        of.bounds().over(to.bounds()),
        "",
        claim.stated(),
        Bounds.asStated(claim.stated()),
        "");
    return draft.done();
  }

  static ClaimFinding perMessage(Figures figures, Claim.PerMessage claim) throws Undecidable {
    Amount of = figures.amount(claim.of());
    Amount messages = divisor(figures, claim.messages());
    Draft draft =
        new Draft(claim).uses(of, messages).derivation(of.words() + " / " + messages.words());
    judge(
        draft,
        of.bounds().over(messages.bounds()),
        "per message",
        claim.stated(),
        Bounds.asStated(claim.stated()),
        "");
    addRuns(draft, of, messages);
    if (figures.matching(claim.of()).stream().anyMatch(row -> row.role() == null)) {
      draft.caution(
          "It is the figure of one side if all these calls are of one; in a ping-pong the other"
              + " side makes as many.");
    }
    return draft.done();
  }

  /// A quotient of two runs is one of neither.
  private static void addRuns(Draft draft, Amount above, Amount below) {
    String one = above.run();
    String other = below.run();
    if (one != null && other != null && !one.equals(other)) {
      draft.caution("The figures are of two runs, " + one + " and " + other + ".");
    }
  }

  private static Amount divisor(Figures figures, Selector selector) throws Undecidable {
    Amount amount = figures.amount(selector);
    if (amount.bounds().mayBeZero()) {
      throw new Undecidable(
          "Nothing can be divided by " + amount.words() + ".", "Give a figure that is not zero.");
    }
    return amount;
  }

  /// The verdict by precision.
  static Verdict verdict(Bounds found, Bounds stated) {
    if (stated.contains(found.value())) {
      return Verdict.CONFIRMED;
    }
    return found.overlaps(stated) ? Verdict.UNSUPPORTED : Verdict.CORRECTED;
  }

  /// @param claimUnit of the claimed figure, as the claim writes it
  static void judge(
      Draft draft, Bounds found, String unit, Figure claimed, Bounds stated, String claimUnit) {
    int decimals = Digits.decimals(found.value(), claimed);
    Verdict verdict = verdict(found, stated);
    String figure = Digits.measured(found, decimals, unit);
    String claimedFigure = Digits.withUnit(claimed.value().toPlainString(), claimUnit);
    draft.figures(found, unit, stated).verdict(verdict);
    switch (verdict) {
      case CONFIRMED -> {
        draft.finds(figure);
        if (!stated.contains(found)) {
          draft.caution(
              "The claim is more precise than the rounding of its figures supports ("
                  + precision(found, decimals)
                  + ").");
        }
      }
      case UNSUPPORTED ->
          draft
              .finds(figure + ": too coarse to tell from " + claimedFigure)
              .need("Give the figures without rounding.");
      default -> draft.finds(figure + "; not " + claimedFigure);
    }
  }

  private static String precision(Bounds found, int decimals) {
    return Digits.number(found.low(), decimals) + " to " + Digits.number(found.high(), decimals);
  }
}
