// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.account.CostModel;
import dev.trapline.calibration.CostSweep;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.Quantity;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestWords;
import dev.trapline.roofline.Roofline;
import java.util.List;
import java.util.TreeSet;

/// What this machine's own costs are, and how far the run was from what they allow.
final class MachineSection {
  private static final List<String> WAITS =
      List.of(MachineCosts.SELECT, MachineCosts.POLL, MachineCosts.EPOLL_WAIT);

  private MachineSection() {}

  // ---- roofline ------------------------------------------------------------------------

  static void writeRoofline(Markup markup, RunReport report) {
    Roofline roofline = report.roofline();
    Charts.begin(
        markup,
        "roofline",
        "all",
        "Goodput against bytes per call",
        "Every traced trial and side is a point. Left of the ridge the number of calls limits:"
            + " larger calls would help. Right of it copying does."
            + (roofline.ceilings().isEmpty()
                ? " No ceilings are drawn: this machine is not calibrated (trapline calibrate)."
                : ""),
        420);
    DataTable table =
        new DataTable("Goodput against bytes per call")
            .text("trial")
            .text("side")
            .text("call")
            .number("bytes/call")
            .number("calls/s")
            .number("goodput")
            .number("ceiling")
            .number("of ceiling")
            .text("bound");
    for (Roofline.Point point : roofline.points()) {
      table
          .cell(point.trial())
          .cell(point.role())
          .call(TestWords.name(point.kind()), point.kind().syscall())
          .cell(Double.valueOf(point.bytesPerCall()), Quantity::bytes)
          .cell(Double.valueOf(point.callsPerSecond()), Quantity::significant)
          .cell(Double.valueOf(point.goodputBitsPerSecond()), Quantity::bitRate)
          .cell(point.ceilingBitsPerSecond(), Quantity::bitRate)
          .cell(point.shareOfCeiling(), Quantity::percent)
          .cell(point.bound() == null ? Quantity.UNKNOWN : point.bound().label())
          .row();
    }
    table.write(markup);
    Charts.end(markup);
    notes(markup, roofline.notes());
  }

  // ---- calibration ---------------------------------------------------------------------

  static void writeCosts(Markup markup, RunReport report, MachineCosts costs) {
    markup.element(
        "p",
        "Measured on this machine on "
            + costs.measuredAt()
            + ", "
            + costs.rounds()
            + " rounds; medians with intervals.",
        "class",
        "hint");
    if (WAITS.stream().anyMatch(name -> costs.sweep(name).isPresent())) {
      Charts.begin(
          markup,
          "waits",
          "all",
          "One wait over idle descriptors: select, poll, epoll_wait",
          "What one call costs when nothing is ready, by the number of descriptors watched.",
          360);
      waitTable(costs).write(markup);
      Charts.end(markup);
    }
    DataTable singles =
        new DataTable("Costs of single operations")
            .text("cost")
            .text("what it is")
            .number("median")
            .number("low")
            .number("high")
            .number("confidence")
            .ofWords();
    costs
        .costs()
        .values()
        .forEach(cost ->
            singles
                .cell(cost.name())
                .cell(cost.description())
                .cell(Double.valueOf(cost.nanos().median()), Quantity::nanos)
                .cell(cost.nanos().low(), Quantity::nanos)
                .cell(cost.nanos().high(), Quantity::nanos)
                .cell(cost.nanos().confidence(), Quantity::percent)
                .row());
    if (!singles.isEmpty()) {
      markup.element("h3", "Single operations");
      singles.write(markup);
    }
    DataTable sweeps =
        new DataTable("Costs by size")
            .text("cost")
            .text("by")
            .number("at")
            .number("median")
            .number("low")
            .number("high");
    for (CostSweep sweep : costs.sweeps().values()) {
      for (CostSweep.Point point : sweep.points()) {
        sweeps
            .cell(sweep.name())
            .cell(sweep.parameter())
            .cell(Double.valueOf(point.at()), value -> Quantity.count((long) value))
            .cell(Double.valueOf(point.nanos().median()), Quantity::nanos)
            .cell(point.nanos().low(), Quantity::nanos)
            .cell(point.nanos().high(), Quantity::nanos)
            .row();
      }
    }
    if (!sweeps.isEmpty()) {
      markup.open("details");
      markup.element("summary", "Costs by size, segments and descriptors");
      sweeps.write(markup);
      markup.closeLine();
    }
    models(markup, report);
    List<String> notes = new java.util.ArrayList<>();
    costs.skipped().forEach((name, reason) -> notes.add("Not measured: " + name + ": " + reason));
    notes.addAll(costs.warnings());
    notes(markup, notes);
  }

  private static DataTable waitTable(MachineCosts costs) {
    DataTable table = new DataTable("One wait over idle descriptors").text("call");
    TreeSet<Long> places = new TreeSet<>();
    for (String name : WAITS) {
      costs.sweep(name).ifPresent(sweep -> sweep.points().forEach(point -> places.add(point.at())));
    }
    places.forEach(place -> table.number(Quantity.count(place)));
    for (String name : WAITS) {
      costs
          .sweep(name)
          .ifPresent(sweep -> {
            table.cell(name);
            for (long place : places) {
              table.cell(
                  sweep.points().stream()
                      .filter(point -> point.at() == place)
                      .map(point -> Double.valueOf(point.nanos().median()))
                      .findFirst()
                      .orElse(null),
                  Quantity::nanos);
            }
            table.row();
          });
    }
    return table;
  }

  private static void models(Markup markup, RunReport report) {
    if (report.models().stream().allMatch(named -> named.model().rows().isEmpty())) {
      return;
    }
    markup.element("h3", "Work as these costs predict it, and as it was");
    DataTable table =
        new DataTable("Predicted and measured work per unit of work")
            .text("test")
            .text("side")
            .text("call")
            .number("calls")
            .number("cost of one")
            .number("predicted")
            .number("measured")
            .number("residual", "Measured less predicted");
    for (RunReport.Model named : report.models()) {
      CostModel model = named.model();
      for (CostModel.Row row : model.rows()) {
        table
            .cell(named.title())
            .cell(model.role())
            .call(TestWords.name(row.kind()), row.kind().syscall())
            .cell(Double.valueOf(row.callsPerUnit()), Quantity::significant)
            .cell(row.nanosPerCall(), Quantity::nanos)
            .cell(row.predictedNanosPerUnit(), Quantity::nanos)
            .cell(row.measuredNanosPerUnit(), Quantity::nanos)
            .cell(row.residualNanosPerUnit(), MachineSection::signed);
        boolean small =
            row.measuredNanosPerUnit() != null
                && model.measuredNanosPerUnit() != null
                && row.measuredNanosPerUnit() < model.measuredNanosPerUnit() / 1000;
        if (small) {
          table.rareRow();
        } else {
          table.row();
        }
      }
    }
    table.write(markup);
    TreeSet<String> assumptions = new TreeSet<>();
    report.models().forEach(named -> assumptions.addAll(named.model().assumptions()));
    notes(markup, List.copyOf(assumptions));
  }

  private static String signed(double nanos) {
    return nanos < 0 ? "-" + Quantity.nanos(-nanos) : Quantity.nanos(nanos);
  }

  private static void notes(Markup markup, List<String> notes) {
    if (!notes.isEmpty()) {
      markup.open("ul", "class", "about");
      notes.forEach(note -> markup.element("li", note));
      markup.closeLine();
    }
  }
}
