// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.campaign.file.CampaignEnvironment;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.campaign.file.CampaignNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a campaign asks of one of its nodes.
///
/// @param tools programs that its tests run
/// @param captureSource the word of the file: `auto` or a source's name; null if nothing is counted
/// @param servers the nodes that it must reach, as a client, by their addresses under test
public record NodeNeeds(
    List<String> tools, @Nullable String captureSource, SequencedMap<String, String> servers) {

  /// By node, in the order of the file.
  public static SequencedMap<CampaignNode, NodeNeeds> of(CampaignFile campaign) {
    TreeSet<String> tools = new TreeSet<>();
    for (PlannedWorkload test : campaign.tests()) {
      tools.add(test.workload().clientCommand("SERVER").getFirst());
    }
    SequencedMap<CampaignNode, NodeNeeds> needs = new LinkedHashMap<>();
    for (CampaignNode node : campaign.nodes()) {
      SequencedMap<String, String> servers = new LinkedHashMap<>();
      for (CampaignEnvironment environment : campaign.environments()) {
        if (environment.server() != null && environment.clients().contains(node.name())) {
          campaign.nodes().stream()
              .filter(server -> server.name().equals(environment.server()))
              .forEach(server -> servers.put(server.address(), server.name()));
        }
      }
      String source = campaign.repeats() == 0 ? null : campaign.captureSource();
      needs.put(node, new NodeNeeds(List.copyOf(tools), source, servers));
    }
    return needs;
  }
}
