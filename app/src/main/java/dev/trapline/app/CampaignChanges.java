// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.run.Provenance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What differs between two moments or machines that figures of one run must share.
final class CampaignChanges {
  /// Total memory differs by a few KiB from boot to boot, and a campaign goes on after one.
  private static final Set<String> NOT_COMPARED = Set.of("memory-kib", "boot-id");

  private CampaignChanges() {}

  /// @return one line for each difference, what was and what is; empty if there is none
  static List<String> between(Provenance before, Provenance now) {
    List<String> changes = new ArrayList<>();
    compare("trapline", before.traplineVersion(), now.traplineVersion(), changes);
    Set<String> nodes = nodesOfBoth(before, now);
    compareAll("", known(before.machine(), nodes), known(now.machine(), nodes), changes);
    compareAll("tool ", known(before.tools(), nodes), known(now.tools(), nodes), changes);
    compare("capture source", before.captureSource(), now.captureSource(), changes);
    compare("capture level", before.captureLevel(), now.captureLevel(), changes);
    compareAll("setting ", before.settings(), now.settings(), changes);
    return changes;
  }

  /// Nodes that answered both times. Of one that did not there is nothing to compare: its trials
  /// failed then, or fail now.
  private static Set<String> nodesOfBoth(Provenance before, Provenance now) {
    Set<String> nodes = answered(before);
    nodes.retainAll(answered(now));
    return nodes;
  }

  private static Set<String> answered(Provenance provenance) {
    Set<String> nodes = new TreeSet<>();
    for (String node : provenance.settings().getOrDefault(BenchSetup.NODES, "").split("\\+", -1)) {
      if (provenance.machine().containsKey(node + ".kernel")) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  /// What is of this machine (and has no dot but that of `mitigation.`), or of one of these nodes.
  private static Map<String, String> known(Map<String, String> facts, Set<String> nodes) {
    Map<String, String> known = new TreeMap<>();
    facts.forEach((name, value) -> {
      boolean ofNode = nodes.stream().anyMatch(node -> name.startsWith(node + "."));
      boolean here = name.indexOf('.') < 0 || name.startsWith("mitigation.");
      if ((here || ofNode) && !NOT_COMPARED.contains(name.substring(name.lastIndexOf('.') + 1))) {
        known.put(name, value);
      }
    });
    return known;
  }

  private static void compareAll(
      String what, Map<String, String> before, Map<String, String> now, List<String> changes) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    for (String name : names) {
      compare(
          what + name,
          before.getOrDefault(name, "unknown"),
          now.getOrDefault(name, "unknown"),
          changes);
    }
  }

  private static void compare(String what, String before, String now, List<String> changes) {
    if (!before.equals(now)) {
      changes.add(what + " was " + brief(before) + ", is " + brief(now));
    }
  }

  private static String brief(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= 60 ? line : line.substring(0, 57) + "...";
  }
}
