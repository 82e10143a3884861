// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Quantity;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestReport;
import dev.trapline.report.TestWords;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.workload.UnitOfWork;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What the workloads achieved: every trial, intervals, and the percentiles of latency.
final class Outcomes {
  private Outcomes() {}

  static void write(Markup markup, RunReport report) {
    byTest(report)
        .forEach((name, tests) -> {
          UnitOfWork unit = unitOf(tests);
          if (unit == null) {
            return;
          }
          String what = unit == UnitOfWork.MESSAGE ? "half-RTT, mean of a trial" : "goodput";
          Charts.begin(
              markup,
              "outcome",
              name,
              TestWords.capitalised(name) + ": " + what,
              "Every dot is a trial; the bar is the median, the line its interval. "
                  + (unit == UnitOfWork.MESSAGE ? "Left is better." : "Right is better.")
                  + doubts(tests),
              tests.size() * 76 + 104);
          outcomeTable(name, tests, unit).write(markup);
          Charts.end(markup);
          if (tests.stream().anyMatch(test -> !test.percentiles().isEmpty())) {
            Charts.begin(
                markup,
                "percentiles",
                name,
                TestWords.capitalised(name) + ": half-RTT by percentile",
                "Median over the trials to quote. The scale stretches the tail.",
                340);
            percentileTable(tests).write(markup);
            Charts.end(markup);
          }
        });
  }

  private static String doubts(List<TestReport> tests) {
    StringBuilder words = new StringBuilder();
    for (TestReport test : tests) {
      for (String doubt : test.doubts()) {
        words.append(' ').append(test.environment()).append(": ").append(doubt);
      }
    }
    return words.toString();
  }

  static Map<String, List<TestReport>> byTest(RunReport report) {
    Map<String, List<TestReport>> tests = new LinkedHashMap<>();
    for (TestReport test : report.tests()) {
      tests
          .computeIfAbsent(test.analysis().test(), unseen -> new java.util.ArrayList<>())
          .add(test);
    }
    return tests;
  }

  static @Nullable UnitOfWork unitOf(List<TestReport> tests) {
    for (TestReport test : tests) {
      if (test.analysis().unit() != null) {
        return test.analysis().unit();
      }
    }
    return null;
  }

  private static DataTable outcomeTable(String name, List<TestReport> tests, UnitOfWork unit) {
    DataTable table =
        new DataTable("Outcomes of " + name)
            .text("environment")
            .text("trials")
            .number("n")
            .number("median")
            .number("low")
            .number("high")
            .number("confidence")
            .number("traced / control", "What being watched changed, with its interval");
    for (TestReport test : tests) {
      row(table, test, "untraced", test.analysis().control(), unit, null);
      row(table, test, "traced", test.analysis().traced(), unit, test.analysis().observation());
    }
    return table;
  }

  private static void row(
      DataTable table,
      TestReport test,
      String trials,
      @Nullable MedianInterval figure,
      UnitOfWork unit,
      @Nullable RatioInterval observation) {
    if (figure == null) {
      return;
    }
    table
        .cell(test.environment())
        .cell(trials)
        .cell(Double.valueOf(figure.n()), value -> Integer.toString((int) value))
        .cell(Double.valueOf(figure.median()), value -> TestWords.value(unit, value))
        .cell(figure.low(), value -> TestWords.value(unit, value))
        .cell(figure.high(), value -> TestWords.value(unit, value))
        .cell(figure.confidence(), Quantity::percent)
        .cell(
            observation == null ? null : Double.valueOf(observation.estimate()),
            value ->
                "x"
                    + TestWords.ratio(value)
                    + (observation == null
                            || observation.low() == null
                            || observation.high() == null
                        ? ""
                        : " ("
                            + TestWords.ratio(observation.low())
                            + " to "
                            + TestWords.ratio(observation.high())
                            + ")"))
        .row();
  }

  private static DataTable percentileTable(List<TestReport> tests) {
    DataTable table = new DataTable("Half-RTT by percentile").text("environment");
    TreeSet<Double> percentiles = new TreeSet<>();
    tests.forEach(test -> percentiles.addAll(test.percentiles().keySet()));
    percentiles.forEach(percentile -> table.number("p" + Quantity.plain(percentile)));
    table.number("max");
    for (TestReport test : tests) {
      table.cell(test.environment());
      for (double percentile : percentiles) {
        table.cell(test.percentiles().get(percentile), Quantity::nanos);
      }
      table.cell(test.analysis().percentiles().get("max"), Quantity::nanos).row();
    }
    return table;
  }
}
