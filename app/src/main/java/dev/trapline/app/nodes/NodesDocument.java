// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.ClockReading;
import dev.trapline.environment.NodeFacts;
import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.report.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the nodes answered, for a reader: each node with what works on it, then what differs.
public final class NodesDocument {
  private static final int VALUE_WIDTH = 30;
  private static final int NODES_WIDTH = 20;

  /// Fewer than that are named, however many the others are.
  private static final int FEW = 3;

  private NodesDocument() {}

  /// All of it.
  public static Document of(NodesCheck check) {
    Document document = new Document();
    List<NodeAnswer> answers = check.answers();
    document.add(
        new Document.Paragraph(
            "Nodes of "
                + check.campaign()
                + ": "
                + check.usable()
                + " of "
                + answers.size()
                + (answers.size() == 1 ? " is usable." : " are usable.")));
    answers.forEach(answer -> addNode(document, answer));
    if (check.reached().size() > 1) {
      addDifferences(document, check);
    }
    return document;
  }

  private static void addNode(Document document, NodeAnswer answer) {
    CampaignNode node = answer.node();
    document.add(
        new Document.Heading(
            4, node.name() + " (" + wayTo(node) + "; under test: " + node.address() + ")"));
    List<String> lines = new ArrayList<>();
    if (answer.fault() != null) {
      lines.add(
          "NOT REACHED: "
              + answer.fault().getMessage()
              + " ["
              + answer.fault().code()
              + "] Remedy: "
              + answer.fault().remedy());
      document.add(new Document.Bullets(lines));
      return;
    }
    List<NodeAnswer.Remark> obstacles = answer.obstacles();
    if (obstacles.isEmpty()) {
      lines.add("usable");
    }
    obstacles.forEach(obstacle -> lines.add("NOT USABLE: " + sentence(obstacle)));
    answer.doubts().forEach(doubt -> lines.add("but: " + sentence(doubt)));
    lines.add("machine: " + machine(answer.facts()));
    lines.add("card: " + card(answer.facts()));
    offloads(answer.facts(), lines);
    lines.add("tools: " + tools(answer.facts()));
    lines.add(
        "captures: "
            + (answer.captures().isEmpty() ? "none" : String.join(", ", answer.captures())));
    lines.add("clock: " + clock(answer.clock()));
    answer
        .needs()
        .servers()
        .forEach((address, name) ->
            lines.add(
                "way to "
                    + name
                    + ": "
                    + answer.facts().getOrDefault(NodeFacts.PATH + address, Quantity.UNKNOWN)));
    document.add(new Document.Bullets(lines));
  }

  private static String wayTo(CampaignNode node) {
    CampaignNode.Ssh ssh = node.ssh();
    if (ssh == null) {
      return "this machine";
    }
    return "ssh "
        + (ssh.user() == null ? "" : ssh.user() + "@")
        + ssh.host()
        + (ssh.port() == null ? "" : " port " + ssh.port());
  }

  private static String sentence(NodeAnswer.Remark remark) {
    return remark.fact() + (remark.remedy() == null ? "." : ". Remedy: " + remark.remedy());
  }

  private static String machine(Map<String, String> facts) {
    List<String> parts = new ArrayList<>();
    parts.add("Linux " + facts.getOrDefault("kernel", "unknown"));
    parts.add(facts.getOrDefault("architecture", "unknown"));
    parts.add(facts.getOrDefault("cpus", "?") + " CPUs " + facts.getOrDefault("cpu", "unknown"));
    if ("yes".equals(facts.get("hypervisor"))) {
      parts.add("a virtual machine");
    }
    named(facts, "governor", parts);
    named(facts, "turbo", parts);
    named(facts, "clocksource", parts);
    named(facts, "congestion-control", parts);
    return String.join(", ", parts);
  }

  private static void named(Map<String, String> facts, String name, List<String> parts) {
    String value = facts.get(name);
    if (value != null) {
      parts.add(name + " " + value);
    }
  }

  private static String card(Map<String, String> facts) {
    String card = facts.get("card");
    if (card == null) {
      return Quantity.UNKNOWN;
    }
    List<String> parts = new ArrayList<>(List.of(card));
    facts.forEach((name, value) -> {
      if (name.startsWith("card.")) {
        String words = name.substring("card.".length()).replace('-', ' ');
        parts.add(words + " " + value);
      }
    });
    return String.join("; ", parts);
  }

  private static void offloads(Map<String, String> facts, List<String> lines) {
    Map<String, List<String>> byState = new TreeMap<>();
    facts.forEach((name, value) -> {
      if (name.startsWith("offload.")) {
        byState
            .computeIfAbsent(value, unseen -> new ArrayList<>())
            .add(name.substring("offload.".length()));
      }
    });
    byState.forEach(
        (state, names) -> lines.add("offloads " + state + ": " + String.join(", ", names)));
  }

  private static String tools(Map<String, String> facts) {
    List<String> found = new ArrayList<>();
    facts.forEach((name, value) -> {
      if (name.startsWith(NodeFacts.TOOL)) {
        found.add(value);
      }
    });
    return found.isEmpty() ? "none" : String.join("; ", found);
  }

  private static String clock(@Nullable ClockReading clock) {
    if (clock == null) {
      return "ours";
    }
    String error = Quantity.nanos(clock.errorNanos());
    return Math.abs(clock.offsetNanos()) <= clock.errorNanos()
        ? "the same as ours, to within " + error
        : Quantity.nanos(Math.abs(clock.offsetNanos()))
            + (clock.offsetNanos() > 0 ? " ahead of ours" : " behind ours")
            + ", at most "
            + error
            + " more or less";
  }

  // ---- differences ---------------------------------------------------------------------

  private static void addDifferences(Document document, NodesCheck check) {
    NodeDifferences differences = NodeDifferences.of(check);
    document.add(new Document.Heading(2, "What differs"));
    List<List<String>> rows = new ArrayList<>();
    for (NodeDifferences.Difference difference : differences.differing()) {
      addRows(rows, difference, check.reached().size());
    }
    if (!rows.isEmpty()) {
      document.add(new Document.Table(List.of("fact", "value", "nodes"), rows, 3));
    }
    document.add(
        new Document.Paragraph(
            (rows.isEmpty() ? "Nothing: " : "Alike on all: ")
                + Words.counted(differences.alike(), "fact")
                + (rows.isEmpty() ? " are alike." : ".")));
    for (List<String> group : differences.oneMachine()) {
      document.add(
          new Document.Paragraph(
              String.join(", ", group)
                  + " are one machine: they share its CPUs, and no wire is between them."));
    }
  }

  /// A row for each value, and more where it or its nodes need more than one line.
  private static void addRows(
      List<List<String>> rows, NodeDifferences.Difference difference, int all) {
    String fact = difference.fact();
    for (int index = 0; index < difference.values().size(); index++) {
      NodeDifferences.Value value = difference.values().get(index);
      int holding = value.nodes().size();
      boolean others = index == 0 && holding > FEW && holding > all / 2;
      List<String> values =
          wrapped(value.value() == null ? Quantity.UNKNOWN : value.value(), VALUE_WIDTH);
      List<String> nodes =
          wrapped(others ? "the other " + holding : String.join(", ", value.nodes()), NODES_WIDTH);
      for (int line = 0; line < Math.max(values.size(), nodes.size()); line++) {
        rows.add(
            List.of(
                line == 0 ? fact : "",
                line < values.size() ? values.get(line) : "",
                line < nodes.size() ? nodes.get(line) : ""));
      }
      fact = "";
    }
  }

  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      String rest = word;
      while ((line.length() > 0 && line.length() + 1 + rest.length() > width)
          || rest.length() > width) {
        if (line.length() > 0) {
          lines.add(line.toString());
          line.setLength(0);
        } else {
          lines.add(rest.substring(0, width));
          rest = rest.substring(width);
        }
      }
      line.append(line.length() > 0 ? " " : "").append(rest);
    }
    lines.add(line.toString());
    return lines;
  }
}
