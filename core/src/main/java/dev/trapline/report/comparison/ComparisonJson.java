// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.comparison;

import dev.trapline.association.Association;
import dev.trapline.association.Associations;
import dev.trapline.comparison.Comparison;
import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.comparison.Comparison.Side;
import dev.trapline.comparison.ComparisonRow;
import dev.trapline.comparison.ComparisonRow.Group;
import dev.trapline.comparison.SignatureDiff;
import dev.trapline.comparison.Threshold;
import dev.trapline.metric.CallSums;
import dev.trapline.metric.Metric;
import dev.trapline.statistics.CliffsDelta;
import dev.trapline.statistics.Drift;
import dev.trapline.statistics.Interval;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A comparison as JSON, schema [Comparison#SCHEMA]: one row a line, so that `grep` and `diff`
/// work. Every key is always there; unknown is null. docs/reference/compare.md describes it.
public final class ComparisonJson {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private ComparisonJson() {}

  /// The comparison, ending in a newline.
  ///
  /// @param associations of the run; null where several runs are compared
  /// @param judged conditions of the user
  public static String of(
      Comparison comparison, @Nullable Associations associations, List<Threshold.Judged> judged) {
    StringBuilder text = new StringBuilder(1 << 16);
    text.append("{\"schema\":").append(quoted(Comparison.SCHEMA));
    text.append(",\n\"form\":").append(quoted(comparison.form().name().toLowerCase(Locale.ROOT)));
    text.append(",\n\"marks\":").append(MAPPER.writeValueAsString(comparison.marks()));
    text.append(",\n\"notes\":").append(MAPPER.writeValueAsString(comparison.notes()));
    append(text, "thresholds", judged.stream().map(ComparisonJson::judged).toList());
    text.append(",\n\"pairs\":[");
    String separator = "\n";
    for (Pair pair : comparison.pairs()) {
      text.append(separator)
          .append("{\"a\":")
          .append(MAPPER.writeValueAsString(side(pair.a())))
          .append(",\n\"b\":")
          .append(MAPPER.writeValueAsString(side(pair.b())));
      append(text, "rows", pair.rows().stream().map(ComparisonJson::row).toList());
      append(text, "signatures", pair.signatures().stream().map(ComparisonJson::diff).toList());
      text.append('}');
      separator = ",\n";
    }
    text.append(']');
    append(
        text,
        "associations",
        associations == null
            ? List.of()
            : associations.found().stream().map(ComparisonJson::association).toList());
    text.append(",\n\"associationNotes\":")
        .append(MAPPER.writeValueAsString(associations == null ? List.of() : associations.notes()));
    return text.append("}\n").toString();
  }

  private static void append(StringBuilder text, String name, List<ObjectNode> nodes) {
    text.append(",\n").append(quoted(name)).append(":[");
    for (int at = 0; at < nodes.size(); at++) {
      text.append(at == 0 ? "\n" : ",\n").append(MAPPER.writeValueAsString(nodes.get(at)));
    }
    text.append(']');
  }

  private static String quoted(String value) {
    return MAPPER.writeValueAsString(value);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static ObjectNode side(Side side) {
    ObjectNode node = object();
    node.put("name", side.name());
    node.put("run", side.run());
    node.put("environment", side.environment());
    node.put("emulated", side.emulated());
    node.put("incomplete", side.incomplete());
    node.put("provenance", side.provenance());
    return node;
  }

  private static ObjectNode row(ComparisonRow row) {
    ObjectNode node = metric(object(), row.metric());
    put(node, "a", row.a().median());
    put(node, "b", row.b().median());
    put(node, "ratio", row.ratio());
    put(node, "interval", row.ratioInterval());
    RatioInterval ranks = row.rankInterval();
    if (ranks == null) {
      node.putNull("rankInterval");
    } else {
      ObjectNode interval = node.putObject("rankInterval");
      put(interval, "estimate", ranks.estimate());
      put(interval, "low", ranks.low());
      put(interval, "high", ranks.high());
      put(interval, "confidence", ranks.confidence());
    }
    CliffsDelta effect = row.effect();
    if (effect == null) {
      node.putNull("effect");
    } else {
      ObjectNode size = node.putObject("effect");
      put(size, "cliffsDelta", effect.delta());
      put(size, "low", effect.low());
      put(size, "high", effect.high());
    }
    put(node, "p", row.test() == null ? null : Double.valueOf(row.test().p()));
    put(node, "adjustedP", row.adjustedP());
    put(node, "smallestP", row.test() == null ? null : Double.valueOf(row.test().smallestP()));
    if (row.test() == null) {
      node.putNull("exact");
    } else {
      node.put("exact", row.test().exact());
    }
    ObjectNode n = node.putObject("n");
    n.put("a", row.a().n());
    n.put("b", row.b().n());
    node.put("verdict", row.verdict().word());
    Boolean better = row.isBetter();
    if (better == null) {
      node.putNull("better");
    } else {
      node.put("better", better);
    }
    node.put("reason", row.reason());
    put(node, "explainedNanos", row.explainedNanos());
    put(node, "explainedShare", row.explainedShare());
    strings(node.putArray("notes"), row.notes());
    node.set("groupA", group(row.a()));
    node.set("groupB", group(row.b()));
    return node;
  }

  private static ObjectNode metric(ObjectNode node, Metric metric) {
    node.put("metric", metric.id());
    node.put("test", metric.test());
    node.put("subject", metric.subject());
    node.put("label", metric.label());
    node.put("unit", metric.unit().symbol());
    node.put("per", metric.per());
    node.put("family", metric.family().name().toLowerCase(Locale.ROOT));
    return node;
  }

  private static ObjectNode group(Group group) {
    ObjectNode node = object();
    put(node, "interval", group.interval());
    MedianInterval exact = group.exactInterval();
    if (exact == null) {
      node.putNull("exactInterval");
    } else {
      ObjectNode interval = node.putObject("exactInterval");
      put(interval, "low", exact.low());
      put(interval, "high", exact.high());
      put(interval, "confidence", exact.confidence());
    }
    Drift drift = group.drift();
    if (drift == null) {
      node.putNull("drift");
    } else {
      ObjectNode trend = node.putObject("drift");
      put(trend, "tau", drift.tau());
      put(trend, "p", drift.p());
      put(trend, "slopePerTrial", drift.slopePerStep());
    }
    strings(node.putArray("outliers"), group.outliers());
    strings(node.putArray("trials"), group.trials());
    ArrayNode values = node.putArray("values");
    group.values().forEach(values::add);
    return node;
  }

  private static ObjectNode diff(SignatureDiff diff) {
    ObjectNode node = object();
    node.put("test", diff.test());
    node.put("role", diff.role());
    node.put("sentence", diff.sentence());
    ArrayNode changes = node.putArray("changes");
    for (SignatureDiff.Change change : diff.changes()) {
      ObjectNode one = changes.addObject();
      one.put("call", CallSums.name(change.kind()));
      put(one, "a", change.a());
      put(one, "b", change.b());
    }
    strings(node.putArray("besidesA"), diff.besidesA());
    strings(node.putArray("besidesB"), diff.besidesB());
    return node;
  }

  private static ObjectNode judged(Threshold.Judged judged) {
    ObjectNode node = object();
    node.put("condition", judged.threshold().text());
    node.put("metric", judged.row().metric().id());
    node.put("a", judged.pair().a().name());
    node.put("b", judged.pair().b().name());
    node.put("outcome", judged.outcome().name().toLowerCase(Locale.ROOT));
    put(node, "p", judged.p());
    put(node, "leastP", judged.leastP());
    node.put("sentence", ComparisonWords.sentence(judged));
    return node;
  }

  private static ObjectNode association(Association association) {
    ObjectNode node = object();
    node.put("scope", association.scope().word());
    node.put("environment", association.environment());
    node.put("candidate", association.candidate().id());
    node.put("outcome", association.outcome().id());
    node.put("n", association.n());
    put(node, "tau", association.kendall().tau());
    put(node, "p", association.kendall().p());
    node.put("exact", association.kendall().exact());
    put(node, "adjustedP", association.adjustedP());
    put(node, "r", association.pearson().r());
    put(node, "rP", association.pearson().p());
    put(node, "rho", association.spearman().rho());
    put(node, "rhoP", association.spearman().p());
    node.put("shown", association.shown());
    node.put("sentence", association.sentence());
    strings(node.putArray("confounders"), association.confounders());
    ArrayNode points = node.putArray("points");
    for (Association.Point point : association.points()) {
      ObjectNode one = points.addObject();
      one.put("trial", point.trial());
      one.put("environment", point.environment());
      put(one, "candidate", point.candidate());
      put(one, "outcome", point.outcome());
    }
    return node;
  }

  private static void put(ObjectNode node, String name, @Nullable Interval interval) {
    if (interval == null) {
      node.putNull(name);
      return;
    }
    ObjectNode object = node.putObject(name);
    put(object, "low", interval.low());
    put(object, "high", interval.high());
    put(object, "confidence", interval.confidence());
  }

  /// JSON has no infinity.
  private static void put(ObjectNode node, String name, @Nullable Double value) {
    if (value == null || !Double.isFinite(value)) {
      node.putNull(name);
    } else {
      node.put(name, value);
    }
  }

  private static void strings(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }
}
