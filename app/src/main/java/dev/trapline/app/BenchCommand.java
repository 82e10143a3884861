// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CpuSets;
import dev.trapline.campaign.TrialRunner;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.environment.Environment;
import dev.trapline.environment.Site;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.host.Interrupts;
import dev.trapline.host.Lease;
import dev.trapline.host.MachineFacts;
import dev.trapline.host.ProcFs;
import dev.trapline.host.Tool;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.report.RunReport;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJson;
import dev.trapline.tally.Completeness;
import dev.trapline.workload.Workload;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `trapline bench`: the built-in campaign, from nothing to an explained report.
@Command(
    name = "bench",
    description = {
      "Runs iperf3 and sockperf between two nodes, traced and untraced in turn, and explains what"
          + " every message and every GiB costs in syscalls."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
  private static final DateTimeFormatter FOLDER_NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /// Runnable tasks of others, as a load average.
  private static final double BUSY_LOAD = 0.5;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--preset",
      defaultValue = "QUICK",
      paramLabel = "NAME",
      description =
          "quick: 3 traced and 3 control trials of 3 s for each test; study: 5 and 5 of 30 s"
              + " (default: quick).")
  private Campaign.Preset preset = Campaign.Preset.QUICK;

  @Option(
      names = "--environment",
      split = ",",
      paramLabel = "NAME",
      description =
          "netns, loopback, kvm, kvm-vhost, microvm, firecracker; several are run in turn (default:"
              + " netns as root, else loopback).")
  private List<String> environments = new ArrayList<>();

  @Option(names = "--duration", paramLabel = "SECONDS", description = "Of traffic in each trial.")
  private @Nullable Integer duration;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      description = "Traced trials of each test, and as many controls.")
  private @Nullable Integer repeats;

  @Option(
      names = "--cpus",
      defaultValue = "split",
      paramLabel = "SETS",
      description =
          "split: each side has half of the CPUs; any: the scheduler chooses; or SERVER:CLIENT, such"
              + " as 0-3:4-7 (default: split).")
  private String cpus = "split";

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the order of trials (default: chosen, and recorded).")
  private @Nullable Long seed;

  @Mixin private MachineOptions machineOptions = new MachineOptions();

  @Mixin private CaptureOptions captureOptions = new CaptureOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "The run directory (default: trapline-runs/TIME-PRESET here).")
  private @Nullable Path directory;

  @Option(names = "--json", description = "Print the run as JSON (schema trapline.run/1).")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    Instant startedAt = Instant.now();
    checkRanges();
    EnvironmentChooser.Chosen places = chosenEnvironments();
    CaptureChooser.Chosen chosen =
        CaptureChooser.choose(captureOptions.source(), target(places.environments()));
    int seconds = duration == null ? preset.durationSeconds() : duration;
    int times = repeats == null ? preset.repeats() : repeats;
    Campaign campaign =
        new Campaign(
            preset.label(),
            places.environments(),
            Campaign.studyWorkloads(seconds),
            times,
            times,
            seconds,
            seed == null ? startedAt.toEpochMilli() % 1_000_000 : seed,
            CpuSets.of(cpus));
    SortedMap<String, String> tools = toolVersions(campaign);
    Optional<String> busy = busyMachine();
    Path folder =
        directory == null
            ? Path.of("trapline-runs", FOLDER_NAME.format(startedAt) + "-" + preset.label())
            : directory;
    RunDirectory output = RunDirectory.create(folder);
    Thread main = Thread.currentThread();
    // The first signal ends the trials. Later ones wait for the clean-up, which they would cut
    // short; and once all is measured there is nothing left to give up.
    AtomicBoolean interruptible = new AtomicBoolean(true);
    Interrupts.onInterrupt(() -> {
      if (interruptible.getAndSet(false)) {
        main.interrupt();
      }
    });
    Results results;
    try (Lease lease = Lease.take(Lease.defaultFolder())) {
      results = runAll(campaign, chosen, lease, output, err);
      if (!interruptible.getAndSet(false)) {
        // A signal came just now: its interrupt has reached this thread, or is about to.
        Thread.sleep(Duration.ofSeconds(1));
      }
    } catch (InterruptedException interruption) {
      throw new TraplineException(
          "INTERRUPTED",
          "stopped by a signal; " + folder + " has raw output of the trials that ran, and no run.",
          "start again: trapline bench --seed " + campaign.seed());
    }
    Run run =
        new Run(
            provenance(campaign, chosen, startedAt, tools, warnings(busy, results)),
            results.completeness(),
            results.trials,
            results.tallies,
            facts(places));
    RunReport report = RunReports.of(run);
    output.writeReport(RunReports.whole(report).toMarkdown());
    output.write(run);
    ReportFile.replace(folder.resolve(ReportCommand.PAGE), RunReports.page(report));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(RunJson.withTallies(run));
    } else {
      BenchReport.of(report).toTerminal().forEach(out::println);
      out.println();
      out.println("Kept in " + folder + ": run.json, tallies.parquet, raw/, report.md");
      out.println("Open in a browser, or send: " + folder.resolve(ReportCommand.PAGE));
      out.println("Look closer: trapline show " + folder + " --by object");
    }
    return !places.skipped().isEmpty()
            || results.trials.stream().anyMatch(trial -> trial.outcome() == null)
        ? Main.COULD_NOT
        : Main.DONE;
  }

  private static List<String> warnings(Optional<String> busy, Results results) {
    List<String> warnings = new ArrayList<>();
    busy.ifPresent(warnings::add);
    if (results.mostOthers > 0) {
      warnings.add(
          results.mostOthers
              + " other trapline bench ran on this machine at the same time: figures disturbed");
    }
    return warnings;
  }

  private void checkRanges() {
    if (duration != null && (duration < 1 || duration > 3600)) {
      throw new TraplineException(
          "USAGE", "--duration is " + duration + "; it must be from 1 to 3600 s.", "--duration 3");
    }
    if (repeats != null && (repeats < 1 || repeats > 100)) {
      throw new TraplineException(
          "USAGE", "--repeats is " + repeats + "; it must be from 1 to 100.", "--repeats 3");
    }
  }

  /// Others' work disturbs every figure; half a CPU's worth of it is worth a word.
  private static Optional<String> busyMachine() {
    String load = ProcFs.read("loadavg").orElse("0").split(" ", -1)[0];
    int machineCpus = Runtime.getRuntime().availableProcessors();
    return Double.parseDouble(load) > BUSY_LOAD
        ? Optional.of(
            "the machine was busy before the first trial (load average "
                + load
                + " on "
                + machineCpus
                + " CPUs): figures are disturbed")
        : Optional.empty();
  }

  private EnvironmentChooser.Chosen chosenEnvironments() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    EnvironmentChooser chooser =
        new EnvironmentChooser(
            machineOptions,
            words -> {
              new Document()
                  .add(new Document.Paragraph("trapline: " + words))
                  .toTerminal()
                  .forEach(err::println);
              err.flush();
            });
    if (!environments.isEmpty()) {
      return chooser.choose(environments);
    }
    Optional<String> obstacle = new Environment.NetnsPair().unavailable();
    obstacle.ifPresent(reason -> err.println("trapline: using loopback, since " + reason));
    return chooser.choose(List.of(obstacle.isEmpty() ? "netns" : "loopback"));
  }

  /// Monitors stand before a trial begins; everything else is launched in it.
  private static CaptureTarget target(List<Environment> places) {
    return places.stream().anyMatch(VmEnvironment.class::isInstance)
        ? new CaptureTarget.Roles(new TreeMap<>())
        : new CaptureTarget.Launched();
  }

  private static List<EnvironmentFacts> facts(EnvironmentChooser.Chosen places) {
    List<EnvironmentFacts> facts =
        new ArrayList<>(places.environments().stream().map(EnvironmentChooser::facts).toList());
    facts.addAll(places.skipped());
    return facts;
  }

  private static SortedMap<String, String> toolVersions(Campaign campaign) {
    SortedMap<String, String> versions = new TreeMap<>();
    for (Workload workload : campaign.workloads()) {
      String output = Tool.run(List.of(workload.requiredTool(), "--version")).output();
      versions.put(workload.requiredTool(), output.lines().findFirst().orElse("unknown").strip());
    }
    return versions;
  }

  /// What has been measured so far.
  private static final class Results {
    private final List<Trial> trials = new ArrayList<>();
    private final List<RoleTally> tallies = new ArrayList<>();
    private int mostOthers;

    private Completeness completeness() {
      Completeness sum = Completeness.COMPLETE;
      for (Trial trial : trials) {
        sum = sum.plus(trial.completeness());
      }
      return sum;
    }
  }

  private Results runAll(
      Campaign campaign,
      CaptureChooser.Chosen chosen,
      Lease lease,
      RunDirectory output,
      PrintWriter err)
      throws InterruptedException {
    Results results = new Results();
    TrialRunner runner =
        new TrialRunner(
            target -> chosen.start(target, captureOptions.level()), lease.id(), campaign);
    List<Campaign.PlannedTrial> plan = campaign.plan();
    Progress progress = new Progress(err, plan.size(), campaign.durationSeconds());
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
      for (Campaign.PlannedTrial planned : plan) {
        progress.starting(planned.id());
        TrialRunner.Finished finished =
            runner.run(
                withPort(planned),
                results.trials.size() + 1,
                Objects.requireNonNull(places.get(planned.environment())),
                output.rawFolder(planned.id()));
        // Looked at after each: another may start when this one is under way.
        results.mostOthers =
            Math.max(results.mostOthers, Lease.othersRunning(Lease.defaultFolder(), lease));
        results.trials.add(finished.trial());
        results.tallies.addAll(finished.tallies());
        progress.finished(finished.trial());
      }
    } finally {
      places.values().forEach(Environment.Prepared::close);
    }
    progress.done();
    return results;
  }

  /// In a namespace of our own the tools' own ports are free; on loopback a free one is found.
  private static Campaign.PlannedTrial withPort(Campaign.PlannedTrial planned) {
    if (!(planned.environment() instanceof Environment.Loopback)) {
      return planned;
    }
    Workload workload = planned.workload().onPort(freePort());
    return new Campaign.PlannedTrial(
        planned.id(), planned.environment(), workload, planned.repeat(), planned.traced());
  }

  private static int freePort() {
    // Free for TCP and UDP alike; somebody may still take it before the server does, which the
    // server then says.
    try (ServerSocket tcp = new ServerSocket(0);
        DatagramSocket udp = new DatagramSocket(tcp.getLocalPort())) {
      return udp.getLocalPort();
    } catch (IOException taken) {
      throw new TraplineException(
          "PORT", "no free port was found: " + taken.getMessage() + ".", "run it again", taken);
    }
  }

  private Provenance provenance(
      Campaign campaign,
      CaptureChooser.Chosen chosen,
      Instant startedAt,
      SortedMap<String, String> tools,
      List<String> warnings) {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("duration-seconds", Integer.toString(campaign.durationSeconds()));
    settings.put("repeats", Integer.toString(campaign.repeats()));
    settings.put("controls", Integer.toString(campaign.controls()));
    settings.put("cpus", campaign.cpus().toString());
    settings.put(
        "environments",
        String.join("+", campaign.environments().stream().map(Environment::name).toList()));
    return new Provenance(
        "bench",
        Version.NUMBER,
        spec.commandLine().getParseResult().originalArgs(),
        startedAt,
        MachineFacts.read(),
        tools,
        chosen.source().name(),
        captureOptions.level().label(),
        chosen.reason(),
        chosen.source().cannotKnow(captureOptions.level()),
        campaign.name(),
        campaign.seed(),
        settings,
        warnings,
        List.of());
  }
}
