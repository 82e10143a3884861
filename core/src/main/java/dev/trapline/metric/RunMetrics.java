// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// All figures of all trials of a run.
///
/// @param metrics by id
/// @param trials those with an outcome, in the order in which they ran
public record RunMetrics(Run run, SortedMap<String, Metric> metrics, List<TrialMetrics> trials) {
  /// Keeps copies.
  public RunMetrics {
    metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    trials = List.copyOf(trials);
  }

  /// Of a run. Trials without an outcome have no figures, since there is nothing to divide by.
  public static RunMetrics of(Run run) {
    Map<String, List<RoleTally>> tallies = new HashMap<>();
    for (RoleTally tally : run.tallies()) {
      tallies.computeIfAbsent(tally.trial(), unseen -> new ArrayList<>()).add(tally);
    }
    Map<String, Set<WorkloadShape>> shapes = shapes(run);
    SortedMap<String, Metric> metrics = new TreeMap<>();
    List<TrialMetrics> trials = new ArrayList<>();
    for (Trial trial : run.trials()) {
      String test = trial.test();
      if (test == null || trial.outcome() == null || !(trial.outcome().workDone() > 0)) {
        continue;
      }
      WorkloadShape shape = WorkloadShape.of(trial, trial.outcome());
      Set<WorkloadShape> ofTest = shapes.getOrDefault(test, Set.of());
      String name = ofTest.size() < 2 ? test : test + "(" + shape.words() + ")";
      trials.add(
          new TrialReader(name, trial, trial.outcome(), metrics)
              .read(shape, tallies.getOrDefault(trial.id(), List.of())));
    }
    return new RunMetrics(run, metrics, trials);
  }

  private static Map<String, Set<WorkloadShape>> shapes(Run run) {
    Map<String, Set<WorkloadShape>> shapes = new LinkedHashMap<>();
    for (Trial trial : run.trials()) {
      if (trial.test() != null && trial.outcome() != null) {
        shapes
            .computeIfAbsent(trial.test(), unseen -> new LinkedHashSet<>())
            .add(WorkloadShape.of(trial, trial.outcome()));
      }
    }
    return shapes;
  }

  /// The environments that have figures, in the order in which the user named them: that of trials
  /// is shuffled. Those of a run that does not tell come in order of appearance.
  public List<String> environments() {
    Set<String> seen = new LinkedHashSet<>();
    trials.forEach(trial -> seen.add(trial.trial().environment()));
    Set<String> names = new LinkedHashSet<>();
    run.environments().forEach(facts -> names.add(facts.name()));
    names.retainAll(seen);
    names.addAll(seen);
    return List.copyOf(names);
  }
}
