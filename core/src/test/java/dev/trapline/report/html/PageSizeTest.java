// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.comparison.ComparableRuns;
import dev.trapline.report.RunReport;
import dev.trapline.report.json.ReportJson;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PageSizeTest {
  private static final String CUT = "the page would be too large with all";

  @Test
  void aRunOfTwoHundredTrialsIsLessThanTwoMegabytesWithAllItsRows() {
    String page = page(17, 40);
    assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(2_000_000);
    assertThat(page).doesNotContain(CUT);
  }

  @Test
  void aRunWithFarMoreCallsHasFewerRowsAndSaysSo() {
    String page = page(2, 700);
    assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(2_000_000);
    assertThat(page).contains(CUT);
  }

  private static String page(int repeats, int rareKinds) {
    RunReport report =
        RunReport.of(
            new ComparableRuns(1)
                .environments("netns", "kvm", "kvm-vhost")
                .repeats(repeats)
                .rareKinds(rareKinds)
                .run());
    return ReportPage.of(report, ReportJson.of(report));
  }
}
