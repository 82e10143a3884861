// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.association.Associations;
import dev.trapline.comparison.Comparer;
import dev.trapline.comparison.Comparer.Allowed;
import dev.trapline.comparison.Comparer.NamedRun;
import dev.trapline.comparison.Comparison;
import dev.trapline.comparison.Threshold;
import dev.trapline.metric.RunMetrics;
import dev.trapline.report.Document;
import dev.trapline.report.comparison.ComparisonDocument;
import dev.trapline.report.comparison.ComparisonJson;
import dev.trapline.report.comparison.ComparisonWords;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline compare`: environments of a run, or runs before and after a change.
@Command(
    name = "compare",
    description = {
      "Says what differs between the environments of a run, or between runs before and after a"
          + " change: by how much, how sure that is, and what explains it."
    },
    footer = {
      "",
      "  trapline compare DIR                                 environments of one run",
      "  trapline compare BEFORE AFTER --fail-if 'latency.p99 > 1.05x'",
      "",
      "Exit code 0: done; 1: a --fail-if condition is shown to hold; 2: it could not be",
      "compared or decided. Metrics and JSON are in docs/reference/compare.md."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class CompareCommand implements Callable<Integer> {
  /// What is refused unless it is asked for.
  enum Allowance {
    /// Guests emulated in software against native ones.
    EMULATED,
    /// Captures that lost something.
    INCOMPLETE
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Run directories.")
  private List<Path> directories = new ArrayList<>();

  @Option(
      names = "--baseline",
      paramLabel = "NAME",
      description = "Compare with this environment, or this run; the first unless told.")
  private @Nullable String baseline;

  @Option(
      names = "--fail-if",
      paramLabel = "CONDITION",
      description = {
        "Exit with 1 if this is shown, such as 'latency.p99 > 1.05x', 'throughput.goodput < -5%%'"
            + " or 'latency.mean > 60us'. Repeatable."
      })
  private List<String> conditions = new ArrayList<>();

  @Option(
      names = "--allow",
      paramLabel = "WHAT",
      split = ",",
      description = "emulated, incomplete: compare them nevertheless, marked.")
  private List<Allowance> allowances = new ArrayList<>();

  @Option(names = "--all", description = "Show every row.")
  private boolean all;

  @ArgGroup private Form form = new Form();

  /// At most one of them.
  static final class Form {
    @Option(names = "--json", description = "As JSON (schema trapline.compare/1).")
    private boolean json;

    @Option(names = "--markdown", description = "As Markdown.")
    private boolean markdown;
  }

  @Override
  public Integer call() {
    List<Threshold> thresholds = conditions.stream().map(Threshold::parse).toList();
    List<NamedRun> runs = directories.stream().map(CompareCommand::figures).toList();
    Allowed allowed =
        new Allowed(
            allowances.contains(Allowance.EMULATED), allowances.contains(Allowance.INCOMPLETE));
    Comparison comparison =
        runs.size() == 1
            ? Comparer.ofEnvironments(runs.getFirst(), baseline, allowed)
            : Comparer.ofRuns(
                runs, baseline == null ? null : Path.of(baseline).toString(), allowed);
    List<Threshold.Judged> judged = new ArrayList<>();
    thresholds.forEach(threshold -> judged.addAll(threshold.judge(comparison)));
    Associations associations =
        runs.size() == 1 ? Associations.of(runs.getFirst().metrics()) : null;
    PrintWriter out = spec.commandLine().getOut();
    if (form.json) {
      out.print(ComparisonJson.of(comparison, associations, judged));
    } else {
      Document document =
          ComparisonDocument.of(
              comparison, associations, judged, all ? Integer.MAX_VALUE : ComparisonDocument.ROWS);
      if (form.markdown) {
        out.print(document.toMarkdown());
      } else {
        document.toTerminal().forEach(out::println);
      }
    }
    return exitCode(judged);
  }

  private static NamedRun figures(Path directory) {
    StoredRun run = RunDirectory.open(directory);
    return new NamedRun(directory.toString(), RunMetrics.of(run.run(), run.tallies()));
  }

  private static int exitCode(List<Threshold.Judged> judged) {
    if (judged.stream().anyMatch(each -> each.outcome() == Threshold.Outcome.FAILED)) {
      return Main.THRESHOLD_FAILED;
    }
    Optional<Threshold.Judged> undecidable =
        judged.stream().filter(each -> each.outcome() == Threshold.Outcome.UNDECIDABLE).findFirst();
    if (undecidable.isPresent()) {
      throw new TraplineException(
          "COMPARE-UNDECIDABLE",
          ComparisonWords.sentence(undecidable.get()),
          undecidable.get().leastP() == null
              ? "name a metric that both sides have"
              : undecidable.get().threshold().relative()
                  ? "more trials: trapline bench --repeats 3 is the least for a factor"
                  : "more trials: trapline bench --repeats 5 is the least for a limit");
    }
    return Main.DONE;
  }
}
