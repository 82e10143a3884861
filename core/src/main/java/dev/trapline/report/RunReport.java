// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.account.CostModel;
import dev.trapline.account.TimeAccount;
import dev.trapline.account.TimeAccounts;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.association.Associations;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.comparison.Comparer;
import dev.trapline.comparison.Comparison;
import dev.trapline.finding.Finding;
import dev.trapline.finding.Findings;
import dev.trapline.metric.RunMetrics;
import dev.trapline.roofline.Roofline;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Everything that a report of a bench run says, before it has a form. Terminal, Markdown, HTML,
/// JSON and CSV are made of this and of nothing else, so that all of them say the same.
///
/// It is not a layout: what a form leaves out for want of room is that form's own decision, and it
/// says so.
///
/// @param run the run itself, for provenance and single trials
/// @param title in one line
/// @param verdict sentences, the most important first
/// @param environments as the run has them; of runs that kept none, by the names of their trials
/// @param findings dearest first
/// @param tests in the order of the run's environments
/// @param comparison of its environments; null if there is only one
/// @param associations between figures and outcomes
/// @param accounts of the tests that were traced with time
/// @param models what calibrated costs predict of each side's work; empty without calibration
/// @param roofline of all sides; without ceilings if there is no calibration
/// @param costs of the machine that made the run; null if it was not calibrated
/// @param basis what all this rests on, in sentences
/// @param syscalls names of all syscalls seen, for those who explain them
public record RunReport(
    Run run,
    String title,
    List<String> verdict,
    List<EnvironmentFacts> environments,
    List<Finding> findings,
    List<TestReport> tests,
    @Nullable Comparison comparison,
    Associations associations,
    List<TimeAccount> accounts,
    List<Model> models,
    Roofline roofline,
    @Nullable MachineCosts costs,
    List<String> basis,
    List<String> syscalls) {
  /// What calibrated costs predict of one side.
  ///
  /// @param title of the test
  public record Model(String title, String environment, String test, CostModel model) {}

  /// Keeps copies.
  public RunReport {
    verdict = List.copyOf(verdict);
    environments = List.copyOf(environments);
    findings = List.copyOf(findings);
    tests = List.copyOf(tests);
    accounts = List.copyOf(accounts);
    models = List.copyOf(models);
    basis = List.copyOf(basis);
    syscalls = List.copyOf(syscalls);
  }

  /// Of a run whose machine was not calibrated.
  public static RunReport of(Run run) {
    return of(run, null);
  }

  /// Of a run.
  ///
  /// @param costs of the machine that made it; null if it was not calibrated
  public static RunReport of(Run run, @Nullable MachineCosts costs) {
    List<TestAnalysis> analyses = TestAnalysis.of(run);
    List<TestReport> tests = new ArrayList<>();
    List<Model> models = new ArrayList<>();
    for (TestAnalysis analysis : analyses) {
      TestReport test = TestReport.of(run, analysis);
      tests.add(test);
      for (RoleAnalysis role : analysis.roles()) {
        if (costs != null && role.unitsOfWork() > 0 && !role.costs().isEmpty()) {
          models.add(
              new Model(
                  test.title(),
                  analysis.environment(),
                  analysis.test(),
                  CostModel.of(role, costs)));
        }
      }
    }
    RunMetrics metrics = RunMetrics.of(run);
    TreeSet<String> syscalls = new TreeSet<>();
    run.tallies()
        .forEach(
            part -> part.tally().counts().keySet().forEach(key -> syscalls.add(key.syscall())));
    return new RunReport(
        run,
        VerdictWords.title(run),
        VerdictWords.verdict(run, analyses),
        environments(run),
        Findings.of(run, analyses),
        tests,
        Comparer.forReport(run, metrics).orElse(null),
        Associations.of(metrics),
        TimeAccounts.of(run),
        models,
        Roofline.of(run, costs),
        costs,
        VerdictWords.basis(run, analyses),
        new ArrayList<>(syscalls));
  }

  private static List<EnvironmentFacts> environments(Run run) {
    if (!run.environments().isEmpty()) {
      return run.environments();
    }
    List<EnvironmentFacts> named = new ArrayList<>();
    run.trials().stream()
        .map(trial -> trial.environment())
        .distinct()
        .forEach(name ->
            named.add(new EnvironmentFacts(name, "", false, null, new java.util.TreeMap<>())));
    return named;
  }
}
