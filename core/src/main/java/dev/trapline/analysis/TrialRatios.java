// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import dev.trapline.tally.Tally;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What one trial's counts may be divided by. Within one trial counts and outcome are of the same
/// work; figures from different trials are never divided by each other, however alike they look.
///
/// @param trial the trial
/// @param roles the sides with counts, per unit of work; empty if the ratio is refused or there are
///   no counts
/// @param refusal why nothing is divided, in a sentence; null if it is
public record TrialRatios(Trial trial, List<RoleAnalysis> roles, @Nullable String refusal) {
  /// Keeps a copy.
  public TrialRatios {
    roles = List.copyOf(roles);
  }

  /// Of one trial of a run.
  public static TrialRatios of(Run run, Trial trial) {
    List<RoleTally> tallies =
        run.tallies().stream().filter(tally -> tally.trial().equals(trial.id())).toList();
    Optional<String> refusal = refusal(run, trial, tallies);
    if (refusal.isPresent() || tallies.isEmpty()) {
      return new TrialRatios(trial, List.of(), refusal.orElse(null));
    }
    boolean unitIsMessage =
        trial.outcome() != null && trial.outcome().unitOfWork() == UnitOfWork.MESSAGE;
    List<RoleAnalysis> roles = new ArrayList<>();
    for (String role :
        new TreeSet<>(tallies.stream().map(RoleTally::role).toList()).descendingSet()) {
      roles.add(
          RoleAnalysis.of(role, List.of(trial), List.of(), kinds(tallies, role), unitIsMessage));
    }
    return new TrialRatios(trial, roles, null);
  }

  private static SortedMap<CallKind, Count> kinds(List<RoleTally> tallies, String role) {
    Tally sum = Tally.EMPTY;
    for (RoleTally tally : tallies) {
      if (tally.role().equals(role)) {
        sum = sum.plus(tally.tally());
      }
    }
    return sum.groupedBy(CallKind::of);
  }

  private static Optional<String> refusal(Run run, Trial trial, List<RoleTally> tallies) {
    if (tallies.isEmpty()) {
      return Optional.empty();
    }
    if (trial.outcome() == null) {
      List<String> others =
          run.trials().stream().filter(other -> other.outcome() != null).map(Trial::id).toList();
      return Optional.of(
          others.isEmpty()
              ? "Calls per message or per GiB are refused: no outcome of this trial was given."
              : "Calls per message or per GiB are refused: the counts are of trial "
                  + trial.id()
                  + ", the outcome of trial "
                  + String.join(", ", others)
                  + ", and figures of different trials are not divided by each other.");
    }
    if (!(trial.outcome().workDone() > 0)) {
      return Optional.of(
          "Calls per " + trial.outcome().unitOfWork().label() + " are refused: none was done.");
    }
    if (trial.outcome() instanceof Throughput throughput && throughput.partial()) {
      return Optional.of(
          "Calls per GiB are refused: the outcome is of a part of the run, and the counts need not"
              + " be of the same.");
    }
    for (InvariantResult invariant : trial.invariants()) {
      if (invariant.name().startsWith(Trial.COUNTED) && !invariant.holds()) {
        return Optional.of(
            "Calls per "
                + trial.outcome().unitOfWork().label()
                + " are refused: counts and outcome are not of the same work ("
                + invariant.detail()
                + ").");
      }
    }
    return Optional.empty();
  }
}
