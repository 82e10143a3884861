// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.calibration.CalibrationStore;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.report.RunReport;
import dev.trapline.report.comparison.ComparisonDocument;
import dev.trapline.report.html.ReportPage;
import dev.trapline.report.json.ReportJson;
import dev.trapline.run.Run;

/// A run's report in each of its forms, with what this machine knows besides.
final class RunReports {
  private RunReports() {}

  /// With the calibration of the machine that made the run, if it is kept here.
  static RunReport of(Run run) {
    return RunReport.of(run, CalibrationStore.find(run.provenance().machine()).orElse(null));
  }

  /// All of it, for Markdown.
  static Document whole(RunReport report) {
    Document comparison =
        report.comparison() == null
            ? new Document()
            : ComparisonDocument.part(report.comparison(), report.associations());
    return BenchReport.whole(report, comparison);
  }

  /// One page.
  static String page(RunReport report) {
    return ReportPage.of(report, ReportJson.of(report));
  }
}
