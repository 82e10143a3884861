// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Tallies;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The tallies of a run, summed by side over the trials that worked: all that a report has of
/// counts but for the figures of single trials, which are
/// [`RunMetrics`](dev.trapline.metric.RunMetrics). Tallies are taken in one at a time and not kept,
/// so that a run of any number of trials takes the room of one. Not thread-safe.
///
/// A trial works if it has an outcome, or is one of a recording, which has none.
public final class RunSums {
  private record Side(String environment, @Nullable String test, String role) {}

  /// The sum of one side so far.
  private static final class Growing {
    private final SortedMap<Key, Count> counts = new TreeMap<>();
    private final List<String> trials = new ArrayList<>();
    private final SideSum.Jobs jobs = new SideSum.Jobs();
    private Completeness completeness = Completeness.COMPLETE;

    void add(RoleTally tally, Trial trial) {
      Map<Integer, String> kinds = new HashMap<>();
      RoleUse use = trial.roles().get(tally.role());
      if (use != null && use.vmm() != null) {
        use.vmm().threads().forEach(thread -> kinds.put(thread.tid(), thread.kind().label()));
      }
      SideSum.Jobs.OfTrial ofTrial = jobs.ofTrial(kinds);
      tally
          .tally()
          .counts()
          .forEach((key, count) -> counts.merge(ofTrial.inSum(key), count, Count::plus));
      completeness = completeness.plus(tally.tally().completeness());
      trials.add(tally.trial());
    }

    SideSum sum(Side side) {
      return new SideSum(
          side.environment(),
          side.test(),
          side.role(),
          Collections.unmodifiableSortedMap(counts),
          completeness,
          Collections.unmodifiableList(trials),
          Collections.unmodifiableMap(jobs.kinds()));
    }
  }

  private final Run run;
  private final Map<String, Trial> trials = new HashMap<>();
  private final Map<Side, Growing> sides = new LinkedHashMap<>();
  private final SortedSet<String> syscalls = new TreeSet<>();

  /// Of no tally yet.
  ///
  /// @param run whose own tallies are not looked at
  public RunSums(Run run) {
    this.run = run;
    run.trials().forEach(trial -> trials.putIfAbsent(trial.id(), trial));
  }

  /// Of a run with its tallies.
  public static RunSums of(Run run) {
    RunSums sums = new RunSums(run);
    run.tallies().forEach(sums::add);
    return sums;
  }

  /// Of a run whose tallies pass by once.
  public static RunSums of(Run run, Tallies tallies) {
    RunSums sums = new RunSums(run);
    tallies.forEach(sums::add);
    return sums;
  }

  /// Takes one in.
  public void add(RoleTally tally) {
    for (Key key : tally.tally().counts().keySet()) {
      syscalls.add(key.syscall());
    }
    Trial trial = trials.get(tally.trial());
    if (trial != null && (trial.test() == null || trial.outcome() != null)) {
      sides
          .computeIfAbsent(
              new Side(tally.environment(), tally.test(), tally.role()), unseen -> new Growing())
          .add(tally, trial);
    }
  }

  /// The run, for its trials and provenance.
  public Run run() {
    return run;
  }

  /// Of every side that has a tally of a trial that worked, in the order of the first.
  public List<SideSum> sides() {
    List<SideSum> sums = new ArrayList<>();
    sides.forEach((side, growing) -> sums.add(growing.sum(side)));
    return sums;
  }

  /// Of one side; empty if nothing of it was counted.
  public Optional<SideSum> side(String environment, @Nullable String test, String role) {
    Side side = new Side(environment, test, role);
    return Optional.ofNullable(sides.get(side)).map(growing -> growing.sum(side));
  }

  /// The names of all syscalls of all tallies, of trials that failed too.
  public SortedSet<String> syscalls() {
    return Collections.unmodifiableSortedSet(syscalls);
  }
}
