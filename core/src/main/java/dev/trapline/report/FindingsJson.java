// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.finding.Evidence;
import dev.trapline.finding.Finding;
import dev.trapline.finding.Gain;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Findings as JSON, schema [#SCHEMA]: one finding a line. Every key is always there; unknown is
/// null. docs/reference/json.md describes it.
public final class FindingsJson {
  /// Name and version.
  public static final String SCHEMA = "trapline.findings/1";

  private static final JsonMapper MAPPER = JsonMapper.shared();

  private FindingsJson() {}

  /// The findings in their order, ending in a newline.
  public static String of(List<Finding> findings) {
    StringBuilder text = new StringBuilder();
    text.append("{\"schema\":").append(MAPPER.writeValueAsString(SCHEMA));
    text.append(",\n\"findings\":[");
    for (int at = 0; at < findings.size(); at++) {
      text.append(at == 0 ? "\n" : ",\n").append(MAPPER.writeValueAsString(node(findings.get(at))));
    }
    return text.append("]}\n").toString();
  }

  /// One finding as a part of another document.
  public static ObjectNode node(Finding finding) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("id", finding.id());
    node.put("title", finding.title());
    node.put("doubt", finding.doubt());
    node.put("environment", finding.where().environment());
    node.put("test", finding.where().test());
    node.put("role", finding.where().role());
    ArrayNode evidence = node.putArray("evidence");
    for (Evidence one : finding.evidence()) {
      evidence
          .addObject()
          .put("figure", one.figure())
          .put("value", one.value())
          .put("unit", one.unit())
          .put("source", one.source());
    }
    node.putObject("confidence")
        .put("level", finding.confidence().level().label())
        .put("reason", finding.confidence().reason());
    node.put("advice", finding.advice());
    Gain gain = finding.gain();
    if (gain == null) {
      node.putNull("gain");
    } else {
      node.putObject("gain")
          .put("what", gain.what())
          .put("unit", gain.unit())
          .put("low", gain.low())
          .put("high", gain.high())
          .put("of", gain.of())
          .put("share", gain.share())
          .put("assumption", gain.assumption());
    }
    node.put("verify", finding.verify());
    node.put("expectation", finding.expectation());
    return node;
  }
}
