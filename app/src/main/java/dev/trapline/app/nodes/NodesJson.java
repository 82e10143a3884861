// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.ClockReading;
import java.util.List;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `trapline.nodes/1`: docs/reference/nodes.md says what is in it, docs/reference/nodes.schema.json
/// how.
public final class NodesJson {
  /// Its name and version.
  public static final String SCHEMA = "trapline.nodes/1";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private NodesJson() {}

  /// All of it, on several lines.
  public static String of(NodesCheck check) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("schema", SCHEMA).put("campaign", check.campaign());
    ArrayNode nodes = root.putArray("nodes");
    check.answers().forEach(answer -> addNode(nodes.addObject(), answer));
    NodeDifferences differences = NodeDifferences.of(check);
    ArrayNode differing = root.putArray("differences");
    for (NodeDifferences.Difference difference : differences.differing()) {
      ArrayNode values = differing.addObject().put("fact", difference.fact()).putArray("values");
      for (NodeDifferences.Value value : difference.values()) {
        ArrayNode holders = values.addObject().put("value", value.value()).putArray("nodes");
        value.nodes().forEach(holders::add);
      }
    }
    ArrayNode groups = root.putArray("oneMachine");
    for (List<String> group : differences.oneMachine()) {
      ArrayNode names = groups.addArray();
      group.forEach(names::add);
    }
    return root.toPrettyString();
  }

  private static void addNode(ObjectNode json, NodeAnswer answer) {
    CampaignNode node = answer.node();
    json.put("name", node.name());
    CampaignNode.Ssh ssh = node.ssh();
    if (ssh == null) {
      json.putNull("ssh");
    } else {
      json.putObject("ssh").put("host", ssh.host()).put("user", ssh.user()).put("port", ssh.port());
    }
    json.put("address", node.address());
    json.put("reached", answer.isReached()).put("usable", answer.isUsable());
    if (answer.fault() == null) {
      json.putNull("fault");
    } else {
      json.putObject("fault")
          .put("code", answer.fault().code())
          .put("fact", answer.fault().getMessage())
          .put("remedy", answer.fault().remedy());
    }
    addRemarks(json.putArray("obstacles"), answer.obstacles());
    addRemarks(json.putArray("doubts"), answer.doubts());
    ClockReading clock = answer.clock();
    if (clock == null) {
      json.putNull("clock");
    } else {
      json.putObject("clock")
          .put("offsetNanos", clock.offsetNanos())
          .put("errorNanos", clock.errorNanos());
    }
    ObjectNode facts = json.putObject("facts");
    answer.facts().forEach(facts::put);
  }

  private static void addRemarks(ArrayNode array, List<NodeAnswer.Remark> remarks) {
    remarks.forEach(
        remark -> array.addObject().put("fact", remark.fact()).put("remedy", remark.remedy()));
  }
}
