// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.comparison.ComparableRuns;
import dev.trapline.finding.Findings;
import dev.trapline.report.csv.ReportCsv;
import dev.trapline.report.json.ReportJson;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A report of a run whose tallies pass by once is the report of the same run in memory.
class StreamedReportTest {
  private static List<String> forms(RunReport report) {
    return List.of(
        String.join("\n", BenchReport.of(report, "trapline findings DIR").toTerminal()),
        BenchReport.whole(report, new Document()).toMarkdown(),
        ReportJson.of(report),
        ReportCsv.rows("run", report));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyFormIsTheSame(long seed) {
    Run whole = new ComparableRuns(seed).run();
    Run without =
        new Run(
            whole.provenance(),
            whole.completeness(),
            whole.trials(),
            List.of(),
            whole.environments());
    assertThat(forms(RunReport.of(without, whole.tallies()::forEach, null)))
        .isEqualTo(forms(RunReport.of(whole)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theOrderOfTalliesMakesNoFigure(long seed) {
    Run whole = new ComparableRuns(seed).run();
    List<RoleTally> shuffled = new ArrayList<>(whole.tallies());
    Collections.shuffle(shuffled, new Random(seed));
    Run other =
        new Run(
            whole.provenance(),
            whole.completeness(),
            whole.trials(),
            shuffled,
            whole.environments());
    assertThat(ReportCsv.rows("run", RunReport.of(other)))
        .isEqualTo(ReportCsv.rows("run", RunReport.of(whole)));
    assertThat(Findings.of(other)).containsExactlyInAnyOrderElementsOf(Findings.of(whole));
  }
}
