// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.analysis.TestAnalysis;
import dev.trapline.report.Quantity;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestWords;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Trial;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where the figures come from: enough to judge them, and to do the run again.
final class ProvenanceSection {
  private ProvenanceSection() {}

  static void write(Markup markup, RunReport report) {
    markup.open("ul", "class", "sentences");
    report.basis().forEach(sentence -> markup.element("li", sentence));
    markup.closeLine();
    writeMade(markup, report);
  }

  /// Without what holds for tests only.
  static void writeMade(Markup markup, RunReport report) {
    Provenance provenance = report.run().provenance();
    Map<String, String> made = new LinkedHashMap<>();
    made.put("command", "trapline " + String.join(" ", provenance.commandLine()));
    if (provenance.seed() != null) {
      made.put("seed of the order of trials", provenance.seed().toString());
    }
    made.put("capture", provenance.captureSource() + ", " + provenance.captureLevel());
    made.put("completeness", report.run().completeness().verdict());
    provenance.settings().forEach((name, value) -> made.put("setting " + name, value));
    provenance.tools().forEach((name, value) -> made.put(name, value));
    made.put("trapline", provenance.traplineVersion());
    pairs(markup, "How it was made", made);
    pairs(markup, "The machine", provenance.machine());
    commands(markup, report);
    trials(markup, report);
  }

  private static void pairs(Markup markup, String title, Map<String, String> values) {
    DataTable table = new DataTable(title).ofWords().text("what").text("value");
    values.forEach((name, value) -> table.cell(name).cell(value).row());
    if (!table.isEmpty()) {
      markup.element("h3", title);
      table.write(markup);
    }
  }

  /// The workloads' own command lines, each once.
  private static void commands(Markup markup, RunReport report) {
    DataTable table =
        new DataTable("Command lines")
            .ofWords()
            .text("environment")
            .text("test")
            .text("side")
            .text("command");
    Set<String> seen = new LinkedHashSet<>();
    for (Trial trial : report.run().trials()) {
      for (Map.Entry<String, RoleUse> entry : trial.roles().entrySet()) {
        command(table, seen, trial, entry.getKey(), String.join(" ", entry.getValue().command()));
        if (entry.getValue().vmm() != null) {
          command(
              table,
              seen,
              trial,
              entry.getKey() + "'s machine",
              String.join(" ", entry.getValue().vmm().command()));
        }
      }
    }
    if (!table.isEmpty()) {
      markup.open("details");
      markup.element("summary", "Command lines of both sides");
      table.write(markup);
      markup.closeLine();
    }
  }

  private static void command(
      DataTable table, Set<String> seen, Trial trial, String side, String command) {
    String test = trial.test() == null ? "" : trial.test();
    if (seen.add(trial.environment() + "\0" + test + "\0" + side)) {
      table.cell(trial.environment()).cell(test).cell(side).cell(command).row();
    }
  }

  private static void trials(Markup markup, RunReport report) {
    DataTable table =
        new DataTable("All trials, in the order in which they ran")
            .number("order")
            .text("trial")
            .text("traced")
            .number("outcome")
            .number("took")
            .number("context switches")
            .number("steal", "CPU time that a hypervisor gave to others")
            .text("remark");
    for (Trial trial : report.run().trials()) {
      table
          .cell(Double.valueOf(trial.order()), value -> Integer.toString((int) value))
          .cell(trial.id())
          .cell(trial.traced() ? "traced" : "")
          .cell(value(trial), value -> words(trial, value))
          .cell(asDouble(trial.durationNanos()), Quantity::nanos)
          .cell(asDouble(trial.machine().contextSwitches()), value -> Quantity.count((long) value))
          .cell(asDouble(trial.machine().stealNanos()), Quantity::nanos)
          .cell(
              trial.failure() != null
                  ? "FAILED: " + trial.failure()
                  : trial.completeness().isComplete() ? "" : "capture incomplete")
          .row();
    }
    markup.open("details");
    markup.element("summary", "All " + report.run().trials().size() + " trials");
    table.write(markup);
    markup.closeLine();
  }

  private static @Nullable Double value(Trial trial) {
    return trial.outcome() == null ? null : TestAnalysis.figure(trial.outcome());
  }

  private static String words(Trial trial, double value) {
    return trial.outcome() == null
        ? Quantity.UNKNOWN
        : TestWords.value(trial.outcome().unitOfWork(), value);
  }

  private static @Nullable Double asDouble(@Nullable Long value) {
    return value == null ? null : Double.valueOf(value);
  }
}
