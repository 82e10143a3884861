// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.costs;

import dev.trapline.calibration.CostSweep;
import dev.trapline.calibration.MachineCost;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.statistics.MedianInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Calibrated costs for people: what one call costs here, and what that says of `select` and
/// `epoll`.
public final class CalibrationDocument {
  private static final double NANOS_PER_MICROSECOND = 1e3;

  private CalibrationDocument() {}

  /// Of one machine's costs.
  public static Document of(MachineCosts costs) {
    Document document = new Document();
    document.add(new Document.Heading(1, "Calibrated costs of this machine"));
    document.add(new Document.Paragraph(machineWords(costs)));
    for (String warning : costs.warnings()) {
      document.add(new Document.Paragraph("WARNING: " + warning));
    }
    document.add(new Document.Heading(2, "Single operations"));
    List<List<String>> rows = new ArrayList<>();
    for (MachineCost cost : costs.costs().values()) {
      rows.add(
          List.of(
              cost.name(),
              Quantity.nanos(cost.medianNanos()),
              end(cost.nanos().low()),
              end(cost.nanos().high()),
              Integer.toString(cost.nanos().n())));
    }
    document.add(new Document.Table(List.of("operation", "median", "low", "high", "n"), rows, 1));
    List<String> meanings = new ArrayList<>();
    costs.costs().values().forEach(cost -> meanings.add(cost.name() + ": " + cost.description()));
    document.add(new Document.Bullets(meanings));
    for (Map.Entry<String, String> skipped : costs.skipped().entrySet()) {
      document.add(
          new Document.Paragraph(
              skipped.getKey() + " was not measured: " + skipped.getValue() + "."));
    }
    addSweeps(
        document,
        costs,
        "One call moves so many bytes",
        "bytes",
        List.of(MachineCosts.READ, MachineCosts.WRITE));
    addCopying(document, costs);
    addSweeps(
        document,
        costs,
        "So many segments of 64 bytes at once, or one by one",
        "segments",
        List.of(MachineCosts.READV, MachineCosts.READS, MachineCosts.WRITEV, MachineCosts.WRITES));
    addSweeps(
        document,
        costs,
        "Asking so many idle descriptors",
        "descriptors",
        List.of(MachineCosts.SELECT, MachineCosts.POLL, MachineCosts.EPOLL_WAIT));
    waitingWords(costs).forEach(words -> document.add(new Document.Paragraph(words)));
    document.add(
        new Document.Paragraph(
            confidenceWords(costs)
                + " Costs are floors: hot caches, no waiting, a UNIX socket pair."));
    return document;
  }

  private static String machineWords(MachineCosts costs) {
    Map<String, String> facts = costs.machine().facts();
    List<String> words = new ArrayList<>();
    words.add(facts.getOrDefault("cpu", "CPU unknown"));
    words.add("kernel " + facts.getOrDefault("kernel", "unknown"));
    if ("yes".equals(facts.get("hypervisor"))) {
      words.add("in a virtual machine");
    }
    long mitigated =
        facts.entrySet().stream()
            .filter(fact -> fact.getKey().startsWith("mitigation."))
            .filter(fact -> fact.getValue().startsWith("Mitigation"))
            .count();
    words.add(mitigated + " mitigations active");
    return String.join(", ", words)
        + "; measured "
        + costs.measuredAt().toString().substring(0, 16).replace('T', ' ')
        + " UTC in "
        + costs.rounds()
        + " rounds, seed "
        + costs.seed()
        + ".";
  }

  private static String confidenceWords(MachineCosts costs) {
    MedianInterval any =
        costs.costs().isEmpty() ? null : costs.costs().values().iterator().next().nanos();
    return any == null || any.confidence() == null
        ? "One round gives no interval."
        : "Low and high are an interval of the median with "
            + Quantity.percent(any.confidence())
            + " confidence, over rounds.";
  }

  private static void addSweeps(
      Document document, MachineCosts costs, String title, String parameter, List<String> names) {
    List<CostSweep> sweeps = new ArrayList<>();
    SortedSet<Long> places = new TreeSet<>();
    for (String name : names) {
      costs
          .sweep(name)
          .ifPresent(sweep -> {
            sweeps.add(sweep);
            sweep.points().forEach(point -> places.add(point.at()));
          });
    }
    if (sweeps.isEmpty()) {
      return;
    }
    document.add(new Document.Heading(2, title));
    List<String> header = new ArrayList<>(List.of(parameter));
    sweeps.forEach(sweep -> header.add(sweep.name()));
    List<List<String>> rows = new ArrayList<>();
    for (long place : places) {
      List<String> row =
          new ArrayList<>(
              List.of(
                  parameter.equals("bytes")
                      ? Quantity.bytes(place).replace(".00", "").replace(".0 ", " ")
                      : Long.toString(place)));
      for (CostSweep sweep : sweeps) {
        Optional<CostSweep.Point> point =
            sweep.points().stream().filter(one -> one.at() == place).findFirst();
        row.add(point.isEmpty() ? Quantity.UNKNOWN : Quantity.nanos(point.get().nanos().median()));
      }
      rows.add(row);
    }
    document.add(new Document.Table(header, rows, 0));
  }

  private static void addCopying(Document document, MachineCosts costs) {
    for (String name : List.of(MachineCosts.WRITE, MachineCosts.READ)) {
      costs
          .copyBytesPerNano(name)
          .ifPresent(rate ->
              document.add(
                  new Document.Paragraph(
                      "Beyond its first byte a "
                          + name
                          + " moves "
                          + Quantity.significant(rate)
                          + " GB/s ("
                          + Quantity.bitRate(rate * 8e9)
                          + ").")));
    }
  }

  /// How each way of waiting grows with idle descriptors on this machine. The words follow the
  /// figures, whatever the textbooks say.
  public static List<String> waitingWords(MachineCosts costs) {
    List<String> words = new ArrayList<>();
    for (String name : List.of(MachineCosts.SELECT, MachineCosts.POLL, MachineCosts.EPOLL_WAIT)) {
      Optional<CostSweep> found = costs.sweep(name);
      if (found.isEmpty() || found.get().points().size() < 2) {
        continue;
      }
      CostSweep sweep = found.get();
      boolean apart =
          sweep.last().nanos().low() != null
              && sweep.first().nanos().high() != null
              && sweep.last().nanos().low() > sweep.first().nanos().high();
      String range =
          Quantity.nanos(sweep.first().nanos().median())
              + " with "
              + sweep.first().at()
              + " idle descriptor, "
              + Quantity.nanos(sweep.last().nanos().median())
              + " with "
              + sweep.last().at();
      if (sweep.growth() >= 2 && apart) {
        words.add(
            name
                + " grows with the descriptors, O(n): "
                + range
                + ", x"
                + Quantity.significant(sweep.growth())
                + "; each adds "
                + perDescriptor(sweep.nanosPerStep())
                + ".");
      } else {
        words.add(
            name
                + " does not grow with the descriptors, O(1): "
                + range
                + ", x"
                + Quantity.significant(sweep.growth())
                + ".");
      }
    }
    return words;
  }

  private static String perDescriptor(double nanos) {
    return nanos < NANOS_PER_MICROSECOND
        ? Quantity.significant(nanos) + " ns"
        : Quantity.nanos(nanos);
  }

  private static String end(@Nullable Double nanos) {
    return nanos == null ? Quantity.UNKNOWN : Quantity.nanos(nanos.doubleValue());
  }
}
