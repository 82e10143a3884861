// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.analysis.RunSums;
import dev.trapline.finding.Finding;
import dev.trapline.finding.FindingCatalogue;
import dev.trapline.finding.Findings;
import dev.trapline.report.Document;
import dev.trapline.report.FindingsDocument;
import dev.trapline.report.FindingsJson;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline findings`: what a run shows that should be changed or doubted.
@Command(
    name = "findings",
    description = {
      "Says what a run shows that should be changed or doubted: evidence, how sure it is, advice,"
          + " an estimate of what it saves, and how to verify it."
    },
    footer = {
      "",
      "Exit code 0: done; 1: one of the findings of --fail-on is there; 2: could not.",
      "Each finding is explained in docs/reference/findings.md."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class FindingsCommand implements Callable<Integer> {
  private static final String ANY = "any";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "RUN", description = "The run directory.")
  private Path directory = Path.of(".");

  @ArgGroup private Form form = new Form();

  @Option(
      names = "--fail-on",
      paramLabel = "ID",
      split = ",",
      description = "End with 1 if one of these is found; any for all of them.")
  private List<String> failOn = new ArrayList<>();

  /// At most one of them.
  static final class Form {
    @Option(names = "--json", description = "As JSON (schema trapline.findings/1).")
    private boolean json;

    @Option(names = "--markdown", description = "As Markdown.")
    private boolean markdown;
  }

  @Override
  public Integer call() {
    for (String id : failOn) {
      if (!id.equals(ANY) && FindingCatalogue.rule(id).isEmpty()) {
        throw new ParameterException(
            spec.commandLine(),
            "there is no finding '" + id + "'; docs/reference/findings.md has them all");
      }
    }
    StoredRun run = RunDirectory.open(directory);
    List<Finding> findings = Findings.of(RunSums.of(run.run(), run.tallies()));
    PrintWriter out = spec.commandLine().getOut();
    if (form.json) {
      out.print(FindingsJson.of(findings));
    } else {
      Document document = FindingsDocument.of(findings);
      if (form.markdown) {
        out.print(document.toMarkdown());
      } else {
        document.toTerminal().forEach(out::println);
      }
    }
    boolean failed =
        findings.stream()
            .anyMatch(finding -> failOn.contains(finding.id()) || failOn.contains(ANY));
    return failed ? Main.THRESHOLD_FAILED : Main.DONE;
  }
}
