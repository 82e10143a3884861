// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Trial;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Runs a campaign's trials in the order of its plan, and goes on where an earlier process was
/// broken off. Each trial is handed to the keeper before the next begins, and nothing of it stays
/// here but the one figure that the stop rule needs.
///
/// A trial whose outcome contradicts itself is run again, up to [#MOST_ATTEMPTS] times in all. Both
/// are kept; the first is set aside, as a failure that has its invariants and names its successor,
/// so that no figure is made of it. The last attempt is kept as it is: what breaks every time is a
/// finding about the machine, and the report shows it.
public final class CampaignRunner {
  /// Attempts at one planned trial.
  public static final int MOST_ATTEMPTS = 3;

  /// Begins the failure of a trial that was set aside.
  public static final String SET_ASIDE = "INVARIANT-BROKEN";

  /// A wall clock that went further from the monotonic one during a trial was set by somebody.
  private static final Duration CLOCK_JUMP = Duration.ofSeconds(2);

  private final Campaign campaign;
  private final Runner runner;
  private final Keeper keeper;
  private final Listener listener;
  private final CampaignState state;
  private int order;

  /// Runs one trial: [TrialRunner], with a place to run in.
  @FunctionalInterface
  public interface Runner {
    /// @param order position in the run, from 1
    /// @param raw an existing folder for what the tools print
    /// @throws InterruptedException after everything that was started has been ended
    TrialRunner.Finished run(Campaign.PlannedTrial planned, int order, Path raw)
        throws InterruptedException;
  }

  /// Where trials go as they end.
  public interface Keeper {
    /// The folder for what the tools of a trial print.
    Path rawFolder(String trialId);

    /// The trial is safe when this returns.
    void keep(Trial trial, List<RoleTally> tallies);

    /// Something that the reader of the run should know, and that is of no trial alone.
    void warn(String line);
  }

  /// Is told how it goes.
  public interface Listener {
    /// A trial begins.
    void starting(Campaign.PlannedTrial planned, String id);

    /// It has ended, and is kept.
    void ended(Trial trial);

    /// It is not run: enough is known.
    void passedOver(Campaign.PlannedTrial planned);

    /// Something in one line.
    void told(String line);
  }

  /// @param before trials of an earlier process; asked for once
  public CampaignRunner(
      Campaign campaign, CampaignState before, Runner runner, Keeper keeper, Listener listener) {
    this.campaign = campaign;
    this.runner = runner;
    this.keeper = keeper;
    this.listener = listener;
    this.state = before;
    this.order = before.trials();
  }

  /// Runs what is left.
  ///
  /// @throws InterruptedException after the trial in flight has been ended; it is lost
  /// @throws TraplineException if trials can no longer be kept
  public void run() throws InterruptedException {
    warmUp();
    boolean first = true;
    for (Campaign.PlannedTrial planned : campaign.plan()) {
      if (state.isDone(planned)) {
        continue;
      }
      if (state.isStopped(planned)) {
        listener.passedOver(planned);
        continue;
      }
      if (!first && campaign.coolDownMillis() > 0) {
        Thread.sleep(Duration.ofMillis(campaign.coolDownMillis()));
      }
      first = false;
      attempts(planned);
    }
  }

  /// Each test once in each environment, in an order of its own. Nothing of it is kept: it fills
  /// caches and wakes up what sleeps.
  private void warmUp() throws InterruptedException {
    if (campaign.warmUpSeconds() == 0) {
      return;
    }
    List<Campaign.PlannedTrial> warmUps = new ArrayList<>(campaign.warmUps());
    warmUps.removeIf(state::isOver);
    Collections.shuffle(warmUps, new Random(campaign.seed()));
    for (Campaign.PlannedTrial planned : warmUps) {
      listener.starting(planned, planned.id());
      listener.ended(runner.run(planned, 0, keeper.rawFolder(planned.id())).trial());
    }
  }

  private void attempts(Campaign.PlannedTrial planned) throws InterruptedException {
    for (int attempt = state.attempts(planned) + 1; attempt <= MOST_ATTEMPTS; attempt++) {
      Campaign.PlannedTrial tried = planned.attempt(attempt);
      listener.starting(planned, tried.id());
      Instant wallBefore = Instant.now();
      long before = System.nanoTime();
      order++;
      TrialRunner.Finished finished = runner.run(tried, order, keeper.rawFolder(tried.id()));
      tellClockJump(tried.id(), wallBefore, System.nanoTime() - before);
      finished.remarks().forEach(this::tell);
      Trial trial = finished.trial();
      @Nullable String broken = attempt == MOST_ATTEMPTS ? null : broken(trial);
      if (broken != null) {
        trial = setAside(trial, broken, planned.attempt(attempt + 1).id());
      }
      keeper.keep(trial, finished.tallies());
      state.add(trial);
      listener.ended(trial);
      if (broken == null) {
        return;
      }
    }
  }

  private static @Nullable String broken(Trial trial) {
    Outcome outcome = trial.outcome();
    if (outcome == null) {
      return null;
    }
    for (InvariantResult invariant : trial.invariants()) {
      if (!invariant.holds()) {
        return invariant.name() + ": " + invariant.detail();
      }
    }
    return null;
  }

  private static Trial setAside(Trial trial, String broken, String successor) {
    return new Trial(
        trial.id(),
        trial.environment(),
        trial.test(),
        trial.repeat(),
        trial.order(),
        trial.traced(),
        trial.startedAt(),
        trial.durationNanos(),
        null,
        SET_ASIDE + ": " + broken + "; in no figure, repeated as " + successor,
        trial.roles(),
        trial.completeness(),
        trial.kernelActivity(),
        trial.machine(),
        trial.invariants());
  }

  /// Durations are of the monotonic clock, so they stay right; instants do not.
  private void tellClockJump(String id, Instant wallBefore, long nanos) {
    Duration jump = Duration.between(wallBefore, Instant.now()).minusNanos(nanos);
    if (jump.abs().compareTo(CLOCK_JUMP) > 0) {
      String line =
          String.format(
              Locale.ROOT,
              "the clock was set %s by %d s during %s: times of day before and after do not compare",
              jump.isNegative() ? "back" : "forward",
              jump.abs().toSeconds(),
              id);
      tell(line);
    }
  }

  private void tell(String line) {
    keeper.warn(line);
    listener.told(line);
  }
}
