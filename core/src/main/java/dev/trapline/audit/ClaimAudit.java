// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.audit.ClaimFinding.Draft;
import dev.trapline.study.Claim;

/// Judges a claim by its kind.
final class ClaimAudit {
  private ClaimAudit() {}

  /// What came of it; a claim whose figures are missing is unsupported, and says what is missing.
  static ClaimFinding judge(Figures figures, Claim claim) {
    try {
      return switch (claim) {
        case Claim.PerCallSize size -> FigureClaims.perCallSize(figures, size);
        case Claim.Ratio ratio -> FigureClaims.ratio(figures, ratio);
        case Claim.PerMessage perMessage -> FigureClaims.perMessage(figures, perMessage);
        case Claim.Reduction reduction -> ComparisonClaims.reduction(figures, reduction);
        case Claim.Ordering ordering -> ComparisonClaims.ordering(figures, ordering);
        case Claim.Mechanism mechanism -> KnowledgeClaims.mechanism(figures, mechanism);
        case Claim.OfCatalogue ofCatalogue -> KnowledgeClaims.ofCatalogue(ofCatalogue);
        case Claim.Association association -> AssociationClaims.judge(figures, association);
      };
    } catch (Undecidable e) {
      return new Draft(claim)
          .finds("not shown: figures are missing")
          .derivation(e.fact())
          .need(e.need())
          .done();
    }
  }
}
