// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.report.Document;
import dev.trapline.report.RunReport;
import dev.trapline.report.csv.ReportCsv;
import dev.trapline.report.json.ReportJson;
import dev.trapline.report.study.StudyReport;
import dev.trapline.store.RunDirectory;
import dev.trapline.study.Study;
import dev.trapline.study.StudyOfRun;
import dev.trapline.study.StudyYaml;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline report`: documents made of runs and of studies.
@Command(
    name = "report",
    description = {
      "Writes the report of a run: one page of HTML to open and to send, Markdown, JSON, CSV; or,"
          + " of runs and of studies' YAML files, the study's own kind of document, every syscall"
          + " explained with what was counted where."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class ReportCommand implements Callable<Integer> {
  /// The page beside the run's other files.
  static final String PAGE = "report.html";

  private static final Path STANDARD_OUTPUT = Path.of("-");

  /// What kind of document.
  enum Format {
    /// One self-contained page.
    HTML,
    MD,
    JSON,
    CSV,
    /// A study's own kind: syscall by syscall.
    STUDY;

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Run directories; for study also study files.")
  private List<Path> paths = new ArrayList<>();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "html (default), md, json (schema trapline.report/1), csv, or study (default for a study's"
              + " file).")
  private @Nullable Format format;

  @Option(names = "--markdown", description = "With study: Markdown instead of terminal lines.")
  private boolean markdown;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "Write to this file, which must not exist; - for standard output. Without it html goes to"
              + " RUN/report.html, everything else to standard output.")
  private @Nullable Path output;

  @Override
  public Integer call() {
    switch (format == null ? usualFormat() : format) {
      case HTML -> pages();
      case MD -> deliver(documents());
      case JSON -> deliver(ReportJson.of(ofTests(onlyReport(Format.JSON), Format.JSON)));
      case CSV -> deliver(rows());
      case STUDY -> study();
    }
    return Main.DONE;
  }

  private Format usualFormat() {
    return paths.stream().anyMatch(Files::isRegularFile) ? Format.STUDY : Format.HTML;
  }

  // ---- reports of runs -----------------------------------------------------------------

  private void pages() {
    if (output != null) {
      deliver(RunReports.page(onlyReport(Format.HTML)));
      return;
    }
    for (Path path : paths) {
      Path file = path.resolve(PAGE);
      ReportFile.replace(file, RunReports.page(report(path)));
      spec.commandLine().getOut().println(file);
    }
  }

  private String documents() {
    StringBuilder text = new StringBuilder();
    for (Path path : paths) {
      text.append(RunReports.whole(report(path)).toMarkdown());
    }
    return text.toString();
  }

  private String rows() {
    StringBuilder text = new StringBuilder(ReportCsv.header());
    for (Path path : paths) {
      text.append(ReportCsv.rows(path.toString(), ofTests(report(path), Format.CSV)));
    }
    return text.toString();
  }

  /// What is per unit of work needs a test that did the work.
  private static RunReport ofTests(RunReport report, Format wanted) {
    if (!RunReports.isOfTests(report)) {
      throw new TraplineException(
          "USAGE",
          "this run is of trapline "
              + report.run().provenance().kind()
              + ", and "
              + wanted.label()
              + " reports are of trapline bench; nothing was written.",
          "its counts as JSON: trapline show DIR --json");
    }
    return report;
  }

  private RunReport onlyReport(Format wanted) {
    if (paths.size() > 1) {
      throw new TraplineException(
          "USAGE",
          paths.size()
              + " runs were given, and one "
              + wanted.label()
              + " document is of one run; nothing was written.",
          "trapline report RUN --format " + wanted.label() + " -o FILE, once for each");
    }
    return report(paths.getFirst());
  }

  private static RunReport report(Path path) {
    if (Files.isRegularFile(path)) {
      throw new TraplineException(
          "USAGE",
          path + " is a file, and this report is made of a run's directory; nothing was written.",
          "trapline report " + path + " --format study");
    }
    return RunReports.read(path);
  }

  /// To where the user said.
  private void deliver(String text) {
    if (output == null || output.equals(STANDARD_OUTPUT)) {
      spec.commandLine().getOut().print(text);
    } else {
      ReportFile.create(output, text);
      spec.commandLine().getErr().println("trapline: written to " + output);
    }
  }

  // ---- studies -------------------------------------------------------------------------

  private void study() {
    Document document = StudyReport.of(paths.stream().map(ReportCommand::study).toList());
    PrintWriter out = spec.commandLine().getOut();
    if (output != null || markdown) {
      deliver(document.toMarkdown());
    } else {
      document.toTerminal().forEach(out::println);
    }
  }

  /// A directory is a run of ours, a file somebody's study.
  private static Study study(Path path) {
    return Files.isDirectory(path)
        ? StudyOfRun.of(RunDirectory.read(path), path.toString())
        : StudyYaml.read(path);
  }
}
