// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.ClockReading;
import dev.trapline.environment.NodeFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What became of asking one node. What it says is untrusted text.
///
/// @param fault why it could not be asked; null if it answered
/// @param facts as [NodeFacts] names them; empty if it did not answer
/// @param clock its wall clock against ours; null for this machine itself, and without an answer
public record NodeAnswer(
    CampaignNode node,
    NodeNeeds needs,
    @Nullable TraplineException fault,
    SortedMap<String, String> facts,
    @Nullable ClockReading clock) {

  /// One thing that stands in the way, or that is lost.
  ///
  /// @param remedy to be done on the node or to the file; null if nothing can be done
  public record Remark(String fact, @Nullable String remedy) {}

  /// One that answered.
  static NodeAnswer of(
      CampaignNode node,
      NodeNeeds needs,
      SortedMap<String, String> facts,
      @Nullable ClockReading clock) {
    return new NodeAnswer(node, needs, null, new TreeMap<>(facts), clock);
  }

  /// One that did not.
  static NodeAnswer failed(CampaignNode node, NodeNeeds needs, TraplineException fault) {
    return new NodeAnswer(node, needs, fault, new TreeMap<>(), null);
  }

  /// Whether it answered.
  public boolean isReached() {
    return fault == null;
  }

  /// Whether the campaign can use it as it is.
  public boolean isUsable() {
    return isReached() && obstacles().isEmpty();
  }

  /// The capture sources that work there.
  List<String> captures() {
    return facts.entrySet().stream()
        .filter(fact -> fact.getKey().startsWith(NodeFacts.CAPTURE))
        .filter(fact -> fact.getValue().equals(NodeFacts.WORKS))
        .map(fact -> fact.getKey().substring(NodeFacts.CAPTURE.length()))
        .toList();
  }

  /// What keeps the campaign from using it. Empty for a node that did not answer: its fault says
  /// all.
  public List<Remark> obstacles() {
    List<Remark> obstacles = new ArrayList<>();
    if (!isReached()) {
      return obstacles;
    }
    String card = facts.get("card");
    if (card == null) {
      obstacles.add(
          new Remark(
              "none of its network cards has the address under test, " + node.address(),
              "`ip address` there shows what they have; correct `address` in the file"));
    } else if ("down".equals(facts.get("card.link"))) {
      obstacles.add(
          new Remark("its network card " + card + " has no link", "ip link show " + card));
    }
    for (String tool : needs.tools()) {
      if (!facts.containsKey(NodeFacts.TOOL + tool)) {
        obstacles.add(
            new Remark("it has no " + tool + ", which the tests need", "apt-get install " + tool));
      }
    }
    capture(obstacles);
    needs
        .servers()
        .forEach((address, name) -> {
          String way = facts.getOrDefault(NodeFacts.PATH + address, "not asked");
          if (!way.startsWith(NodeFacts.ANSWERS)) {
            obstacles.add(
                new Remark(
                    "it does not reach " + name + " (" + address + "): " + way,
                    "ping " + address + "; a route or a firewall may be in the way"));
          }
        });
    return obstacles;
  }

  private void capture(List<Remark> obstacles) {
    String wanted = needs.captureSource();
    List<String> working = captures();
    if (wanted == null || working.contains(wanted)) {
      return;
    }
    if (!wanted.equals("auto")) {
      obstacles.add(
          new Remark(
              "capture by "
                  + wanted
                  + " does not work: "
                  + facts.getOrDefault(NodeFacts.CAPTURE + wanted, "it was not tried"),
              "let ssh log in as root there, or write `capture: {source: auto}`"));
    } else if (working.isEmpty()) {
      obstacles.add(
          new Remark("no capture source works there", "let ssh log in as root: `user: root`"));
    }
  }

  /// What is lost or doubtful, though the campaign can use it.
  public List<Remark> doubts() {
    List<Remark> doubts = new ArrayList<>();
    if (!isReached()) {
      return doubts;
    }
    String uid = facts.get("uid");
    if (uid != null && !uid.equals("0")) {
      doubts.add(
          new Remark(
              "Trapline is not root there (uid " + uid + ")",
              "let ssh log in as root: `user: root`"));
    }
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      if (fact.getKey().startsWith(NodeFacts.CAPTURE) && !fact.getValue().equals(NodeFacts.WORKS)) {
        String source = fact.getKey().substring(NodeFacts.CAPTURE.length());
        doubts.add(new Remark("no capture by " + source + ": " + fact.getValue(), null));
      }
    }
    String card = facts.get("card");
    needs
        .servers()
        .forEach((address, name) -> {
          String way = facts.getOrDefault(NodeFacts.PATH + address, "");
          if (card != null && way.startsWith(NodeFacts.ANSWERS) && !way.endsWith(" by " + card)) {
            doubts.add(
                new Remark(
                    "its way to "
                        + name
                        + " is not by "
                        + card
                        + ", which has its address under test: "
                        + way,
                    "ip route get " + address));
          }
        });
    return doubts;
  }
}
