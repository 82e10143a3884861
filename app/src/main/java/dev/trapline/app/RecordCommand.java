// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.finding.Finding;
import dev.trapline.finding.Findings;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Interrupts;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.MachineFacts;
import dev.trapline.host.MachineSample;
import dev.trapline.report.Document;
import dev.trapline.report.FindingsDocument;
import dev.trapline.report.KernelWords;
import dev.trapline.report.TallyTable;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJson;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline record`: the everyday tool. The table goes to standard error when a COMMAND's own
/// output has standard output, as with `strace -c`.
@Command(
    name = "record",
    description = {
      "Counts the syscalls of a command, of running processes, of a cgroup or of the whole machine,"
          + " and says where their time went. Ends with the command, after -d seconds, or at ^C."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class RecordCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(3);
  private static final long POLL_MILLIS = 20;
  private static final double LONGEST_SECONDS = 365 * 86_400.0;
  private static final String COMMAND_ROLE = "command";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-p", "--pid"},
      paramLabel = "PID",
      split = ",",
      description = "Running processes, with all their threads and later children.")
  private List<Integer> pids = new ArrayList<>();

  @Option(names = "--cgroup", paramLabel = "PATH", description = "Every task in a cgroup (v2).")
  private @Nullable Path cgroup;

  @Option(names = "--all", description = "Every task of the machine, but not trapline itself.")
  private boolean all;

  @Option(
      names = {"-d", "--duration"},
      paramLabel = "SECONDS",
      description = "Stop after so long; a COMMAND is ended then.")
  private @Nullable Double seconds;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Keep the run in this directory, for show, explain --run and others.")
  private @Nullable Path directory;

  @Option(
      names = "--by",
      defaultValue = "SYSCALL",
      paramLabel = "WHAT",
      description = "thread, process, syscall, category or object (default: syscall).")
  private TallyTable.Grouping grouping = TallyTable.Grouping.SYSCALL;

  @Mixin private CaptureOptions captureOptions = new CaptureOptions();

  @Option(names = "--json", description = "As JSON (schema trapline.run/1) instead of a table.")
  private boolean json;

  @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "The command to run.")
  private List<String> command = new ArrayList<>();

  private final Semaphore interrupts = new Semaphore(0);

  @Override
  public Integer call() throws InterruptedException {
    CaptureTarget target = target();
    checkDuration();
    CaptureChooser.Chosen chosen = CaptureChooser.choose(captureOptions.source(), target);
    RunDirectory output = directory == null ? null : RunDirectory.create(directory);
    PrintWriter err = spec.commandLine().getErr();
    if (!chosen.source().name().equals("ebpf")) {
      err.println("trapline: capture by " + chosen.reason());
    }
    Interrupts.onInterrupt(interrupts::release);
    Instant startedAt = Instant.now();
    MachineSample before = MachineSample.take();
    long elapsedNanos;
    CaptureResult result;
    RoleUse use = null;
    int exitCode = Main.DONE;
    try (Capture running = chosen.start(target, captureOptions.level())) {
      long start = System.nanoTime();
      if (command.isEmpty()) {
        err.println("trapline: counting; ^C ends it" + (seconds == null ? "" : " early"));
        awaitStop();
      } else {
        ChildProcess child = running.launch(Launch.foreground(command), COMMAND_ROLE);
        LibC.Ended ended = awaitChild(child);
        exitCode = ChildProcess.exitCode(ended);
        use =
            new RoleUse(
                "local",
                command,
                exitCode,
                ended.cpuNanos(),
                ended.voluntarySwitches(),
                ended.involuntarySwitches());
      }
      elapsedNanos = System.nanoTime() - start;
      result = running.stop();
    }
    Run run = run(chosen, result, use, startedAt, elapsedNanos, before);
    PrintWriter to = command.isEmpty() ? spec.commandLine().getOut() : err;
    print(to, run, result, elapsedNanos, chosen);
    if (output != null) {
      output.write(run);
      err.println("trapline: kept in " + directory);
    }
    return exitCode;
  }

  private CaptureTarget target() {
    int targets =
        (pids.isEmpty() ? 0 : 1)
            + (cgroup == null ? 0 : 1)
            + (all ? 1 : 0)
            + (command.isEmpty() ? 0 : 1);
    if (targets != 1) {
      throw new ParameterException(
          spec.commandLine(),
          "record needs one target: a COMMAND after --, or -p PID, or --cgroup PATH, or --all");
    }
    if (!pids.isEmpty()) {
      return new CaptureTarget.Processes(new TreeSet<>(pids));
    }
    if (cgroup != null) {
      return new CaptureTarget.Cgroup(cgroup);
    }
    return all ? new CaptureTarget.Everything() : new CaptureTarget.Launched();
  }

  private void checkDuration() {
    // Written so that NaN is refused as well.
    if (seconds != null && !(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      throw new ParameterException(
          spec.commandLine(),
          "--duration is " + seconds + "; it must be more than 0 and at most a year of seconds");
    }
  }

  /// Waits for the child, the time limit, or ^C; a child that is still there then is ended.
  private LibC.Ended awaitChild(ChildProcess child) throws InterruptedException {
    long deadline = deadline();
    while (System.nanoTime() < deadline) {
      Optional<LibC.Ended> ended = child.await(Duration.ofMillis(POLL_MILLIS));
      if (ended.isPresent()) {
        return ended.get();
      }
      if (interrupts.tryAcquire()) {
        return endInterrupted(child);
      }
    }
    return child.end(GRACE);
  }

  /// Waits for the time limit, ^C, or the end of the processes that are watched.
  private void awaitStop() throws InterruptedException {
    long deadline = deadline();
    while (System.nanoTime() < deadline) {
      if (interrupts.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)
          || (!pids.isEmpty() && noneAlive())) {
        return;
      }
    }
  }

  private long deadline() {
    return seconds == null ? Long.MAX_VALUE : System.nanoTime() + Math.round(seconds * 1e9);
  }

  private boolean noneAlive() {
    return pids.stream().noneMatch(pid -> ProcessHandle.of(pid).isPresent());
  }

  private LibC.Ended endInterrupted(ChildProcess child) throws InterruptedException {
    if (!Interrupts.terminalReachesOurGroup()) {
      child.interrupt();
    }
    Optional<LibC.Ended> ended = child.await(GRACE);
    return ended.isPresent() ? ended.get() : child.end(GRACE);
  }

  private Run run(
      CaptureChooser.Chosen chosen,
      CaptureResult result,
      @Nullable RoleUse use,
      Instant startedAt,
      long elapsedNanos,
      MachineSample before) {
    MachineSample after = MachineSample.take();
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    if (use != null) {
      roles.put(COMMAND_ROLE, use);
    }
    Trial trial =
        new Trial(
            "record",
            "host",
            null,
            1,
            1,
            true,
            startedAt,
            elapsedNanos,
            null,
            null,
            roles,
            result.completeness(),
            result.activity(),
            MachineUse.between(before, after),
            List.of());
    List<RoleTally> tallies = new ArrayList<>();
    result
        .byRole()
        .forEach((role, tally) ->
            tallies.add(new RoleTally("record", "host", null, "local", role, tally)));
    SortedMap<String, String> settings = new TreeMap<>();
    if (seconds != null) {
      settings.put("duration-seconds", seconds.toString());
    }
    return new Run(
        new Provenance(
            "record",
            Version.NUMBER,
            spec.commandLine().getParseResult().originalArgs(),
            startedAt,
            MachineFacts.read(),
            new TreeMap<>(),
            chosen.source().name(),
            captureOptions.level().label(),
            chosen.reason(),
            chosen.source().cannotKnow(captureOptions.level()),
            null,
            null,
            settings,
            List.of(),
            List.of()),
        result.completeness(),
        List.of(trial),
        tallies);
  }

  private void print(
      PrintWriter to,
      Run run,
      CaptureResult result,
      long elapsedNanos,
      CaptureChooser.Chosen chosen) {
    if (json) {
      to.print(RunJson.withTallies(run));
      return;
    }
    Document document = TallyTable.render(result.total(), grouping, elapsedNanos);
    for (String sentence : KernelWords.about(result.activity())) {
      document.add(new Document.Paragraph(sentence));
    }
    // What throws doubt on the counts is in the table's own last lines.
    List<Finding> findings = Findings.of(run).stream().filter(finding -> !finding.doubt()).toList();
    document.addAll(
        FindingsDocument.top(
            findings,
            directory == null
                ? "record -o DIR, then findings DIR"
                : "trapline findings " + directory));
    List<String> unknown = chosen.source().cannotKnow(captureOptions.level());
    if (unknown.size() > 1) {
      document.add(new Document.Paragraph("Not known by " + chosen.source().name() + ":"));
      document.add(new Document.Bullets(unknown));
    }
    document.toTerminal().forEach(to::println);
  }
}
