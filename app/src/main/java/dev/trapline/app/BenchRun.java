// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CampaignRunner;
import dev.trapline.campaign.CampaignState;
import dev.trapline.campaign.TrialRunner;
import dev.trapline.environment.Environment;
import dev.trapline.environment.Site;
import dev.trapline.host.Interrupts;
import dev.trapline.host.Lease;
import dev.trapline.report.RunReport;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJournal;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/// Makes a run: the trials that are left, then the report, then `run.json`.
final class BenchRun {
  private static final int HIGHEST_PORT = 65_535;
  private static final int TRIES = 100;

  private final BenchSetup setup;
  private final RunJournal journal;
  private final Provenance provenance;
  private final CampaignState state;
  private final Progress progress;
  private final int ownAgents;
  private int mostOthers;

  /// A whole run.
  ///
  /// @param missing planned trials without a result that no rule passed over
  record Completed(RunReport report, List<String> missing) {}

  /// @param journal with the trials of earlier processes
  /// @param provenance without warnings
  /// @param live whether standard error may be drawn on
  BenchRun(
      BenchSetup setup, RunJournal journal, Provenance provenance, PrintWriter err, boolean live) {
    this.setup = setup;
    this.journal = journal;
    this.provenance = provenance;
    // An agent of ours on this machine holds a lease too.
    ownAgents = setup.hosts() == null ? 0 : setup.hosts().onThisMachine();
    state = new CampaignState(setup.campaign());
    progress = new Progress(err, setup.campaign(), setup.campaign().plan().size(), live);
    journal.forEachTrial(trial -> {
      state.add(trial);
      progress.resumed(trial);
    });
    if (state.trials() > 0) {
      progress.tellResumed(state.trials());
    }
  }

  /// @throws TraplineException `INTERRUPTED` after a signal, with nothing left but the trials that
  ///   ended, to go on with
  Completed run() throws InterruptedException {
    Thread main = Thread.currentThread();
    // The first signal ends the trials. Later ones wait for the clean-up, which they would cut
    // short; and once all is measured there is nothing left to give up.
    AtomicBoolean interruptible = new AtomicBoolean(true);
    Interrupts.onInterrupt(() -> {
      if (interruptible.getAndSet(false)) {
        main.interrupt();
      }
    });
    Path folder = journal.directory().path();
    try (Lease lease = Lease.take(Lease.defaultFolder())) {
      runTrials(lease);
      if (!interruptible.getAndSet(false)) {
        // A signal came just now: its interrupt has reached this thread, or is about to.
        Thread.sleep(Duration.ofSeconds(1));
      }
    } catch (InterruptedException interruption) {
      progress.brokenOff();
      throw new TraplineException(
          "INTERRUPTED",
          "stopped by a signal; "
              + folder
              + " keeps the "
              + state.trials()
              + " of "
              + setup.campaign().plan().size()
              + " trials that ended, and is no whole run.",
          "go on: trapline bench --resume " + folder);
    }
    return finish();
  }

  private Completed finish() {
    List<EnvironmentFacts> facts = setup.environmentFacts();
    Provenance whole = withWarnings();
    AtomicReference<RunReport> made = new AtomicReference<>();
    journal.finish(
        whole,
        facts,
        stored -> {
          RunReport report = RunReports.of(stored);
          journal.directory().writeReport(RunReports.whole(report).toMarkdown());
          made.set(report);
        });
    RunReport report = Objects.requireNonNull(made.get());
    ReportFile.replace(
        journal.directory().path().resolve(ReportCommand.PAGE), RunReports.page(report));
    return new Completed(report, state.missing(setup.campaign().plan()));
  }

  private Provenance withWarnings() {
    Set<String> warnings = new LinkedHashSet<>(journal.warnings());
    disturbances().ifPresent(warnings::add);
    if (mostOthers > 0) {
      warnings.add(
          mostOthers
              + " other trapline bench ran on this machine at the same time: figures disturbed");
    }
    return new Provenance(
        provenance.kind(),
        provenance.traplineVersion(),
        provenance.commandLine(),
        provenance.startedAt(),
        provenance.machine(),
        provenance.tools(),
        provenance.captureSource(),
        provenance.captureLevel(),
        provenance.captureReason(),
        provenance.cannotKnow(),
        provenance.campaign(),
        provenance.seed(),
        provenance.settings(),
        new ArrayList<>(warnings),
        provenance.sources());
  }

  /// How many trials something disturbed, and which one most.
  private Optional<String> disturbances() {
    int[] disturbed = {0};
    Trial[] worst = new Trial[1];
    journal.forEachTrial(trial -> {
      if (Disturbance.isDisturbed(trial)) {
        disturbed[0]++;
        if (worst[0] == null || Disturbance.others(trial) > Disturbance.others(worst[0])) {
          worst[0] = trial;
        }
      }
    });
    return worst[0] == null
        ? Optional.empty()
        : Disturbance.of(worst[0])
            .map(clause ->
                disturbed[0]
                    + " of "
                    + state.trials()
                    + " trials were disturbed, most "
                    + worst[0].id()
                    + ": "
                    + clause);
  }

  private void runTrials(Lease lease) throws InterruptedException {
    Campaign campaign = setup.campaign();
    if (state.missing(campaign.plan()).isEmpty()) {
      return;
    }
    RunDirectory output = journal.directory();
    TrialRunner runner =
        new TrialRunner(
            new TrialRunner.Counting(
                target -> setup.capture().start(target, setup.level()),
                setup.capture().source().name(),
                setup.level()),
            lease.id(),
            campaign);
    Map<Environment, Environment.Prepared> places = new LinkedHashMap<>();
    try {
      // All of them stand at once, so that trials alternate between environments too.
      for (Environment environment : campaign.environments()) {
        places.put(
            environment,
            environment.prepare(
                new Site(
                    lease,
                    output.rawFolder(environment.name()),
                    campaign.cpus().server(),
                    campaign.cpus().client())));
      }
      new CampaignRunner(
              campaign,
              state,
              (planned, order, raw) ->
                  runner.run(
                      withPort(planned),
                      order,
                      Objects.requireNonNull(places.get(planned.environment())),
                      raw),
              new Keeper(lease),
              progress)
          .run();
    } finally {
      places.values().forEach(Environment.Prepared::close);
    }
    progress.done();
  }

  private final class Keeper implements CampaignRunner.Keeper {
    private final Lease lease;

    Keeper(Lease lease) {
      this.lease = lease;
    }

    @Override
    public Path rawFolder(String trialId) {
      return journal.directory().rawFolder(trialId);
    }

    @Override
    public void keep(Trial trial, List<RoleTally> tallies) {
      journal.keep(trial, tallies);
      // Looked at after each: another may start when this one is under way.
      mostOthers =
          Math.max(mostOthers, Lease.othersRunning(Lease.defaultFolder(), lease) - ownAgents);
    }

    @Override
    public void warn(String line) {
      journal.warn(line);
    }
  }

  /// In a namespace of our own the tools' own ports are free; on loopback free ones are found.
  private static Campaign.PlannedTrial withPort(Campaign.PlannedTrial planned) {
    return planned.environment() instanceof Environment.Loopback
        ? planned.with(planned.workload().onPort(freePort(planned.test().clients())))
        : planned;
  }

  /// The first of so many ports in a row that are free for TCP and UDP alike; somebody may still
  /// take one before the server does, which the server then says.
  private static int freePort(int inARow) {
    IOException last = null;
    for (int attempt = 0; attempt < TRIES; attempt++) {
      try {
        int port = anyPort();
        if (port + inARow - 1 <= HIGHEST_PORT && areFree(port, inARow)) {
          return port;
        }
      } catch (IOException taken) {
        last = taken;
      }
    }
    throw new TraplineException(
        "PORT",
        "no "
            + (inARow == 1 ? "free port was" : inARow + " free ports in a row were")
            + " found"
            + (last == null ? "" : ": " + last.getMessage())
            + ".",
        "run it again",
        last);
  }

  private static int anyPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean areFree(int port, int inARow) {
    for (int number = port; number < port + inARow; number++) {
      try (ServerSocket tcp = new ServerSocket(number);
          DatagramSocket udp = new DatagramSocket(number)) {
        if (tcp.getLocalPort() != udp.getLocalPort()) {
          return false;
        }
      } catch (IOException taken) {
        return false;
      }
    }
    return true;
  }
}
