// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.imported.Imported;
import dev.trapline.imported.Importer;
import dev.trapline.imported.Labels;
import dev.trapline.intake.strace.table.StraceTableReader;
import dev.trapline.report.ImportReport;
import dev.trapline.run.Provenance;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJson;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline import`: what others captured, as a run.
@Command(
    name = "import",
    description = {
      "Reads what other tools printed, as one run: strace logs and -c tables, perf trace, perf"
          + " script, bpftrace maps, iperf3 and sockperf. Formats are told by content; .gz, .zst"
          + " and .xz are read as they are."
    },
    footer = {
      "",
      "All files are of one trial unless labels say otherwise. A LABEL holds for",
      "all files (--test latency) or for one (--role server=srv.strace).",
      "",
      "  trapline import srv.strace cli.strace client.json \\",
      "    --role server=srv.strace --role client=cli.strace -o run",
      "  strace -f -T -yy -o /dev/stdout curl -s URL | trapline import -"
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "What a tool printed; - is standard input.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Keep the run in this directory, for show, audit, report and others.")
  private @Nullable Path directory;

  @Option(
      names = "--role",
      paramLabel = "LABEL",
      description = "Which side the counts are of: server, client, or any name.")
  private List<String> roles = new ArrayList<>();

  @Option(
      names = "--environment",
      paramLabel = "LABEL",
      description = "Where it ran, such as kvm-vhost (default: imported).")
  private List<String> environments = new ArrayList<>();

  @Option(
      names = "--test",
      paramLabel = "LABEL",
      description = "throughput, latency or any name (default: by the outcome).")
  private List<String> tests = new ArrayList<>();

  @Option(
      names = "--trial",
      paramLabel = "LABEL",
      description = "Which trial, if the files are of several.")
  private List<String> trials = new ArrayList<>();

  @Option(
      names = "--wall",
      description = "Tables of strace -c are of strace -c -w: their times are wall time.")
  private boolean wall;

  @Option(names = "--json", description = "As JSON (schema trapline.run/1) instead of a report.")
  private boolean json;

  @Override
  public Integer call() {
    Labels roleLabels = Labels.parse("--role", roles, files);
    Labels environmentLabels = Labels.parse("--environment", environments, files);
    Labels testLabels = Labels.parse("--test", tests, files);
    Labels trialLabels = Labels.parse("--trial", trials, files);
    Set<String> all = new LinkedHashSet<>(files);
    for (Labels labels : List.of(roleLabels, environmentLabels, testLabels, trialLabels)) {
      all.addAll(labels.byFile().keySet());
    }
    if (all.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "import needs a FILE, or - for standard input");
    }
    PrintWriter err = spec.commandLine().getErr();
    if (directory != null) {
      RunDirectory.checkFree(directory);
    }
    Imported imported;
    try (ReadingProgress progress = new ReadingProgress(err)) {
      imported =
          new Importer(
                  roleLabels,
                  environmentLabels,
                  testLabels,
                  trialLabels,
                  wall ? StraceTableReader.Clock.WALL : StraceTableReader.Clock.UNKNOWN)
              .read(List.copyOf(all), Main::standardInput, progress);
    }
    Run run = run(imported);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(RunJson.withTallies(run));
    } else {
      ImportReport.of(run).toTerminal().forEach(out::println);
    }
    if (directory != null) {
      RunDirectory output = RunDirectory.create(directory);
      output.writeReport(ImportReport.of(run).toMarkdown());
      output.write(run);
      err.println("trapline: kept in " + directory);
    }
    return Main.DONE;
  }

  private Run run(Imported imported) {
    return new Run(
        new Provenance(
            "import",
            Version.NUMBER,
            spec.commandLine().getParseResult().originalArgs(),
            imported.startedAt(),
            // The files do not tell of the machine, and ours need not be theirs.
            new TreeMap<>(),
            imported.tools(),
            imported.captureSource(),
            "imported",
            "read from files of others",
            imported.cannotKnow(),
            null,
            null,
            new TreeMap<>(),
            imported.warnings(),
            imported.sources()),
        imported.completeness(),
        imported.trials(),
        imported.tallies());
  }
}
