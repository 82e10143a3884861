// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.account.CostModel;
import dev.trapline.account.TimeAccount;
import dev.trapline.calibration.CostSweep;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.roofline.Roofline;
import java.util.ArrayList;
import java.util.List;

/// Where the time of a message went, and what this machine's own costs are, in words and tables.
final class CostsDocument {
  private CostsDocument() {}

  /// The account of one test; nothing if there is none.
  static void addAccount(Document document, RunReport report, TestReport test) {
    for (TimeAccount account : report.accounts()) {
      if (!account.environment().equals(test.analysis().environment())
          || !account.test().equals(test.analysis().test())
          || account.parts().isEmpty()) {
        continue;
      }
      boolean roundTrip = account.basis() == TimeAccount.Basis.ROUND_TRIP;
      document.add(
          new Document.Heading(
              3,
              roundTrip
                  ? "A whole round trip, by what it was spent on"
                  : "CPU time per " + account.unit().label() + ", of all who took part"));
      List<List<String>> rows = new ArrayList<>();
      for (TimeAccount.Part part : account.parts()) {
        rows.add(List.of(part.name(), signed(part.nanos()), share(account.shareOf(part))));
      }
      rows.add(List.of("total", Quantity.nanos(account.totalNanos()), ""));
      document.add(
          new Document.Table(List.of("part", "per " + account.unit().label(), "share"), rows, 1));
    }
  }

  /// What stands beside the accounts, the roofline, calibrated costs: for a document that has all.
  static void addDetails(Document document, RunReport report) {
    addNotes(document, report);
    addRoofline(document, report.roofline());
    MachineCosts costs = report.costs();
    if (costs != null) {
      addCosts(document, costs);
      addModels(document, report);
    }
  }

  private static void addNotes(Document document, RunReport report) {
    List<String> sentences = new ArrayList<>();
    for (TimeAccount account : report.accounts()) {
      String where = account.test() + " in " + report.run().titleOf(account.environment()) + ": ";
      for (TimeAccount.Beside beside : account.beside()) {
        sentences.add(
            where + beside.name() + " " + Quantity.nanos(beside.nanos()) + ", " + beside.remark());
      }
      account.notes().forEach(note -> sentences.add(where + note));
    }
    if (!sentences.isEmpty()) {
      document.add(new Document.Heading(2, "Beside the time accounts"));
      document.add(new Document.Bullets(sentences));
    }
  }

  private static void addRoofline(Document document, Roofline roofline) {
    if (roofline.points().isEmpty()) {
      return;
    }
    document.add(new Document.Heading(2, "Syscall roofline"));
    List<List<String>> rows = new ArrayList<>();
    for (Roofline.Point point : roofline.points()) {
      rows.add(
          List.of(
              point.trial(),
              point.role(),
              TestWords.name(point.kind()),
              Quantity.bytes(point.bytesPerCall()),
              Quantity.bitRate(point.goodputBitsPerSecond()),
              point.shareOfCeiling() == null
                  ? Quantity.UNKNOWN
                  : Quantity.percent(point.shareOfCeiling()),
              point.bound() == null ? Quantity.UNKNOWN : point.bound().label()));
    }
    document.add(
        new Document.Table(
            List.of("trial", "side", "call", "bytes/call", "goodput", "of ceiling", "bound"),
            rows,
            3));
    if (!roofline.notes().isEmpty()) {
      document.add(new Document.Bullets(roofline.notes()));
    }
  }

  private static void addCosts(Document document, MachineCosts costs) {
    document.add(new Document.Heading(2, "This machine's costs"));
    List<List<String>> rows = new ArrayList<>();
    costs
        .costs()
        .values()
        .forEach(cost -> rows.add(List.of(cost.name(), Quantity.nanos(cost.nanos().median()))));
    for (CostSweep sweep : costs.sweeps().values()) {
      for (CostSweep.Point point : List.of(sweep.first(), sweep.last())) {
        rows.add(
            List.of(
                sweep.name() + ", " + Quantity.count(point.at()) + " " + sweep.parameter(),
                Quantity.nanos(point.nanos().median())));
      }
    }
    document.add(new Document.Table(List.of("cost", "median"), rows, 1));
  }

  private static void addModels(Document document, RunReport report) {
    List<List<String>> rows = new ArrayList<>();
    for (RunReport.Model named : report.models()) {
      CostModel model = named.model();
      if (!model.rows().isEmpty()) {
        rows.add(
            List.of(
                named.title() + ", " + model.role(),
                Quantity.nanos(model.predictedNanosPerUnit()),
                model.measuredNanosPerUnit() == null
                    ? Quantity.UNKNOWN
                    : Quantity.nanos(model.measuredNanosPerUnit().doubleValue())));
      }
    }
    if (!rows.isEmpty()) {
      document.add(new Document.Heading(3, "Work per unit as these costs predict it"));
      document.add(new Document.Table(List.of("side", "predicted", "measured"), rows, 1));
    }
  }

  private static String signed(double nanos) {
    return nanos < 0 ? "-" + Quantity.nanos(-nanos) : Quantity.nanos(nanos);
  }

  private static String share(double share) {
    return share < 0 ? "-" + Quantity.percent(-share) : Quantity.percent(share);
  }
}
