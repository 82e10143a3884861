// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.audit.AuditReport;
import dev.trapline.audit.Bounds;
import dev.trapline.audit.ClaimFinding;
import dev.trapline.audit.InvariantFinding;
import dev.trapline.study.Study;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// An audit as JSON, schema [#SCHEMA]: one finding a line, so that `grep` and `diff` work. Every
/// key is always there; unknown is null. docs/reference/json.md describes it.
public final class AuditJson {
  /// Name and version.
  public static final String SCHEMA = "trapline.audit/1";

  private static final JsonMapper MAPPER = JsonMapper.shared();

  private AuditJson() {}

  /// The report, ending in a newline.
  ///
  /// @param study the one that was audited
  public static String of(AuditReport report, Study study) {
    StringBuilder text = new StringBuilder();
    text.append("{\"schema\":").append(quoted(SCHEMA));
    text.append(",\n\"study\":").append(quoted(study.name()));
    text.append(",\n\"source\":").append(quoted(study.source()));
    text.append(",\n\"notes\":").append(MAPPER.writeValueAsString(study.notes()));
    append(text, "invariants", report.invariants().stream().map(AuditJson::of).toList());
    append(text, "claims", report.claims().stream().map(AuditJson::of).toList());
    return text.append("}\n").toString();
  }

  private static void append(StringBuilder text, String name, List<ObjectNode> findings) {
    text.append(",\n").append(quoted(name)).append(":[");
    for (int at = 0; at < findings.size(); at++) {
      text.append(at == 0 ? "\n" : ",\n").append(MAPPER.writeValueAsString(findings.get(at)));
    }
    text.append(']');
  }

  private static String quoted(String value) {
    return MAPPER.writeValueAsString(value);
  }

  private static ObjectNode of(InvariantFinding finding) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("id", finding.id());
    node.put("subject", finding.subject());
    node.put("holds", finding.holds());
    node.put("detail", finding.detail());
    return node;
  }

  private static ObjectNode of(ClaimFinding finding) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("id", finding.id());
    node.put("kind", finding.kind());
    node.put("verdict", finding.verdict().word());
    node.put("says", finding.says());
    node.put("finds", finding.finds());
    node.put("derivation", finding.derivation());
    ClaimFinding.Computed computed = finding.computed();
    if (computed == null) {
      node.putNull("found");
    } else {
      node.set("found", bounds(computed.bounds()).put("unit", computed.unit()));
    }
    Bounds stated = finding.stated();
    if (stated == null) {
      node.putNull("stated");
    } else {
      node.set("stated", bounds(stated));
    }
    addAll(node.putArray("restsOn"), finding.restsOn());
    addAll(node.putArray("cautions"), finding.cautions());
    addAll(node.putArray("needs"), finding.needs());
    node.put("place", finding.place().toString());
    return node;
  }

  private static void addAll(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }

  private static ObjectNode bounds(Bounds bounds) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    put(node, "value", bounds.value());
    put(node, "low", bounds.low());
    put(node, "high", bounds.high());
    return node;
  }

  /// JSON has no infinity.
  private static void put(ObjectNode node, String name, @Nullable Double value) {
    if (value == null || !Double.isFinite(value)) {
      node.putNull(name);
    } else {
      node.put(name, value);
    }
  }
}
