// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.costs;

import dev.trapline.account.CostModel;
import dev.trapline.account.TimeAccount;
import dev.trapline.account.TimeAccounts;
import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.roofline.Roofline;
import dev.trapline.run.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a run's time went into, and what calibrated costs say of it, as parts of a report.
public final class CostDocument {
  private static final int MOST_ROWS = 6;

  private CostDocument() {}

  /// All three: accounts, predictions, roofline.
  ///
  /// @param costs of the machine that the run was made on; null if it was not calibrated
  public static Document of(Run run, @Nullable MachineCosts costs) {
    Document document = new Document();
    for (TimeAccount account : TimeAccounts.of(run)) {
      document.addAll(account(account));
    }
    return document.addAll(predictions(run, costs)).addAll(roofline(run, costs));
  }

  /// One account: its parts and what stands beside them.
  public static Document account(TimeAccount account) {
    Document document = new Document();
    boolean roundTrip = account.basis() == TimeAccount.Basis.ROUND_TRIP;
    document.add(
        new Document.Heading(
            3,
            (roundTrip ? "Where a round trip's time goes: " : "Where the CPU time goes: ")
                + account.test()
                + " in "
                + account.environment()));
    List<List<String>> rows = new ArrayList<>();
    for (TimeAccount.Part part : account.parts()) {
      rows.add(row(part.name(), part.nanos(), account.totalNanos()));
    }
    rows.add(row("in all", account.totalNanos(), account.totalNanos()));
    document.add(
        new Document.Table(List.of("part", "per " + account.unit().label(), "share"), rows, 1));
    document.add(new Document.Paragraph(totalWords(account)));
    List<String> items = new ArrayList<>();
    for (TimeAccount.Beside beside : account.beside()) {
      items.add(
          "beside: " + beside.name() + " " + nanos(beside.nanos()) + ": " + beside.remark() + ".");
    }
    items.addAll(account.notes());
    if (!items.isEmpty()) {
      document.add(new Document.Bullets(items));
    }
    return document;
  }

  private static String totalWords(TimeAccount account) {
    if (account.basis() == TimeAccount.Basis.CPU) {
      return "CPU time of all parties, "
          + trials(account)
          + "; it may be more than the time that passed.";
    }
    String words =
        "A whole round trip, twice the half-RTT: half of it is "
            + nanos(account.totalNanos() / 2)
            + ", "
            + trials(account)
            + ", warm-up included";
    return account.halfRoundTripNanos() == null
        ? words + "."
        : words
            + "; untraced the half-RTT was "
            + nanos(account.halfRoundTripNanos())
            + ". Work is taken in full, waiting for a CPU only where nobody on the path works.";
  }

  private static String trials(TimeAccount account) {
    return account.trials() + (account.trials() == 1 ? " traced trial" : " traced trials");
  }

  private static List<String> row(String name, double nanos, double total) {
    return List.of(
        name,
        nanos(nanos),
        total == 0 ? Quantity.UNKNOWN : String.format(Locale.ROOT, "%.1f%%", 100 * nanos / total));
  }

  private static String nanos(double nanos) {
    return nanos < 0 ? "-" + Quantity.nanos(-nanos) : Quantity.nanos(nanos);
  }

  /// What count x calibrated cost predicts of each side's work.
  public static Document predictions(Run run, @Nullable MachineCosts costs) {
    Document document = new Document();
    document.add(new Document.Heading(2, "What calibrated costs predict"));
    if (costs == null) {
      return document.add(
          new Document.Paragraph(
              "This machine has no calibration for its kernel and mitigations, so nothing is"
                  + " predicted and the roofline has no ceilings. Measure it on the machine of the"
                  + " run: "
                  + CostModel.HOW_TO_CALIBRATE));
    }
    for (TestAnalysis test : TestAnalysis.of(run)) {
      for (RoleAnalysis role : test.roles()) {
        if (!role.costs().isEmpty()) {
          addModel(document, test, CostModel.of(role, costs));
        }
      }
    }
    return document;
  }

  private static void addModel(Document document, TestAnalysis test, CostModel model) {
    document.add(
        new Document.Heading(3, test.test() + " in " + test.environment() + ", " + model.role()));
    List<List<String>> rows = new ArrayList<>();
    for (CostModel.Row row : model.rows()) {
      if (row.predictedNanosPerUnit() != null && rows.size() < MOST_ROWS) {
        rows.add(
            List.of(
                name(row.kind()),
                Quantity.significant(row.callsPerUnit()),
                maybe(row.nanosPerCall()),
                maybe(row.predictedNanosPerUnit()),
                maybe(row.measuredNanosPerUnit()),
                maybe(row.residualNanosPerUnit())));
      }
    }
    if (rows.isEmpty()) {
      document.add(new Document.Paragraph("None of its calls has a calibrated counterpart."));
      return;
    }
    document.add(
        new Document.Table(
            List.of("call", "calls", "cost", "predicted", "work", "residual"), rows, 1));
    Double share = model.predictedShare();
    document.add(
        new Document.Paragraph(
            (share == null
                    ? ""
                    : "Calls alone are "
                        + Quantity.percent(share)
                        + " of the work of calls that have a price; ")
                + maybe(model.unpredictedNanosPerUnit())
                + " of work is of calls that have none."));
    document.add(new Document.Bullets(model.assumptions()));
  }

  private static String maybe(@Nullable Double nanos) {
    return nanos == null ? Quantity.UNKNOWN : nanos(nanos.doubleValue());
  }

  private static String name(CallKind kind) {
    return kind.syscall()
        + (kind.object() == null ? "" : "/" + kind.object().label())
        + (kind.request() == null ? "" : " " + kind.request());
  }

  /// Every traced trial's place under the ceilings, in a line each.
  public static Document roofline(Run run, @Nullable MachineCosts costs) {
    Roofline roofline = Roofline.of(run, costs);
    Document document = new Document();
    if (roofline.points().isEmpty()) {
      return document;
    }
    document.add(new Document.Heading(2, "Syscall roofline"));
    List<List<String>> rows = new ArrayList<>();
    for (Roofline.Point point : roofline.points()) {
      rows.add(
          List.of(
              point.trial() + ", " + point.role(),
              name(point.kind()),
              Quantity.bytes(point.bytesPerCall()),
              Quantity.bitRate(point.goodputBitsPerSecond()),
              point.shareOfCeiling() == null
                  ? Quantity.UNKNOWN
                  : Quantity.percent(point.shareOfCeiling()),
              point.bound() == null ? Quantity.UNKNOWN : point.bound().label()));
    }
    document.add(
        new Document.Table(
            List.of("trial", "call", "per call", "goodput", "ceiling", "bound"), rows, 2));
    if (roofline.ridgeBytesPerCall() != null) {
      document.add(
          new Document.Paragraph(
              "The ridge of write is at "
                  + Quantity.bytes(roofline.ridgeBytesPerCall())
                  + " per call: below it larger calls help, above it only copying less does."
                  + " 'ceiling' is how much of what one thread could do there was reached."));
    }
    return document.add(new Document.Bullets(roofline.notes()));
  }
}
