// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.RunSums;
import dev.trapline.analysis.SideSum;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ThreadKey;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// One side of a test, or one role of a recording, over all its traced trials.
///
/// @param unit what costs are divided by; null where the workload tells no work, or the counts are
///   not of the same work as the outcome: then costs are per second
/// @param units how many of them; 0 if there is no unit
/// @param elapsedNanos of all the trials together; null if not known
/// @param counts the sum of the trials, by threads that do the same job in each ([SideSum])
/// @param total the sum of the counts
/// @param trials traced ones that worked
/// @param uses what the role was in those trials
/// @param emulated whether it ran in an emulated guest
/// @param complete whether nothing of it is known to be lost
record Side(
    Where where,
    @Nullable UnitOfWork unit,
    double units,
    @Nullable Long elapsedNanos,
    SortedMap<Key, Count> counts,
    Count total,
    List<Trial> trials,
    List<RoleUse> uses,
    boolean emulated,
    boolean complete) {
  /// Fewer calls than this in a whole run are set-up, or cost less than a millisecond.
  static final long FEWEST_CALLS = 500;

  /// Where messages are counted, a call that comes less often than this per message is no part of
  /// the data path; the limit of [dev.trapline.analysis.Signature].
  static final double FEWEST_PER_MESSAGE = 0.05;

  /// In few messages, so many calls are still chance.
  static final long FEWEST_CALLS_WITH_MESSAGES = 100;

  /// Less of a side's work in syscalls is lost in what a run differs from the next.
  static final double LEAST_SHARE = 0.02;

  static List<Side> of(RunSums sums) {
    Map<String, Trial> trials = new HashMap<>();
    sums.run().trials().forEach(trial -> trials.putIfAbsent(trial.id(), trial));
    List<Side> sides = new ArrayList<>();
    for (SideSum sum : sums.sides()) {
      add(sides, sums.run(), trials, sum);
    }
    return sides;
  }

  private static void add(List<Side> sides, Run run, Map<String, Trial> byId, SideSum sum) {
    Where where = new Where(sum.environment(), sum.test(), sum.role());
    List<Trial> trials = new ArrayList<>();
    List<RoleUse> uses = new ArrayList<>();
    for (String id : sum.trials()) {
      Trial trial = byId.get(id);
      if (trial != null) {
        trials.add(trial);
        RoleUse use = trial.roles().get(sum.role());
        if (use != null) {
          uses.add(use);
        }
      }
    }
    if (trials.isEmpty() || sum.counts().isEmpty()) {
      return;
    }
    UnitOfWork unit = null;
    double units = 0;
    Long elapsed = 0L;
    boolean sameWork = true;
    boolean complete = run.completeness().isComplete() && sum.completeness().isComplete();
    for (Trial trial : trials) {
      elapsed =
          elapsed == null || trial.durationNanos() == null
              ? null
              : Long.valueOf(elapsed + trial.durationNanos());
      complete &= trial.completeness().isComplete();
      sameWork &=
          trial.invariants().stream()
              .noneMatch(
                  invariant -> invariant.name().startsWith(Trial.COUNTED) && !invariant.holds());
      if (trial.outcome() != null) {
        unit = trial.outcome().unitOfWork();
        units += trial.outcome().workDone();
      }
    }
    boolean divides = sameWork && unit != null && units > 0;
    sides.add(
        new Side(
            where,
            divides ? unit : null,
            divides ? units : 0,
            elapsed != null && elapsed > 0 ? elapsed : null,
            sum.counts(),
            sum.total(),
            trials,
            uses,
            where.environment() != null && run.isEmulated(where.environment()),
            complete));
  }

  /// The sum of the counts whose keys are wanted.
  Count sum(Predicate<Key> wanted) {
    return sum(counts, wanted);
  }

  static Count sum(Map<Key, Count> counts, Predicate<Key> wanted) {
    Count sum = Count.NONE;
    for (Map.Entry<Key, Count> entry : counts.entrySet()) {
      if (wanted.test(entry.getKey())) {
        sum = sum.plus(entry.getValue());
      }
    }
    return sum;
  }

  /// The wanted counts by kind of call.
  SortedMap<CallKind, Count> kinds(Predicate<Key> wanted) {
    return kinds(counts, wanted);
  }

  static SortedMap<CallKind, Count> kinds(Map<Key, Count> counts, Predicate<Key> wanted) {
    SortedMap<CallKind, Count> kinds = new TreeMap<>();
    counts.forEach((key, count) -> {
      if (wanted.test(key)) {
        kinds.merge(CallKind.of(key), count, Count::plus);
      }
    });
    return kinds;
  }

  /// What each thread did. A source that does not tell threads apart has one for all.
  SortedMap<ThreadKey, SortedMap<Key, Count>> threads() {
    SortedMap<ThreadKey, SortedMap<Key, Count>> threads = new TreeMap<>();
    counts.forEach((key, count) ->
        threads.computeIfAbsent(key.thread(), unseen -> new TreeMap<>()).put(key, count));
    return threads;
  }

  /// Whether threads are told apart.
  boolean tellsThreads() {
    return counts.keySet().stream().allMatch(key -> key.thread().tid() != ThreadKey.UNKNOWN_ID);
  }

  /// Whether the unit of work is the message.
  boolean countsMessages() {
    return unit == UnitOfWork.MESSAGE;
  }

  /// Whether so many calls are more than set-up and chance.
  boolean isDataPath(long calls) {
    return countsMessages()
        ? calls >= FEWEST_CALLS_WITH_MESSAGES && calls >= FEWEST_PER_MESSAGE * units
        : calls >= FEWEST_CALLS;
  }

  /// Their part of this side's work in syscalls; of its calls, where work is unknown.
  double share(Count part) {
    Long work = part.workNanos();
    Long all = total.workNanos();
    if (work == null || all == null) {
      return total.calls() == 0 ? 0 : (double) part.calls() / total.calls();
    }
    return all == 0 ? 0 : (double) work / all;
  }

  /// Whether so many calls, with so much of the work, are worth a finding.
  boolean matters(Count part) {
    return isDataPath(part.calls()) && share(part) >= LEAST_SHARE;
  }

  /// What figures are divided by.
  double divisor() {
    if (unit != null) {
      return units;
    }
    return elapsedNanos == null ? 1 : elapsedNanos / 1e9;
  }

  /// The unit with what it is divided by: `ns per message`; the unit alone if nothing is known to
  /// divide by.
  String per(String quantity) {
    if (unit != null) {
      return quantity + " per " + unit.label();
    }
    return elapsedNanos == null ? quantity : quantity + " per second";
  }
}
