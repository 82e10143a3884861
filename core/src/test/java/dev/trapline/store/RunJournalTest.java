// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunJournalTest {
  @TempDir Path folder;

  private static RunJournal.Plan planOf(Run run) {
    return new RunJournal.Plan(run.provenance(), run.trials().stream().map(Trial::id).toList());
  }

  private static List<RoleTally> talliesOf(Run run, Trial trial) {
    return run.tallies().stream().filter(tally -> tally.trial().equals(trial.id())).toList();
  }

  /// A random run as a campaign would have left it: tallies in the order of their trials, and
  /// completeness summed up.
  private static Run run(long seed) {
    Run random = new RandomRuns(seed).run();
    List<RoleTally> tallies = new ArrayList<>();
    dev.trapline.tally.Completeness sum = dev.trapline.tally.Completeness.COMPLETE;
    List<Trial> trials = new ArrayList<>();
    int order = 0;
    for (Trial trial : random.trials()) {
      order++;
      trials.add(
          new Trial(
              "t" + order,
              trial.environment(),
              trial.test(),
              trial.repeat(),
              order,
              trial.traced(),
              trial.startedAt(),
              trial.durationNanos(),
              trial.outcome(),
              trial.failure(),
              trial.roles(),
              trial.completeness(),
              trial.kernelActivity(),
              trial.machine(),
              trial.invariants()));
      sum = sum.plus(trial.completeness());
      for (RoleTally tally : new RandomRuns(100 * seed + order).tallies(2, 5)) {
        tallies.add(
            new RoleTally(
                "t" + order,
                tally.environment(),
                tally.test(),
                tally.node(),
                tally.role(),
                tally.tally()));
      }
    }
    return new Run(random.provenance(), sum, trials, tallies, random.environments());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aRunKeptTrialByTrialIsTheOneThatIsReadBack(long seed) {
    Run run = run(seed);
    Path directory = folder.resolve("run");
    RunDirectory output = RunDirectory.create(directory);
    try (RunJournal journal = RunJournal.begin(output, planOf(run))) {
      for (Trial trial : run.trials()) {
        journal.keep(trial, talliesOf(run, trial));
      }
      journal.finish(
          run.provenance(),
          run.environments(),
          stored -> {
            assertThat(whole(stored)).isEqualTo(run);
            assertThat(directory.resolve("run.json")).doesNotExist();
          });
    }
    assertThat(RunDirectory.read(directory)).isEqualTo(run);
    assertThat(whole(RunDirectory.open(directory))).isEqualTo(run);
    assertThat(directory.resolve("plan.json")).doesNotExist();
    assertThat(directory.resolve("trials")).doesNotExist();
  }

  @Test
  void aRunThatCannotBeMadeWholeSaysHowToGoOnWithIt() {
    Run run = run(3);
    Path directory = folder.resolve("run");
    try (RunJournal journal = RunJournal.begin(RunDirectory.create(directory), planOf(run))) {
      journal.keep(run.trials().getFirst(), talliesOf(run, run.trials().getFirst()));
      TraplineException failure =
          catchThrowableOfType(
              TraplineException.class,
              () ->
                  journal.finish(
                      run.provenance(),
                      run.environments(),
                      stored -> {
                        throw StoreFailure.notWritten(
                            directory.resolve("report.md"), new IOException("the disk is full"));
                      }));
      assertThat(failure).isNotNull();
      assertThat(failure.rendered())
          .contains("error[RUN-NOT-WRITTEN]", "the disk is full", "every trial that ended is kept")
          .endsWith("bench --resume " + directory);
    }
    assertThat(RunJournal.isResumable(directory)).isTrue();
  }

  private static Run whole(StoredRun stored) {
    List<RoleTally> tallies = new ArrayList<>();
    stored.tallies().forEach(tallies::add);
    Run run = stored.run();
    assertThat(run.tallies()).isEmpty();
    return new Run(run.provenance(), run.completeness(), run.trials(), tallies, run.environments());
  }

  @Test
  void whatIsKeptSurvivesItsProcessAndTheRestOfAnUnfinishedTrialIsNotTakenForOne()
      throws IOException {
    Run run = run(7);
    Path directory = folder.resolve("run");
    Trial first = run.trials().getFirst();
    try (RunJournal journal = RunJournal.begin(RunDirectory.create(directory), planOf(run))) {
      journal.keep(first, talliesOf(run, first));
      journal.warn("somebody was busy");
      journal.warn("somebody was busy");
      journal.warn("and the clock was set");
    }
    Files.writeString(directory.resolve("trials/.000002-t2.json.partial"), "{\"schema\":");
    Files.writeString(directory.resolve("trials/000002-t2.parquet"), "cut");
    assertThat(unfinished(directory).rendered())
        .startsWith("error[RUN-UNFINISHED]")
        .endsWith("hint: trapline bench --resume " + directory);
    try (RunJournal journal = RunJournal.resume(directory)) {
      assertThat(journal.plan()).isEqualTo(planOf(run));
      List<Trial> trials = new ArrayList<>();
      journal.forEachTrial(trials::add);
      assertThat(trials).containsExactly(first);
      assertThat(journal.warnings()).containsExactly("somebody was busy", "and the clock was set");
    }
  }

  private static TraplineException unfinished(Path directory) {
    TraplineException failure =
        catchThrowableOfType(TraplineException.class, () -> RunDirectory.read(directory));
    assertThat(failure).isNotNull();
    return failure;
  }

  private static String code(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    TraplineException failure = catchThrowableOfType(TraplineException.class, call);
    assertThat(failure).isNotNull();
    return failure.code();
  }

  @Test
  void onlyOneHasItAtATime() {
    Run run = run(1);
    Path directory = folder.resolve("run");
    try (RunJournal first = RunJournal.begin(RunDirectory.create(directory), planOf(run))) {
      assertThat(first.plan().trials()).isNotNull();
      assertThat(code(() -> RunJournal.resume(directory))).isEqualTo("RUN-BUSY");
    }
    RunJournal.resume(directory).close();
  }

  @Test
  void whatCannotBeResumedIsToldApart() throws IOException {
    assertThat(code(() -> RunJournal.resume(folder.resolve("none")))).isEqualTo("RUN-NOT-FOUND");
    Path early = folder.resolve("early");
    RunDirectory.create(early);
    assertThat(code(() -> RunJournal.resume(early))).isEqualTo("RUN-UNFINISHED");
    Run run = run(2);
    Path whole = folder.resolve("whole");
    RunDirectory.create(whole).write(run);
    assertThat(code(() -> RunJournal.resume(whole))).isEqualTo("RUN-FINISHED");
    Path damaged = folder.resolve("damaged");
    RunJournal.begin(RunDirectory.create(damaged), planOf(run)).close();
    Files.writeString(damaged.resolve("plan.json"), "{}");
    assertThat(code(() -> RunJournal.resume(damaged))).isEqualTo("RUN-CORRUPT");
  }
}
