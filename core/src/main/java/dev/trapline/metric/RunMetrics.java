// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import dev.trapline.analysis.RunSums;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Tallies;
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
import org.jspecify.annotations.Nullable;

/// All figures of all trials of a run.
///
/// @param sums of the tallies over the trials
/// @param metrics by id
/// @param trials those with an outcome, in the order in which they ran
public record RunMetrics(
    RunSums sums, SortedMap<String, Metric> metrics, List<TrialMetrics> trials) {
  /// Keeps copies.
  public RunMetrics {
    metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    trials = List.copyOf(trials);
  }

  /// Of a run. Trials without an outcome have no figures, since there is nothing to divide by.
  public static RunMetrics of(Run run) {
    Map<String, List<RoleTally>> byTrial = new LinkedHashMap<>();
    for (RoleTally tally : run.tallies()) {
      byTrial.computeIfAbsent(tally.trial(), unseen -> new ArrayList<>()).add(tally);
    }
    Builder builder = new Builder(run);
    byTrial.values().forEach(tallies -> tallies.forEach(builder::add));
    return builder.build();
  }

  /// Of a run whose tallies pass by once.
  ///
  /// @param tallies those of one trial behind each other
  public static RunMetrics of(Run run, Tallies tallies) {
    Builder builder = new Builder(run);
    tallies.forEach(builder::add);
    return builder.build();
  }

  /// The run, for its trials and provenance.
  public Run run() {
    return sums.run();
  }

  /// Takes tallies in one at a time, and keeps of each trial nothing but its figures: a few hundred
  /// numbers. Not thread-safe.
  public static final class Builder {
    private final Run run;
    private final RunSums sums;
    private final Map<String, Trial> byId = new HashMap<>();
    private final Map<String, Set<WorkloadShape>> shapes;
    private final SortedMap<String, Metric> metrics = new TreeMap<>();
    private final Map<String, TrialMetrics> done = new HashMap<>();

    /// Trials share what is the same in many of them.
    private final Map<Set<String>, FigureValues.Ids> sharedIds = new HashMap<>();

    private final Map<Set<String>, Set<String>> sharedPrefixes = new HashMap<>();
    private final Map<String, String> sharedTexts = new HashMap<>();
    private final SortedMap<String, CallSums> ofTrial = new TreeMap<>();
    private @Nullable String trialId;

    /// @param run whose own tallies are not looked at
    public Builder(Run run) {
      this.run = run;
      this.sums = new RunSums(run);
      this.shapes = shapes(run);
      run.trials().forEach(trial -> byId.putIfAbsent(trial.id(), trial));
    }

    /// Takes one in.
    ///
    /// @throws IllegalArgumentException if it is of a trial whose tallies have passed
    public void add(RoleTally tally) {
      if (!tally.trial().equals(trialId)) {
        endTrial();
        trialId = tally.trial();
        if (done.containsKey(trialId)) {
          throw new IllegalArgumentException(
              "the tallies of " + trialId + " do not come behind each other");
        }
      }
      ofTrial.computeIfAbsent(tally.role(), unseen -> new CallSums()).add(tally);
      sums.add(tally);
    }

    private void endTrial() {
      Trial trial = trialId == null ? null : byId.get(trialId);
      if (trial != null) {
        finish(trial);
      }
      ofTrial.clear();
      trialId = null;
    }

    private void finish(Trial trial) {
      String test = trial.test();
      if (test == null || trial.outcome() == null || !(trial.outcome().workDone() > 0)) {
        return;
      }
      WorkloadShape shape = WorkloadShape.of(trial, trial.outcome());
      Set<WorkloadShape> ofTest = shapes.getOrDefault(test, Set.of());
      for (WorkloadShape known : ofTest) {
        shape = known.equals(shape) ? known : shape;
      }
      String name = ofTest.size() < 2 ? test : test + "(" + shape.words() + ")";
      TrialMetrics read =
          new TrialReader(name, trial, trial.outcome(), metrics).read(shape, ofTrial);
      done.put(trial.id(), shared(read));
    }

    private TrialMetrics shared(TrialMetrics read) {
      Map<String, Double> values = read.values();
      FigureValues.Ids ids =
          sharedIds.computeIfAbsent(Set.copyOf(values.keySet()), FigureValues.Ids::new);
      return new TrialMetrics(
          read.trial(),
          shared(read.test()),
          read.shape(),
          read.unitsOfWork(),
          new FigureValues(ids, values),
          sharedPrefixes.computeIfAbsent(read.countedPrefixes(), same -> same));
    }

    private String shared(String text) {
      return sharedTexts.computeIfAbsent(text, same -> same);
    }

    /// All of it.
    public RunMetrics build() {
      endTrial();
      List<TrialMetrics> trials = new ArrayList<>();
      for (Trial trial : run.trials()) {
        if (!done.containsKey(trial.id())) {
          finish(trial);
        }
        TrialMetrics figures = done.get(trial.id());
        if (figures != null) {
          trials.add(figures);
        }
      }
      return new RunMetrics(sums, metrics, trials);
    }
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
    run().environments().forEach(facts -> names.add(facts.name()));
    names.retainAll(seen);
    names.addAll(seen);
    return List.copyOf(names);
  }
}
