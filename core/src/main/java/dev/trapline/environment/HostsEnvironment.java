// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.TraplineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Machines that are there without us, joined by whatever lies between them: one for servers, one
/// or more for clients. Nothing is made and nothing is changed on them; what runs there for us ends
/// when this is closed.
///
/// A machine that cannot be reached does not keep the others from working: whatever needs it fails,
/// and it is tried again, see [ReconnectingMachine].
public final class HostsEnvironment implements Environment, AutoCloseable {
  /// Its word in campaigns.
  public static final String NAME = "hosts";

  private final Host server;
  private final List<Host> clients;
  private final Map<String, ReconnectingMachine> machines = new LinkedHashMap<>();

  /// One of them.
  ///
  /// @param name as the campaign calls it
  /// @param address numeric, under test
  /// @param way to it; null for the machine that we run on
  public record Host(String name, String address, ReconnectingMachine.@Nullable Way way) {}

  /// Nothing is connected yet.
  ///
  /// @param clients at least one; it may be the server too
  /// @param patience how long a machine that was lost is waited for
  public HostsEnvironment(Host server, List<Host> clients, Duration patience) {
    this.server = server;
    this.clients = List.copyOf(clients);
    if (clients.isEmpty()) {
      throw new IllegalArgumentException("no client");
    }
    for (Host host : hosts()) {
      ReconnectingMachine.Way way = host.way();
      if (way != null) {
        machines.put(host.name(), new ReconnectingMachine(host.name(), way, patience));
      }
    }
  }

  /// Every one of them once, the server first.
  public List<Host> hosts() {
    Map<String, Host> all = new LinkedHashMap<>();
    all.put(server.name(), server);
    clients.forEach(client -> all.putIfAbsent(client.name(), client));
    return List.copyOf(all.values());
  }

  /// The one that servers run on.
  public Host server() {
    return server;
  }

  /// Those that clients run on.
  public List<Host> clients() {
    return clients;
  }

  /// Those that are not the machine that we run on, by name.
  public Map<String, ReconnectingMachine> machines() {
    return machines;
  }

  /// Does something with every machine that is not ours, with all at once.
  ///
  /// @return why it could not be done, by the name of the machine, in their order
  public Map<String, TraplineException> onEach(AllAtOnce.Task<ReconnectingMachine> task)
      throws InterruptedException {
    Map<String, TraplineException> failures = new LinkedHashMap<>();
    AllAtOnce.on(machines.values(), task)
        .forEach((machine, failure) -> failures.put(machine.name(), failure));
    return failures;
  }

  /// Nodes that are one machine, as their boot ids tell: groups of two or more names.
  public List<List<String>> nodesOfOneMachine() {
    Map<String, List<String>> byBoot = new LinkedHashMap<>();
    for (Host host : hosts()) {
      String boot = bootId(host);
      if (boot != null) {
        byBoot.computeIfAbsent(boot, unseen -> new ArrayList<>()).add(host.name());
      }
    }
    return byBoot.values().stream().filter(names -> names.size() > 1).toList();
  }

  private @Nullable String bootId(Host host) {
    ReconnectingMachine machine = machines.get(host.name());
    SortedMap<String, String> facts = machine == null ? NodeFacts.machine() : machine.facts();
    return facts.get("boot-id");
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "machines that are there already: server "
        + server.name()
        + (clients.size() == 1 ? ", client " : ", clients ")
        + String.join(", ", clients.stream().map(Host::name).toList());
  }

  /// What cannot be reached is told when it is asked.
  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  @Override
  public SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("server", server.name());
    settings.put("clients", String.join("+", clients.stream().map(Host::name).toList()));
    for (Host host : hosts()) {
      settings.put("address." + host.name(), host.address());
    }
    List<List<String>> same = nodesOfOneMachine();
    if (!same.isEmpty()) {
      settings.put(
          "one-machine",
          String.join(", ", same.stream().map(names -> String.join("+", names)).toList()));
    }
    return settings;
  }

  @Override
  public Prepared prepare(Site site) {
    Node serverNode = node(server);
    List<Node> clientNodes = clients.stream().map(this::node).toList();
    return new Prepared() {
      @Override
      public Node server() {
        return serverNode;
      }

      @Override
      public Node client() {
        return clientNodes.getFirst();
      }

      @Override
      public List<Node> clients() {
        return clientNodes;
      }

      // The machines stand on, and so does the way to them, until the environment is closed.
      @Override
      public void close() {}
    };
  }

  private Node node(Host host) {
    ReconnectingMachine machine = machines.get(host.name());
    return machine == null
        ? new Node.Local(host.name(), host.address(), null)
        : new Node.Remote(host.name(), host.address(), machine);
  }

  @Override
  public void close() {
    machines.values().forEach(ReconnectingMachine::close);
  }
}
