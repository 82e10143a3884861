// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.RunSums;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.Run;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The findings of a run, by all rules.
public final class Findings {
  private Findings() {}

  /// Work that could be saved first, by the share of the side's work time that would go away, the
  /// surer of two like shares first; then what throws doubt on the run. No finding is no proof that
  /// nothing is wrong: a rule whose figures are unknown is silent.
  public static List<Finding> of(Run run) {
    return of(RunSums.of(run));
  }

  /// As [#of(Run)], where the run's tallies are summed already.
  public static List<Finding> of(RunSums sums) {
    return of(sums, TestAnalysis.of(sums));
  }

  /// As [#of(RunSums)], where the analyses of the run's tests are at hand.
  public static List<Finding> of(RunSums sums, List<TestAnalysis> tests) {
    RunView view = new RunView(sums.run(), tests, Side.of(sums));
    List<Finding> findings = new ArrayList<>();
    for (FindingRule rule : FindingCatalogue.RULES) {
      findings.addAll(rule.check().apply(view));
    }
    findings.sort(
        Comparator.comparing(Finding::doubt)
            .thenComparing(Finding::share, Comparator.reverseOrder())
            .thenComparing(finding -> finding.confidence().level(), Comparator.reverseOrder()));
    return List.copyOf(findings);
  }
}
