// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Quantity;
import dev.trapline.report.RunReport;
import dev.trapline.run.EnvironmentFacts;
import java.util.TreeSet;

/// What each environment was made of, those that could not be made too.
final class Environments {
  private Environments() {}

  static void write(Markup markup, RunReport report) {
    DataTable table =
        new DataTable("Environments of this run")
            .ofWords()
            .text("environment")
            .text("what lies between the two sides")
            .text("figures");
    TreeSet<String> settings = new TreeSet<>();
    for (EnvironmentFacts facts : report.environments()) {
      settings.addAll(facts.settings().keySet());
    }
    for (EnvironmentFacts facts : report.environments()) {
      table
          .cell(facts.name())
          .cell(facts.description().isEmpty() ? Quantity.UNKNOWN : facts.description())
          .cell(
              facts.skipped() != null
                  ? "not run: " + facts.skipped()
                  : facts.emulated() ? EnvironmentFacts.EMULATED : "native")
          .row();
    }
    table.write(markup);
    if (!settings.isEmpty()) {
      DataTable matrix = new DataTable("Settings of the environments").ofWords().text("setting");
      report.environments().forEach(facts -> matrix.text(facts.title()));
      for (String setting : settings) {
        matrix.cell(setting);
        report
            .environments()
            .forEach(
                facts -> matrix.cell(facts.settings().getOrDefault(setting, Quantity.UNKNOWN)));
        matrix.row();
      }
      markup.element("h3", "Settings");
      matrix.write(markup);
    }
  }
}
