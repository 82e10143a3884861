// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.run.Run;
import dev.trapline.study.Study;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Checks a study against itself.
///
/// It measures nothing and knows nothing of the world but the syscall catalogue and how iperf3 and
/// sockperf count: what it finds follows from the study's own figures, or does not follow from
/// them. The rules are in docs/concepts/audit.md.
public final class Audit {
  private Audit() {}

  /// Every invariant of every environment, and every claim. It never throws on content: what cannot
  /// be judged is a finding that says so.
  public static AuditReport of(Study study) {
    Figures figures = new Figures(study);
    List<ClaimFinding> claims =
        study.claims().stream().map(claim -> ClaimAudit.judge(figures, claim)).toList();
    List<InvariantFinding> invariants = new ArrayList<>();
    invariants.addAll(TimeInvariants.halfRoundTrip(figures));
    invariants.addAll(TimeInvariants.goodputTimesTime(figures));
    invariants.addAll(SumInvariants.shares(study));
    invariants.addAll(SumInvariants.roleTotals(study));
    invariants.addAll(SourceInvariants.sameRun(study));
    invariants.addAll(SourceInvariants.roundedAsExact(claims));
    return new AuditReport(invariants, claims);
  }

  /// Of a run of ours as a study, with what was checked in each of its trials. That replaces the
  /// same checks on the study, which has medians of some trials and sums of others.
  ///
  /// @param study as `StudyOfRun` makes it of the run
  public static AuditReport of(Study study, Run run) {
    AuditReport ofStudy = of(study);
    List<InvariantFinding> ofTrials = SourceInvariants.ofTrials(run);
    Set<String> names = ofTrials.stream().map(InvariantFinding::id).collect(Collectors.toSet());
    List<InvariantFinding> all = new ArrayList<>(ofTrials);
    for (InvariantFinding finding : ofStudy.invariants()) {
      if (finding.holds() != null || !names.contains(finding.id())) {
        all.add(finding);
      }
    }
    return new AuditReport(all, ofStudy.claims());
  }
}
