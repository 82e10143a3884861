// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.host.LibC;
import dev.trapline.host.Tool;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A kind of place to run both sides of a workload in. Adding one: see CONTRIBUTING.md.
///
/// It is not sealed, because virtual machines have packages of their own; who may be chosen is told
/// where verbs are.
public interface Environment {
  /// The word of `--environment` and of every table.
  String name();

  /// One sentence that tells what lies between the two sides.
  String description();

  /// Why it cannot be made here, with the remedy; empty if it can.
  Optional<String> unavailable();

  /// Whether a guest's instructions are emulated in software here; to be asked when it is
  /// available.
  default boolean emulated() {
    return false;
  }

  /// What it is made of, by name, such as `accelerator`, `machine`, `vhost`; empty where there is
  /// nothing to set.
  default SortedMap<String, String> settings() {
    return new TreeMap<>();
  }

  /// Makes it. Everything that is made is written into the lease first.
  ///
  /// @throws dev.trapline.TraplineException if the system refuses
  /// @throws InterruptedException after everything that was made has been removed
  Prepared prepare(Site site) throws InterruptedException;

  /// A place that stands until it is closed.
  interface Prepared extends AutoCloseable {
    /// Where the server runs.
    Node server();

    /// Where the client runs.
    Node client();

    /// Where clients run if there are several, in turn: the second one on the second node, and so
    /// on from the first again. Never empty, and [#client] is the first.
    default List<Node> clients() {
      return List.of(client());
    }

    /// To be called before each trial: what rested goes on, what died is made again. A place that
    /// has died too often says so.
    ///
    /// @throws dev.trapline.TraplineException if it cannot be made ready; the trial then fails
    default void ready() throws InterruptedException {}

    /// To be called after each trial: nothing of it takes CPU time until [#ready].
    default void rest() throws InterruptedException {}

    @Override
    void close();
  }

  /// All environments without options by the name given, or empty.
  static Optional<Environment> named(String name) {
    return all().stream().filter(environment -> environment.name().equals(name)).findFirst();
  }

  /// Every environment that needs neither options nor a virtual machine.
  static List<Environment> all() {
    return List.of(new NetnsPair(), new Loopback());
  }

  /// Two network namespaces on this machine, joined by a veth pair: two hosts as far as the network
  /// stack is concerned, with nothing of a network card between them.
  record NetnsPair() implements Environment {
    /// RFC 2544 reserves 198.18.0.0/15 for benchmarks of network devices.
    private static final String SERVER_ADDRESS = "198.18.0.1";

    private static final String CLIENT_ADDRESS = "198.18.0.2";

    @Override
    public String name() {
      return "netns";
    }

    @Override
    public String description() {
      return "two network namespaces on one machine, joined by a veth pair";
    }

    @Override
    public Optional<String> unavailable() {
      if (!LibC.isRoot()) {
        return Optional.of(
            "making network namespaces needs root; run with sudo, or use --environment loopback");
      }
      return Tool.find("ip").isPresent()
          ? Optional.empty()
          : Optional.of("ip(8) is missing; apt-get install iproute2");
    }

    @Override
    public Prepared prepare(Site site) {
      return new NetnsPairPrepared(site.lease(), SERVER_ADDRESS, CLIENT_ADDRESS);
    }
  }

  /// Both sides on this machine's own loopback: needs no rights, and shares one network stack.
  record Loopback() implements Environment {
    @Override
    public String name() {
      return "loopback";
    }

    @Override
    public String description() {
      return "both sides on 127.0.0.1 of this machine";
    }

    @Override
    public Optional<String> unavailable() {
      return Optional.empty();
    }

    @Override
    public Prepared prepare(Site site) {
      Node node = new Node.Local("local", "127.0.0.1", null);
      return new Prepared() {
        @Override
        public Node server() {
          return node;
        }

        @Override
        public Node client() {
          return node;
        }

        @Override
        public void close() {}
      };
    }
  }
}
