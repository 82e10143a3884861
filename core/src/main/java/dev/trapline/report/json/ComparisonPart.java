// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.json;

import dev.trapline.association.Association;
import dev.trapline.association.Associations;
import dev.trapline.comparison.Comparison;
import dev.trapline.comparison.ComparisonRow;
import dev.trapline.comparison.SignatureDiff;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A comparison as a part of a report: what its tables show. Single values, drift and outliers are
/// in what `trapline compare --json` writes.
final class ComparisonPart {
  private ComparisonPart() {}

  static @Nullable ObjectNode of(@Nullable Comparison comparison) {
    if (comparison == null) {
      return null;
    }
    ObjectNode node = ReportJson.object();
    ReportJson.addAll(node.putArray("marks"), comparison.marks());
    ReportJson.addAll(node.putArray("notes"), comparison.notes());
    ArrayNode pairs = node.putArray("pairs");
    for (Comparison.Pair pair : comparison.pairs()) {
      ObjectNode one = pairs.addObject();
      one.put("a", pair.a().name());
      one.put("b", pair.b().name());
      ArrayNode rows = one.putArray("rows");
      pair.rows().forEach(row -> rows.add(row(row)));
      ArrayNode signatures = one.putArray("signatures");
      for (SignatureDiff diff : pair.signatures()) {
        ObjectNode signature = signatures.addObject();
        signature.put("test", diff.test());
        signature.put("role", diff.role());
        signature.put("sentence", diff.sentence());
      }
    }
    return node;
  }

  private static ObjectNode row(ComparisonRow row) {
    ObjectNode node = ReportJson.object();
    node.put("metric", row.metric().id());
    node.put("unit", row.metric().unit().symbol());
    node.put("per", row.metric().per());
    ReportJson.put(node, "a", row.a().median());
    ReportJson.put(node, "b", row.b().median());
    ReportJson.put(node, "ratio", row.ratio());
    ReportJson.put(
        node,
        "low",
        row.ratioInterval() == null ? null : Double.valueOf(row.ratioInterval().low()));
    ReportJson.put(
        node,
        "high",
        row.ratioInterval() == null ? null : Double.valueOf(row.ratioInterval().high()));
    ReportJson.put(node, "adjustedP", row.adjustedP());
    node.put("nA", row.a().n());
    node.put("nB", row.b().n());
    node.put("verdict", row.verdict().word());
    ReportJson.put(node, "explainedShare", row.explainedShare());
    return node;
  }

  static ObjectNode of(Associations associations) {
    ObjectNode node = ReportJson.object();
    ArrayNode found = node.putArray("found");
    for (Association association : associations.found()) {
      ObjectNode one = found.addObject();
      one.put("scope", association.scope().word());
      one.put("environment", association.environment());
      one.put("candidate", association.candidate().id());
      one.put("outcome", association.outcome().id());
      one.put("n", association.n());
      ReportJson.put(one, "tau", association.kendall().tau());
      ReportJson.put(one, "adjustedP", association.adjustedP());
      one.put("shown", association.shown());
      one.put("sentence", association.sentence());
    }
    ReportJson.addAll(node.putArray("notes"), associations.notes());
    return node;
  }
}
