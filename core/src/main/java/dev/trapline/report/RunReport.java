// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

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
/// @param tests in the order of the run's environments
/// @param basis what all this rests on, in sentences
/// @param syscalls names of all syscalls seen, for those who explain them
public record RunReport(
    Run run,
    String title,
    List<String> verdict,
    List<EnvironmentFacts> environments,
    List<TestReport> tests,
    List<String> basis,
    List<String> syscalls) {
  /// Keeps copies.
  public RunReport {
    verdict = List.copyOf(verdict);
    environments = List.copyOf(environments);
    tests = List.copyOf(tests);
    basis = List.copyOf(basis);
    syscalls = List.copyOf(syscalls);
  }

  /// Of a run.
  public static RunReport of(Run run) {
    List<TestAnalysis> analyses = TestAnalysis.of(run);
    List<TestReport> tests = new ArrayList<>();
    for (TestAnalysis analysis : analyses) {
      tests.add(TestReport.of(run, analysis));
    }
    TreeSet<String> syscalls = new TreeSet<>();
    run.tallies()
        .forEach(
            part -> part.tally().counts().keySet().forEach(key -> syscalls.add(key.syscall())));
    return new RunReport(
        run,
        VerdictWords.title(run),
        VerdictWords.verdict(run, analyses),
        environments(run),
        tests,
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
