// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.finding.Findings;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.report.FindingsDocument;
import dev.trapline.report.ImportReport;
import dev.trapline.report.Printable;
import dev.trapline.report.TallyTable;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.StoredRun;
import dev.trapline.tally.Tally;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline show`: a run again, from its directory.
@Command(
    name = "show",
    description = "Shows a run that was kept: its report, its tables, or all of it as JSON.",
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class ShowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The run directory.")
  private Path directory = Path.of(".");

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      description = "Tables by thread, process, syscall, category or object.")
  private TallyTable.@Nullable Grouping grouping;

  @Option(names = "--json", description = "As JSON (schema trapline.run/1).")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      RunReports.printJson(directory, out);
      return Main.DONE;
    }
    StoredRun stored = RunDirectory.open(directory);
    String kind = stored.run().provenance().kind();
    if (kind.equals("bench") && grouping == null) {
      BenchReport.of(RunReports.of(stored), "trapline findings " + directory)
          .toTerminal()
          .forEach(out::println);
      return Main.DONE;
    }
    Run run = RunDirectory.read(directory);
    if (kind.equals("import") && grouping == null) {
      ImportReport.of(run).toTerminal().forEach(out::println);
      return Main.DONE;
    }
    boolean isBench = !kind.equals("record");
    TallyTable.Grouping by = grouping == null ? TallyTable.Grouping.SYSCALL : grouping;
    for (var part : parts(run).entrySet()) {
      if (isBench) {
        out.println(Printable.terminal(part.getKey()));
      }
      Tally tally =
          isBench ? part.getValue() : new Tally(part.getValue().counts(), run.completeness());
      Document table = TallyTable.render(tally, by, isBench ? null : elapsedNanos(run));
      table.toTerminal().forEach(out::println);
      if (isBench) {
        out.println();
      }
    }
    if (!isBench) {
      FindingsDocument.top(Findings.of(run), "trapline findings " + directory)
          .toTerminal()
          .forEach(out::println);
    }
    return Main.DONE;
  }

  /// One table for each side of each test, over all its trials.
  private static SortedMap<String, Tally> parts(Run run) {
    SortedMap<String, Tally> parts = new TreeMap<>();
    for (RoleTally tally : run.tallies()) {
      String name =
          tally.test() == null
              ? tally.environment()
              : tally.test() + " in " + tally.environment() + ", " + tally.role();
      parts.merge(name, tally.tally(), Tally::plus);
    }
    return parts;
  }

  private static @Nullable Long elapsedNanos(Run run) {
    long sum = 0;
    for (Trial trial : run.trials()) {
      if (trial.durationNanos() == null) {
        return null;
      }
      sum += trial.durationNanos();
    }
    return sum;
  }
}
