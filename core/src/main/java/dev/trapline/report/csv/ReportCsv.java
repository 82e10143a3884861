// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.csv;

import dev.trapline.report.Figure;
import dev.trapline.report.RunReport;
import dev.trapline.run.EnvironmentFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Figures as CSV (RFC 4180, but lines end in a newline alone), in long form: one figure a row, the
/// same columns for all. An unknown figure has no row.
///
/// Text of a trace that a spreadsheet would take for a formula begins with an apostrophe (OWASP,
/// CSV Injection).
public final class ReportCsv {
  private static final List<String> COLUMNS =
      List.of(
          "run",
          "environment",
          "mark",
          "test",
          "role",
          "subject",
          "metric",
          "unit",
          "per",
          "value",
          "low",
          "high",
          "confidence",
          "n");

  private ReportCsv() {}

  /// The first line.
  public static String header() {
    return String.join(",", COLUMNS) + "\n";
  }

  /// All rows of one report, without the header.
  ///
  /// @param run how the run is called in the first column
  public static String rows(String run, RunReport report) {
    StringBuilder text = new StringBuilder();
    for (Figure figure : Figure.of(report)) {
      List<String> cells = new ArrayList<>();
      cells.add(quoted(run));
      cells.add(quoted(figure.environment()));
      cells.add(quoted(figure.emulated() ? EnvironmentFacts.EMULATED : ""));
      cells.add(quoted(figure.test()));
      cells.add(quoted(figure.role()));
      cells.add(quoted(figure.subject()));
      cells.add(quoted(figure.metric()));
      cells.add(quoted(figure.unit()));
      cells.add(quoted(figure.per()));
      cells.add(number(figure.value()));
      cells.add(number(figure.low()));
      cells.add(number(figure.high()));
      cells.add(number(figure.confidence()));
      cells.add(figure.n() == null ? "" : figure.n().toString());
      text.append(String.join(",", cells)).append('\n');
    }
    return text.toString();
  }

  private static String number(@Nullable Double value) {
    return value == null || !Double.isFinite(value) ? "" : value.toString();
  }

  static String quoted(@Nullable String untrusted) {
    if (untrusted == null || untrusted.isEmpty()) {
      return "";
    }
    String text = untrusted;
    if ("=+-@\t\r".indexOf(text.charAt(0)) >= 0) {
      text = "'" + text;
    }
    boolean special = text.chars().anyMatch(letter -> "\",\n\r".indexOf(letter) >= 0);
    return special ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
