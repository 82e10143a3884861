// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.csv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReportCsvTest {
  @Test
  void cellsAreQuotedWhereTheyMustBeAndNoneIsAFormula() {
    assertThat(ReportCsv.quoted("read/tcp")).isEqualTo("read/tcp");
    assertThat(ReportCsv.quoted(null)).isEmpty();
    assertThat(ReportCsv.quoted("a,\"b\"\n")).isEqualTo("\"a,\"\"b\"\"\n\"");
    for (String formula : new String[] {"=1+1", "+1", "-1", "@SUM(A1)"}) {
      assertThat(ReportCsv.quoted(formula)).isEqualTo("'" + formula);
    }
  }
}
