// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.app.hosts.CampaignHosts;
import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CpuSets;
import dev.trapline.campaign.file.CampaignEnvironment;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.environment.Environment;
import dev.trapline.host.ProcFs;
import dev.trapline.host.Terminal;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJournal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
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
  /// The verb.
  static final String NAME = "bench";

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

  @Option(
      names = "--campaign",
      paramLabel = "FILE",
      description = "Run the campaign of this file (see trapline campaign) instead of a preset.")
  private @Nullable Path campaignFile;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with a run that was broken off, with its own plan and seed.")
  private @Nullable Path resumed;

  @Option(
      names = "--plain",
      description = "One line per trial on standard error, on a terminal too.")
  private boolean plain;

  @Option(names = "--json", description = "Print the run as JSON (schema trapline.run/1).")
  private boolean json;

  private @Nullable Path made;

  /// The campaign's file as it was read before, instead of [#campaignFile].
  private @Nullable String campaignText;

  /// Other machines that the campaign's file names, and the ways there; null until they are needed.
  private @Nullable CampaignHosts hosts;

  private @Nullable NodeConnections connections;

  @Override
  public Integer call() throws InterruptedException {
    try {
      return resumed == null ? begin() : goOn(resumed);
    } finally {
      closeHosts();
    }
  }

  private void closeHosts() {
    if (hosts != null) {
      hosts.close();
    }
    if (connections != null) {
      connections.close();
    }
  }

  private Integer begin() throws InterruptedException {
    Instant startedAt = Instant.now();
    BenchSetup setup = setup(startedAt.toEpochMilli() % 1_000_000);
    Provenance provenance = provenance(setup, startedAt);
    String name = setup.campaign().name();
    Path folder =
        directory == null
            ? Path.of("trapline-runs", FOLDER_NAME.format(startedAt) + "-" + name)
            : directory;
    RunDirectory output = RunDirectory.create(folder);
    try (RunJournal journal =
        RunJournal.begin(output, new RunJournal.Plan(provenance, setup.trialIds()))) {
      busyMachine().ifPresent(journal::warn);
      for (String remark : setup.remarks()) {
        journal.warn(remark);
        say(remark);
      }
      return run(setup, journal, provenance);
    }
  }

  private int run(BenchSetup setup, RunJournal journal, Provenance provenance)
      throws InterruptedException {
    made = journal.directory().path();
    PrintWriter err = spec.commandLine().getErr();
    boolean live = !plain && !json && Terminal.isStandardErrorDrawable();
    BenchRun.Completed completed;
    try {
      completed = new BenchRun(setup, journal, provenance, err, live).run();
    } finally {
      if (connections != null) {
        connections.keepLogs(journal.directory());
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    Path folder = journal.directory().path();
    if (json) {
      RunReports.printJson(folder, out);
    } else {
      BenchReport.of(completed.report(), "trapline findings " + folder)
          .toTerminal()
          .forEach(out::println);
      out.println();
      out.println("Kept in " + folder + ":");
      out.println("  run.json, tallies.parquet, raw/, report.md");
      out.println("Open in a browser, or send: " + folder.resolve(ReportCommand.PAGE));
      out.println("Look closer: trapline show " + folder + " --by object");
    }
    if (completed.report().run().trials().stream().allMatch(trial -> trial.outcome() == null)) {
      return Main.COULD_NOT;
    }
    return completed.missing().isEmpty() && setup.skipped().isEmpty()
        ? Main.DONE
        : Main.THRESHOLD_FAILED;
  }

  // ---- going on, and doing again -------------------------------------------------------

  private int goOn(Path folder) throws InterruptedException {
    refuseOthers("--resume", List.of("--resume", "--json", "--plain"));
    try (RunJournal journal = RunJournal.resume(folder)) {
      Provenance before = journal.plan().provenance();
      BenchCommand again = again(before);
      return goOn(folder, journal, again);
    }
  }

  private int goOn(Path folder, RunJournal journal, BenchCommand again)
      throws InterruptedException {
    Provenance before = journal.plan().provenance();
    try {
      BenchSetup setup = again.setup(0);
      Provenance now = again.provenance(setup, before.startedAt());
      List<String> changes = new ArrayList<>(CampaignChanges.between(before, now));
      if (!setup.trialIds().equals(journal.plan().trials())) {
        changes.add("the plan has other trials");
      }
      if (!changes.isEmpty()) {
        throw new TraplineException(
            "CAMPAIGN-CHANGED",
            "the run in "
                + folder
                + " cannot go on here, since figures of one run must be of one machine: "
                + String.join("; ", changes)
                + ".",
            "bring that back, or start anew: trapline bench");
      }
      return again.run(setup, journal, before);
    } finally {
      again.closeHosts();
    }
  }

  private BenchCommand again(Provenance before) {
    BenchCommand again = again(before, spec.commandLine().getOut(), spec.commandLine().getErr());
    again.json = json;
    again.plain = plain;
    return again;
  }

  /// The command that made a run, to be run once more, with its seed and its campaign's file.
  ///
  /// @param before of a run of this verb
  static BenchCommand again(Provenance before, PrintWriter out, PrintWriter err) {
    BenchCommand again = new BenchCommand();
    List<String> words = new ArrayList<>(before.commandLine());
    if (!words.isEmpty() && words.getFirst().equals(NAME)) {
      words.removeFirst();
    }
    new CommandLine(again)
        .setOut(out)
        .setErr(err)
        .setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(words.toArray(String[]::new));
    again.seed = before.seed();
    again.json = false;
    again.directory = null;
    again.resumed = null;
    again.campaignText = before.settings().get(BenchSetup.CAMPAIGN_FILE);
    return again;
  }

  /// Where the run goes, and whether it is told in lines.
  void into(@Nullable Path folder, boolean inLines) {
    directory = folder;
    plain = inLines;
  }

  /// The directory of the run that this made.
  Path made() {
    return Objects.requireNonNull(made);
  }

  private void refuseOthers(String option, List<String> allowed) {
    for (CommandLine.Model.ArgSpec given : spec.commandLine().getParseResult().matchedArgs()) {
      if (given instanceof CommandLine.Model.OptionSpec other
          && !allowed.contains(other.longestName())) {
        throw new TraplineException(
            "USAGE",
            other.longestName() + " does not go with " + option + ", which has its own.",
            "leave one of them out");
      }
    }
  }

  // ---- what is to be done --------------------------------------------------------------

  /// @param usualSeed where none is given
  private BenchSetup setup(long usualSeed) throws InterruptedException {
    checkRanges();
    if (campaignFile != null || campaignText != null) {
      refuseOthers(
          "--campaign",
          List.of("--campaign", "--seed", "--capture", "--level", "--output", "--plain", "--json"));
      return setupOfFile(usualSeed);
    }
    int seconds = duration == null ? preset.durationSeconds() : duration;
    int times = repeats == null ? preset.repeats() : repeats;
    EnvironmentChooser.Chosen places = chosenEnvironments();
    Campaign campaign =
        new Campaign(
            preset.label(),
            places.environments(),
            Campaign.studyWorkloads(seconds),
            times,
            times,
            seconds,
            seed == null ? usualSeed : seed,
            CpuSets.of(cpus));
    return BenchSetup.of(
        campaign, places.skipped(), captureOptions.source(), captureOptions.level(), null, null);
  }

  private BenchSetup setupOfFile(long usualSeed) throws InterruptedException {
    List<String> kinds = CampaignCommand.environmentKinds();
    CampaignFile file =
        campaignText == null
            ? CampaignFile.read(Objects.requireNonNull(campaignFile), kinds)
            : CampaignFile.parse(campaignText, String.valueOf(campaignFile), kinds);
    long usual = file.seed() == null ? usualSeed : file.seed();
    EnvironmentChooser.Chosen places = environmentsOf(file);
    Campaign campaign =
        new Campaign(
            file.name(),
            places.environments(),
            file.tests(),
            file.repeats(),
            file.controls(),
            seed == null ? usual : seed,
            CpuSets.of(file.cpus()),
            file.warmUpSeconds(),
            file.coolDownMillis(),
            file.stop());
    CommandLine.ParseResult given = spec.commandLine().getParseResult();
    return BenchSetup.of(
        campaign,
        places.skipped(),
        given.hasMatchedOption("--capture") ? captureOptions.source() : file.captureSource(),
        given.hasMatchedOption("--level")
            ? captureOptions.level()
            : CaptureLevel.valueOf(file.captureLevel().toUpperCase(Locale.ROOT)),
        hosts,
        file.text());
  }

  /// Each with machines of its own options. What cannot be had here is skipped, unless that is all.
  private EnvironmentChooser.Chosen environmentsOf(CampaignFile file) throws InterruptedException {
    List<Environment> usable = new ArrayList<>();
    List<EnvironmentFacts> skipped = new ArrayList<>();
    TraplineException first = null;
    for (CampaignEnvironment environment : file.environments()) {
      if (environment.kind().equals(CampaignEnvironment.HOSTS)) {
        try {
          NodeConnections ways = new NodeConnections();
          connections = ways;
          CampaignHosts reached =
              CampaignHosts.reach(file, environment, CaptureChooser.SOURCES, ways::open, this::say);
          hosts = reached;
          usable.add(reached.environment());
        } catch (TraplineException obstacle) {
          first = first == null ? obstacle : first;
          skipped.add(skipped(CampaignEnvironment.HOSTS, hostsDescription(environment), obstacle));
          say("skipping hosts: " + obstacle.getMessage());
        }
        continue;
      }
      EnvironmentChooser chooser = chooser(machineOptions(environment));
      try {
        usable.addAll(chooser.choose(List.of(environment.kind())).environments());
      } catch (TraplineException obstacle) {
        first = first == null ? obstacle : first;
        Environment missing = chooser.named(environment.kind());
        skipped.add(
            new EnvironmentFacts(
                missing.name(),
                missing.description(),
                missing.emulated(),
                obstacle.getMessage() + " " + obstacle.remedy(),
                missing.settings()));
        say("skipping " + missing.name() + ": " + obstacle.getMessage());
      }
    }
    if (usable.isEmpty() && first != null) {
      throw first;
    }
    return new EnvironmentChooser.Chosen(usable, skipped);
  }

  private static String hostsDescription(CampaignEnvironment environment) {
    return "machines that are there already: server "
        + environment.server()
        + ", clients "
        + String.join(", ", environment.clients());
  }

  private static EnvironmentFacts skipped(
      String name, String description, TraplineException obstacle) {
    return new EnvironmentFacts(
        name, description, false, obstacle.getMessage() + " " + obstacle.remedy(), new TreeMap<>());
  }

  private static MachineOptions machineOptions(CampaignEnvironment environment) {
    List<String> words = new ArrayList<>();
    environment.options().forEach((name, value) -> words.addAll(List.of("--" + name, value)));
    try {
      return CommandLine.populateCommand(new MachineOptions(), words.toArray(String[]::new));
    } catch (CommandLine.ParameterException misuse) {
      throw new TraplineException(
          "USAGE",
          "the environment "
              + environment.kind()
              + " of the campaign: "
              + misuse.getMessage()
              + ".",
          "trapline bench --help has the options of machines");
    }
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
    EnvironmentChooser chooser = chooser(machineOptions);
    if (!environments.isEmpty()) {
      return chooser.choose(environments);
    }
    Optional<String> obstacle = new Environment.NetnsPair().unavailable();
    obstacle.ifPresent(reason -> say("using loopback, since " + reason));
    return chooser.choose(List.of(obstacle.isEmpty() ? "netns" : "loopback"));
  }

  private EnvironmentChooser chooser(MachineOptions options) {
    return new EnvironmentChooser(options, this::say);
  }

  private void say(String words) {
    PrintWriter err = spec.commandLine().getErr();
    new Document()
        .add(new Document.Paragraph("trapline: " + words))
        .toTerminal()
        .forEach(err::println);
    err.flush();
  }

  private Provenance provenance(BenchSetup setup, @Nullable Instant startedAt) {
    List<String> words = new ArrayList<>(spec.commandLine().getParseResult().originalArgs());
    if (words.isEmpty() || !words.getFirst().equals(NAME)) {
      words.addFirst(NAME);
    }
    return new Provenance(
        NAME,
        Version.NUMBER,
        words,
        startedAt,
        setup.machine(),
        setup.tools(),
        setup.capture().source().name(),
        setup.level().label(),
        setup.capture().reason(),
        setup.capture().source().cannotKnow(setup.level()),
        setup.campaign().name(),
        setup.campaign().seed(),
        setup.settings(),
        List.of(),
        List.of());
  }
}
