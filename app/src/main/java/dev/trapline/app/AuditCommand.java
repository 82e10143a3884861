// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.audit.Audit;
import dev.trapline.audit.AuditReport;
import dev.trapline.report.AuditDocument;
import dev.trapline.report.AuditJson;
import dev.trapline.report.Document;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import dev.trapline.study.Study;
import dev.trapline.study.StudyOfRun;
import dev.trapline.study.StudyYaml;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline audit`: whether a study's figures agree with each other and with what it claims.
@Command(
    name = "audit",
    description = {
      "Checks a published study, or a run of your own: do its figures agree with each other, and"
          + " do they show what it claims?"
    },
    footer = {
      "",
      "Exit code 0: no claim is wrong; 1: at least one is; 2: it could not be read.",
      "The format of a study is in docs/reference/study.md."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class AuditCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "STUDY", description = "A study's YAML file, or a run directory.")
  private Path path = Path.of(".");

  @ArgGroup private Form form = new Form();

  /// At most one of them.
  static final class Form {
    @Option(names = "--json", description = "As JSON (schema trapline.audit/1).")
    private boolean json;

    @Option(names = "--markdown", description = "As Markdown.")
    private boolean markdown;
  }

  @Override
  public Integer call() {
    Study study;
    AuditReport report;
    if (Files.isDirectory(path)) {
      Run run = RunDirectory.read(path);
      study = StudyOfRun.of(run, path.toString());
      report = Audit.of(study, run);
    } else {
      study = StudyYaml.read(path);
      report = Audit.of(study);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (form.json) {
      out.print(AuditJson.of(report, study));
    } else {
      Document document = AuditDocument.of(report, study);
      if (form.markdown) {
        out.print(document.toMarkdown());
      } else {
        document.toTerminal().forEach(out::println);
      }
    }
    return report.hasWrongClaim() ? Main.THRESHOLD_FAILED : Main.DONE;
  }
}
