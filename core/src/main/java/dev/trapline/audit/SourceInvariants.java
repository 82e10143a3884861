// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.audit.ClaimFinding.Computed;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import dev.trapline.workload.InvariantResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Figures must come from where they seem to come from, and be as exact as they are used.
final class SourceInvariants {
  private static final String SAME_RUN = "same-run";
  private static final String ROUNDED_AS_EXACT = "rounded-as-exact";

  private SourceInvariants() {}

  // ---- same-run ------------------------------------------------------------------------

  static List<InvariantFinding> sameRun(Study study) {
    List<InvariantFinding> findings = new ArrayList<>();
    Set<String> notTold = new LinkedHashSet<>();
    for (StudyEnvironment environment : study.environments()) {
      for (String test : study.tools().keySet()) {
        sameRun(study, environment.id(), test, findings, notTold);
      }
    }
    if (!notTold.isEmpty()) {
      findings.add(
          InvariantFinding.unchecked(
              SAME_RUN,
              String.join(", ", notTold),
              "the study does not tell from which runs counts and outcomes come, so counts may be"
                  + " divided by the work of another run"));
    }
    return findings;
  }

  private static void sameRun(
      Study study,
      String environment,
      String test,
      List<InvariantFinding> findings,
      Set<String> notTold) {
    Set<String> ofCounts = new TreeSet<>();
    Set<String> ofOutcomes = new TreeSet<>();
    boolean allTold = true;
    boolean anyCount = false;
    boolean anyOutcome = false;
    for (StudyCount row : study.counts()) {
      if (row.environment().equals(environment) && row.test().equals(test)) {
        anyCount = true;
        allTold &= add(ofCounts, row.run());
      }
    }
    for (StudyOutcome outcome : study.outcomes()) {
      if (outcome.environment().equals(environment)
          && test.equals(Figures.testOf(outcome.name()))) {
        anyOutcome = true;
        allTold &= add(ofOutcomes, outcome.run());
      }
    }
    if (!anyCount || !anyOutcome) {
      return;
    }
    String subject = environment + ", " + test;
    boolean differ = !ofOutcomes.containsAll(ofCounts) && !ofOutcomes.isEmpty();
    if (differ) {
      findings.add(
          InvariantFinding.checked(
              SAME_RUN,
              subject,
              false,
              "counts are of run "
                  + String.join(", ", ofCounts)
                  + ", outcomes of run "
                  + String.join(", ", ofOutcomes)
                  + ": a cost per unit of work would mix them"));
    } else if (!allTold) {
      notTold.add(environment);
    } else {
      findings.add(
          InvariantFinding.checked(
              SAME_RUN,
              subject,
              true,
              "the counts are of run "
                  + String.join(", ", ofCounts)
                  + ", for which there are outcomes"));
    }
  }

  /// Whether the run is told.
  private static boolean add(Set<String> runs, @Nullable String run) {
    if (run == null) {
      return false;
    }
    runs.add(run);
    return true;
  }

  // ---- rounded-as-exact ----------------------------------------------------------------

  /// Of each claim that states a figure: whether the rounding of its inputs leaves that figure as
  /// precise as it is stated.
  static List<InvariantFinding> roundedAsExact(List<ClaimFinding> claims) {
    List<InvariantFinding> findings = new ArrayList<>();
    List<String> fine = new ArrayList<>();
    for (ClaimFinding claim : claims) {
      Computed computed = claim.computed();
      Bounds stated = claim.stated();
      if (computed == null || stated == null) {
        continue;
      }
      if (computed.bounds().halfWidth() <= stated.halfWidth() * (1 + 1e-9)) {
        fine.add(claim.id());
      } else {
        findings.add(
            InvariantFinding.checked(
                ROUNDED_AS_EXACT,
                claim.id(),
                false,
                "stated as "
                    + Digits.number(stated.value(), Digits.decimalsOf(2 * stated.halfWidth()))
                    + ", which is "
                    + span(stated)
                    + "; but the rounding of the figures that it comes from leaves "
                    + span(computed.bounds())
                    + (computed.unit().isEmpty() ? "" : " " + computed.unit())));
      }
    }
    if (!fine.isEmpty()) {
      findings.add(
          InvariantFinding.checked(
              ROUNDED_AS_EXACT,
              String.join(", ", fine),
              true,
              "no figure is stated more precisely than the rounding of its inputs allows"));
    }
    return findings;
  }

  private static String span(Bounds bounds) {
    return Digits.number(bounds.low()) + " to " + Digits.number(bounds.high());
  }

  // ---- what a run found of itself ------------------------------------------------------

  /// What was checked in each trial when it was taken: each broken one, and of those that hold how
  /// many there are.
  static List<InvariantFinding> ofTrials(Run run) {
    List<InvariantFinding> findings = new ArrayList<>();
    Map<InvariantFinding, Integer> holding = new LinkedHashMap<>();
    for (Trial trial : run.trials()) {
      String test = trial.test();
      String where = trial.environment() + (test == null ? "" : ", " + test);
      for (InvariantResult result : trial.invariants()) {
        if (result.holds()) {
          holding.merge(InvariantFinding.checked(result.name(), where, true, ""), 1, Integer::sum);
        } else {
          findings.add(
              InvariantFinding.checked(
                  result.name(), where + ", trial " + trial.id(), false, result.detail()));
        }
      }
    }
    for (Map.Entry<InvariantFinding, Integer> entry : holding.entrySet()) {
      InvariantFinding one = entry.getKey();
      findings.add(
          InvariantFinding.checked(
              one.id(),
              one.subject(),
              true,
              "checked in each trial when it was taken; trials in which it holds: "
                  + entry.getValue()));
    }
    return findings;
  }
}
