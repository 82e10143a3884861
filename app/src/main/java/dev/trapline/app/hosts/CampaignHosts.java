// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.hosts;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignEnvironment;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.capture.CaptureSource;
import dev.trapline.environment.HostsEnvironment;
import dev.trapline.environment.NodeFacts;
import dev.trapline.environment.RemoteMachine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// An environment of the kind `hosts` as it was found before the first trial: who answered, what
/// each is, and what works on it.
public final class CampaignHosts implements AutoCloseable {
  private static final String PATIENCE = "TRAPLINE_NODE_PATIENCE";
  private static final int USUAL_PATIENCE = 60;
  private static final int MOST_PATIENCE = 86_400;

  private final HostsEnvironment environment;
  private final SequencedMap<String, SortedMap<String, String>> facts = new LinkedHashMap<>();
  private final SequencedMap<String, TraplineException> unreachable = new LinkedHashMap<>();

  /// Reaches a machine by ssh.
  @FunctionalInterface
  public interface Opener {
    /// @param node with ssh
    /// @param news told what is being waited for
    RemoteMachine open(CampaignNode node, Consumer<String> news) throws InterruptedException;
  }

  private CampaignHosts(HostsEnvironment environment) {
    this.environment = environment;
  }

  /// Reaches all nodes of an environment and asks each what it is.
  ///
  /// @param sources that can count on this machine
  /// @param news told what is being waited for, and what is wrong, a line each
  /// @throws TraplineException of the first failure, if no trial can be run: the server, or every
  ///   client, cannot be reached
  public static CampaignHosts reach(
      CampaignFile file,
      CampaignEnvironment wanted,
      List<CaptureSource> sources,
      Opener opener,
      Consumer<String> news)
      throws InterruptedException {
    HostsEnvironment.Host server = host(file, String.valueOf(wanted.server()), opener, news);
    List<HostsEnvironment.Host> clients = new ArrayList<>();
    for (String client : wanted.clients()) {
      clients.add(host(file, client, opener, news));
    }
    CampaignHosts hosts = new CampaignHosts(new HostsEnvironment(server, clients, patience()));
    try {
      hosts.ask(sources, news);
    } catch (TraplineException | InterruptedException failure) {
      hosts.close();
      throw failure;
    }
    return hosts;
  }

  private static HostsEnvironment.Host host(
      CampaignFile file, String name, Opener opener, Consumer<String> news) {
    CampaignNode node =
        file.nodes().stream()
            .filter(candidate -> candidate.name().equals(name))
            .findFirst()
            .orElseThrow();
    return new HostsEnvironment.Host(
        name, node.address(), node.ssh() == null ? null : () -> opener.open(node, news));
  }

  private static Duration patience() {
    String words = System.getenv(PATIENCE);
    if (words == null) {
      return Duration.ofSeconds(USUAL_PATIENCE);
    }
    try {
      int seconds = Integer.parseInt(words);
      if (seconds >= 0 && seconds <= MOST_PATIENCE) {
        return Duration.ofSeconds(seconds);
      }
    } catch (NumberFormatException notANumber) {
      // Told below, like a number that is out of range.
    }
    throw new TraplineException(
        "USAGE",
        PATIENCE + " is '" + words + "'; it must be seconds from 0 to " + MOST_PATIENCE + ".",
        PATIENCE + "=" + USUAL_PATIENCE);
  }

  private void ask(List<CaptureSource> sources, Consumer<String> news) throws InterruptedException {
    Map<String, String> addresses = new HashMap<>();
    environment.hosts().forEach(host -> addresses.put(host.name(), host.address()));
    Map<String, SortedMap<String, String>> answers = new ConcurrentHashMap<>();
    unreachable.putAll(
        environment.onEach(machine -> {
          machine.connect();
          String address = Objects.requireNonNull(addresses.get(machine.name()));
          answers.put(machine.name(), machine.examine(address, List.of()));
        }));
    for (HostsEnvironment.Host host : environment.hosts()) {
      SortedMap<String, String> answer =
          environment.machines().containsKey(host.name())
              ? answers.get(host.name())
              : NodeFacts.examine(sources, host.address(), List.of());
      if (answer != null) {
        facts.put(host.name(), answer);
      }
    }
    boolean noClient =
        environment.clients().stream().allMatch(host -> unreachable.containsKey(host.name()));
    if (noClient || unreachable.containsKey(environment.server().name())) {
      throw unreachable.firstEntry().getValue();
    }
    unreachable.forEach((name, failure) ->
        news.accept("trials on node " + name + " will fail: " + failure.getMessage()));
    environment.machines().values().forEach(machine -> machine.tell(news));
  }

  /// The place itself.
  public HostsEnvironment environment() {
    return environment;
  }

  /// Whether some of it is this machine.
  public boolean includesThisMachine() {
    return environment.hosts().size() > environment.machines().size();
  }

  /// What is worth a word before the first trial.
  public List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    for (List<String> names : environment.nodesOfOneMachine()) {
      remarks.add(
          "nodes "
              + String.join(", ", names)
              + " are one machine, by its boot id: they share its CPUs, and what is told of the"
              + " whole machine is of it once");
    }
    return remarks;
  }

  /// How many of its nodes are this very machine, reached by ssh.
  public int onThisMachine() {
    String own = NodeFacts.machine().get("boot-id");
    return (int)
        environment.machines().values().stream()
            .filter(machine -> own != null && own.equals(machine.facts().get("boot-id")))
            .count();
  }

  /// Names of all nodes.
  public List<String> names() {
    return environment.hosts().stream().map(HostsEnvironment.Host::name).toList();
  }

  /// Facts of each machine that answered, as `NODE.FACT`.
  public SortedMap<String, String> machineFacts() {
    SortedMap<String, String> all = new TreeMap<>();
    facts.forEach((node, ofNode) ->
        ofNode.forEach((name, value) -> {
          if (!name.startsWith(NodeFacts.CAPTURE)
              && !name.startsWith(NodeFacts.TOOL)
              && !name.startsWith(NodeFacts.PATH)) {
            all.put(node + "." + name, value);
          }
        }));
    return all;
  }

  /// Version lines of tools, as `NODE.TOOL`, of each machine that answered.
  ///
  /// @param wanted names of tools
  /// @param missing what stands for a version where there is no such tool
  public SortedMap<String, String> tools(List<String> wanted, String missing) {
    SortedMap<String, String> versions = new TreeMap<>();
    facts.forEach((node, ofNode) -> {
      for (String tool : wanted) {
        versions.put(node + "." + tool, ofNode.getOrDefault(NodeFacts.TOOL + tool, missing));
      }
    });
    return versions;
  }

  /// Why a capture source does not work on nodes that are not this machine.
  ///
  /// @return by reason the names of the nodes; empty if it works on all that answered
  public Map<String, List<String>> obstacles(String source) {
    Map<String, List<String>> obstacles = new LinkedHashMap<>();
    for (String node : environment.machines().keySet()) {
      SortedMap<String, String> ofNode = facts.getOrDefault(node, Collections.emptySortedMap());
      String state = ofNode.isEmpty() ? NodeFacts.WORKS : ofNode.get(NodeFacts.CAPTURE + source);
      if (!NodeFacts.WORKS.equals(state)) {
        obstacles
            .computeIfAbsent(
                Objects.requireNonNullElse(state, "it is not there"), unseen -> new ArrayList<>())
            .add(node);
      }
    }
    return obstacles;
  }

  @Override
  public void close() {
    environment.close();
  }
}
