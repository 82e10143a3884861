// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.calibration.CalibrationStore;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.report.ImportReport;
import dev.trapline.report.RunReport;
import dev.trapline.report.TallyTable;
import dev.trapline.report.comparison.ComparisonDocument;
import dev.trapline.report.html.ReportPage;
import dev.trapline.report.json.ReportJson;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJson;
import dev.trapline.store.StoredRun;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A run's report in each of its forms, with what this machine knows besides.
final class RunReports {
  /// The page is to stay below two million bytes; a recording of a build has thousands of threads.
  private static final int MOST_EMBEDDED = 900_000;

  private static final String TOO_LARGE =
      "{\"omitted\":\"the counts are too large for a page: trapline show DIR --json has them\"}";

  private RunReports() {}

  /// With the calibration of the machine that made the run, if it is kept here.
  static RunReport of(Run run) {
    return RunReport.of(run, costs(run));
  }

  /// What calls cost here says nothing of calls that were made on nodes.
  private static @Nullable MachineCosts costs(Run run) {
    return run.provenance().settings().containsKey(BenchSetup.NODES)
        ? null
        : CalibrationStore.find(run.provenance().machine()).orElse(null);
  }

  /// Of a run on the disk. The tallies of a campaign stay there; those of an import or a recording,
  /// which is one trial, are in the run.
  static RunReport read(Path directory) {
    StoredRun stored = RunDirectory.open(directory);
    return isOfTests(stored.run()) ? of(stored) : of(RunDirectory.read(directory));
  }

  /// Of the run of a campaign, whose tallies stay on the disk.
  static RunReport of(StoredRun stored) {
    return RunReport.of(stored.run(), stored.tallies(), costs(stored.run()));
  }

  /// Everything that is in a run's directory as JSON, one tally in memory at a time.
  static void printJson(Path directory, PrintWriter out) {
    StoredRun stored = RunDirectory.open(directory);
    try {
      RunJson.writeWithTallies(stored.run(), stored.tallies(), out);
    } catch (IOException e) {
      throw new UncheckedIOException("a PrintWriter keeps its failures to itself", e);
    }
  }

  /// Whether its figures are per test; those of an import or a recording are not.
  static boolean isOfTests(RunReport report) {
    return isOfTests(report.run());
  }

  private static boolean isOfTests(Run run) {
    return run.provenance().kind().equals("bench");
  }

  /// All of it, for Markdown.
  static Document whole(RunReport report) {
    if (!isOfTests(report)) {
      return ofFiles(report.run());
    }
    Document comparison =
        report.comparison() == null
            ? new Document()
            : ComparisonDocument.part(report.comparison(), report.associations());
    return BenchReport.whole(report, comparison);
  }

  /// Of an import or a recording.
  private static Document ofFiles(Run run) {
    if (run.provenance().kind().equals("import")) {
      return ImportReport.of(run);
    }
    Tally all = Tally.EMPTY;
    for (RoleTally part : run.tallies()) {
      all = all.plus(part.tally());
    }
    all = new Tally(all.counts(), run.completeness());
    Document document = new Document();
    document.add(
        new Document.Heading(
            1, "Trapline record: " + String.join(" ", run.provenance().commandLine())));
    document.addAll(TallyTable.render(all, TallyTable.Grouping.SYSCALL, null));
    for (TallyTable.Grouping grouping : TallyTable.Grouping.values()) {
      if (grouping != TallyTable.Grouping.SYSCALL) {
        document.add(new Document.Heading(2, "By " + grouping.label()));
        document.addAll(TallyTable.render(all, grouping, null));
      }
    }
    return document;
  }

  /// One page.
  static String page(RunReport report) {
    if (!isOfTests(report)) {
      String json = RunJson.withTallies(report.run());
      return ReportPage.of(
          report, ofFiles(report.run()), json.length() > MOST_EMBEDDED ? TOO_LARGE : json);
    }
    return ReportPage.of(report, ReportJson.of(report));
  }
}
