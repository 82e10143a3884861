// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import dev.trapline.environment.NodeFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// In what the nodes that answered are not alike. Who compares a figure of one with a figure of
/// another must know.
///
/// @param differing facts that are not the same everywhere, by name
/// @param alike how many facts are the same everywhere
/// @param oneMachine groups of nodes that are one machine, by the boot id of their kernel
public record NodeDifferences(
    List<Difference> differing, int alike, List<List<String>> oneMachine) {
  private static final long KIB_PER_GIB = 1L << 20;

  /// What is never the same, or says nothing of how fast a machine is.
  private static final Set<String> IDENTITIES = Set.of("boot-id", "host-name", "card");

  /// One fact.
  public record Difference(String fact, List<Value> values) {}

  /// One of its values, and who has it.
  ///
  /// @param value null where a node does not tell it
  public record Value(@Nullable String value, List<String> nodes) {}

  /// Compares those that answered.
  public static NodeDifferences of(NodesCheck check) {
    List<NodeAnswer> nodes = check.reached();
    Set<String> names = new TreeSet<>();
    nodes.forEach(node -> names.addAll(node.facts().keySet()));
    names.removeIf(name -> IDENTITIES.contains(name) || name.startsWith(NodeFacts.PATH));
    List<Difference> differing = new ArrayList<>();
    for (String name : names) {
      Map<@Nullable String, List<String>> holders = new LinkedHashMap<>();
      for (NodeAnswer node : nodes) {
        holders
            .computeIfAbsent(valueOf(name, node), unseen -> new ArrayList<>())
            .add(node.node().name());
      }
      if (holders.size() > 1) {
        List<Value> values = new ArrayList<>();
        holders.forEach((value, holding) -> values.add(new Value(value, List.copyOf(holding))));
        // What most have comes first.
        values.sort((one, other) -> Integer.compare(other.nodes().size(), one.nodes().size()));
        differing.add(new Difference(name, List.copyOf(values)));
      }
    }
    return new NodeDifferences(
        List.copyOf(differing), names.size() - differing.size(), oneMachine(nodes));
  }

  /// A kernel that reserves a page more is not another machine: memory counts in whole GiB.
  private static @Nullable String valueOf(String name, NodeAnswer node) {
    String value = node.facts().get(name);
    if (value != null && name.equals("memory-kib") && value.matches("[0-9]{1,15}")) {
      return "about " + Math.round((double) Long.parseLong(value) / KIB_PER_GIB) + " GiB";
    }
    return value;
  }

  private static List<List<String>> oneMachine(List<NodeAnswer> nodes) {
    Map<String, List<String>> byBoot = new LinkedHashMap<>();
    for (NodeAnswer node : nodes) {
      String boot = node.facts().get("boot-id");
      if (boot != null) {
        byBoot.computeIfAbsent(boot, unseen -> new ArrayList<>()).add(node.node().name());
      }
    }
    return byBoot.values().stream().filter(group -> group.size() > 1).map(List::copyOf).toList();
  }
}
