// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import java.util.List;

/// What an audit found.
///
/// @param invariants in the order of the rules, then of the study's environments
/// @param claims in the order of the study
public record AuditReport(List<InvariantFinding> invariants, List<ClaimFinding> claims) {
  /// Keeps copies.
  public AuditReport {
    invariants = List.copyOf(invariants);
    claims = List.copyOf(claims);
  }

  /// The claims of one verdict, in the order of the study.
  public List<ClaimFinding> claims(Verdict verdict) {
    return claims.stream().filter(claim -> claim.verdict() == verdict).toList();
  }

  /// The invariants that were checked and do not hold.
  public List<InvariantFinding> brokenInvariants() {
    return invariants.stream().filter(InvariantFinding::isBroken).toList();
  }

  /// Whether a script should stop: a claim is wrong. A corrected figure is not that, nor is a
  /// broken invariant, which may lie in what was published.
  public boolean hasWrongClaim() {
    return !claims(Verdict.WRONG).isEmpty();
  }
}
