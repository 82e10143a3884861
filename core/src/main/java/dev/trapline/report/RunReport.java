// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.account.CostModel;
import dev.trapline.account.TimeAccount;
import dev.trapline.account.TimeAccounts;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.RunSums;
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
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Tallies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    List<RoleTally> byTrial = new ArrayList<>();
    Map<String, List<RoleTally>> ofTrial = new LinkedHashMap<>();
    for (RoleTally tally : run.tallies()) {
      ofTrial.computeIfAbsent(tally.trial(), unseen -> new ArrayList<>()).add(tally);
    }
    ofTrial.values().forEach(byTrial::addAll);
    return of(run, byTrial::forEach, costs);
  }

  /// Of a run whose tallies pass by once and are not kept, so that a run of any number of trials
  /// takes little room.
  ///
  /// @param run whose own tallies are not looked at
  /// @param tallies those of one trial behind each other
  /// @param costs of the machine that made it; null if it was not calibrated
  public static RunReport of(Run run, Tallies tallies, @Nullable MachineCosts costs) {
    RunMetrics.Builder figures = new RunMetrics.Builder(run);
    Roofline.Builder roofline = new Roofline.Builder(run, costs);
    tallies.forEach(tally -> {
      figures.add(tally);
      roofline.add(tally);
    });
    RunMetrics metrics = figures.build();
    RunSums sums = metrics.sums();
    List<TestAnalysis> analyses = TestAnalysis.of(sums);
    List<TestReport> tests = new ArrayList<>();
    List<Model> models = new ArrayList<>();
    for (TestAnalysis analysis : analyses) {
      TestReport test = TestReport.of(sums, analysis);
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
    return new RunReport(
        run,
        VerdictWords.title(run),
        VerdictWords.verdict(run, analyses),
        environments(run),
        Findings.of(sums, analyses),
        tests,
        Comparer.forReport(metrics).orElse(null),
        Associations.of(metrics),
        TimeAccounts.of(sums),
        models,
        roofline.build(),
        costs,
        VerdictWords.basis(run, analyses),
        new ArrayList<>(sums.syscalls()));
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
