// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.report.Document;
import dev.trapline.report.study.StudyReport;
import dev.trapline.store.RunDirectory;
import dev.trapline.study.Study;
import dev.trapline.study.StudyOfRun;
import dev.trapline.study.StudyYaml;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
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
      "Writes the document of a study, every syscall explained with what was counted where, of run"
          + " directories and of studies' YAML files."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class ReportCommand implements Callable<Integer> {
  /// What kind of document.
  enum Format {
    /// A study's own kind: syscall by syscall.
    STUDY
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Run directories, study files.")
  private List<Path> paths = new ArrayList<>();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "STUDY",
      description = "study, the only one so far.")
  private Format format = Format.STUDY;

  @Option(names = "--markdown", description = "As Markdown instead of lines for the terminal.")
  private boolean markdown;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write Markdown to this file, which must not exist.")
  private @Nullable Path output;

  @Override
  public Integer call() {
    List<Study> studies = paths.stream().map(ReportCommand::study).toList();
    Document document =
        switch (format) {
          case STUDY -> StudyReport.of(studies);
        };
    PrintWriter out = spec.commandLine().getOut();
    if (output != null) {
      write(output, document.toMarkdown());
      spec.commandLine().getErr().println("trapline: written to " + output);
    } else if (markdown) {
      out.print(document.toMarkdown());
    } else {
      document.toTerminal().forEach(out::println);
    }
    return Main.DONE;
  }

  /// A directory is a run of ours, a file somebody's study.
  private static Study study(Path path) {
    return Files.isDirectory(path)
        ? StudyOfRun.of(RunDirectory.read(path), path.toString())
        : StudyYaml.read(path);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException failure) {
      throw new TraplineException(
          "REPORT-NOT-WRITTEN",
          "cannot write "
              + file
              + ": "
              + failure.getClass().getSimpleName()
              + "; no report was written.",
          "choose a file that does not exist in a folder that does",
          failure);
    }
  }
}
