// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.json;

import dev.trapline.account.CostModel;
import dev.trapline.account.TimeAccount;
import dev.trapline.calibration.CostSweep;
import dev.trapline.calibration.MachineCost;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestWords;
import dev.trapline.roofline.Roofline;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Where time went and what the machine's own costs are, as JSON.
final class CostsJson {
  private CostsJson() {}

  static ObjectNode account(TimeAccount account) {
    ObjectNode node = ReportJson.object();
    node.put("environment", account.environment());
    node.put("test", account.test());
    node.put("unit", account.unit().label());
    node.put("basis", account.basis().label());
    node.put("trials", account.trials());
    ReportJson.put(node, "totalNanos", account.totalNanos());
    node.put("totalSource", account.totalSource());
    ReportJson.put(node, "halfRoundTripNanos", account.halfRoundTripNanos());
    ArrayNode parts = node.putArray("parts");
    for (TimeAccount.Part part : account.parts()) {
      ObjectNode one = parts.addObject();
      one.put("name", part.name());
      one.put("party", part.party());
      one.put("kind", part.kind().label());
      ReportJson.put(one, "nanos", part.nanos());
      one.put("source", part.source());
    }
    ArrayNode besides = node.putArray("beside");
    for (TimeAccount.Beside beside : account.beside()) {
      ObjectNode one = besides.addObject();
      one.put("name", beside.name());
      ReportJson.put(one, "nanos", beside.nanos());
      one.put("remark", beside.remark());
    }
    ReportJson.addAll(node.putArray("notes"), account.notes());
    return node;
  }

  static ObjectNode model(RunReport.Model named) {
    CostModel model = named.model();
    ObjectNode node = ReportJson.object();
    node.put("environment", named.environment());
    node.put("test", named.test());
    node.put("role", model.role());
    ReportJson.put(node, "predictedNanosPerUnit", model.predictedNanosPerUnit());
    ReportJson.put(node, "measuredNanosPerUnit", model.measuredNanosPerUnit());
    ReportJson.put(node, "unpredictedNanosPerUnit", model.unpredictedNanosPerUnit());
    ArrayNode rows = node.putArray("rows");
    for (CostModel.Row row : model.rows()) {
      ObjectNode one = rows.addObject();
      one.put("call", TestWords.name(row.kind()));
      ReportJson.put(one, "callsPerUnit", row.callsPerUnit());
      one.put("cost", row.costName());
      ReportJson.put(one, "nanosPerCall", row.nanosPerCall());
      ReportJson.put(one, "predictedNanosPerUnit", row.predictedNanosPerUnit());
      ReportJson.put(one, "measuredNanosPerUnit", row.measuredNanosPerUnit());
      ReportJson.put(one, "residualNanosPerUnit", row.residualNanosPerUnit());
    }
    ReportJson.addAll(node.putArray("assumptions"), model.assumptions());
    return node;
  }

  static ObjectNode roofline(Roofline roofline) {
    ObjectNode node = ReportJson.object();
    ArrayNode points = node.putArray("points");
    for (Roofline.Point point : roofline.points()) {
      ObjectNode one = points.addObject();
      one.put("trial", point.trial());
      one.put("environment", point.environment());
      one.put("test", point.test());
      one.put("role", point.role());
      one.put("call", TestWords.name(point.kind()));
      ReportJson.put(one, "bytesPerCall", point.bytesPerCall());
      ReportJson.put(one, "callsPerSecond", point.callsPerSecond());
      ReportJson.put(one, "goodputBitsPerSecond", point.goodputBitsPerSecond());
      one.put("threads", point.threads());
      ReportJson.put(one, "ceilingBitsPerSecond", point.ceilingBitsPerSecond());
      ReportJson.put(one, "shareOfCeiling", point.shareOfCeiling());
      one.put("bound", point.bound() == null ? null : point.bound().label());
    }
    ArrayNode ceilings = node.putArray("ceilings");
    for (Roofline.Ceiling ceiling : roofline.ceilings()) {
      ObjectNode one = ceilings.addObject();
      one.put("name", ceiling.name());
      one.put("source", ceiling.source());
      one.put("measured", ceiling.measured());
      ArrayNode corners = one.putArray("corners");
      for (int at = 0; at < ceiling.bytesPerCall().size(); at++) {
        ObjectNode corner = corners.addObject();
        ReportJson.put(corner, "bytesPerCall", ceiling.bytesPerCall().get(at));
        ReportJson.put(corner, "bitsPerSecond", ceiling.bitsPerSecond().get(at));
      }
    }
    ReportJson.put(node, "ridgeBytesPerCall", roofline.ridgeBytesPerCall());
    ReportJson.addAll(node.putArray("notes"), roofline.notes());
    return node;
  }

  static @Nullable ObjectNode calibration(@Nullable MachineCosts costs) {
    if (costs == null) {
      return null;
    }
    ObjectNode node = ReportJson.object();
    node.put("measuredAt", costs.measuredAt().toString());
    node.put("rounds", costs.rounds());
    ArrayNode singles = node.putArray("costs");
    for (MachineCost cost : costs.costs().values()) {
      ObjectNode one = singles.addObject();
      one.put("name", cost.name());
      one.put("description", cost.description());
      one.set("nanos", ReportJson.interval(cost.nanos()));
    }
    ArrayNode sweeps = node.putArray("sweeps");
    for (CostSweep sweep : costs.sweeps().values()) {
      ObjectNode one = sweeps.addObject();
      one.put("name", sweep.name());
      one.put("description", sweep.description());
      one.put("parameter", sweep.parameter());
      ArrayNode points = one.putArray("points");
      for (CostSweep.Point point : sweep.points()) {
        ObjectNode place = points.addObject();
        place.put("at", point.at());
        place.set("nanos", ReportJson.interval(point.nanos()));
      }
    }
    node.set("skipped", ReportJson.texts(costs.skipped()));
    ReportJson.addAll(node.putArray("warnings"), costs.warnings());
    return node;
  }
}
