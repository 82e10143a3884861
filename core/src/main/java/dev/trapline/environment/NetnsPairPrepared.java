// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.host.Lease;
import dev.trapline.host.NetworkNamespace;

/// The two namespaces while they stand. The veth pair is made inside them, so no interface of ours
/// is ever seen in the machine's own namespace, and it goes with them.
final class NetnsPairPrepared implements Environment.Prepared {
  private static final String INTERFACE = "veth0";

  private final NetworkNamespace server;
  private final NetworkNamespace client;
  private final String serverAddress;
  private final String clientAddress;

  NetnsPairPrepared(Lease lease, String serverAddress, String clientAddress) {
    this.serverAddress = serverAddress;
    this.clientAddress = clientAddress;
    String serverName = "trapline-" + lease.id() + "-server";
    String clientName = "trapline-" + lease.id() + "-client";
    lease.holdNamespace(serverName);
    lease.holdNamespace(clientName);
    server = NetworkNamespace.create(serverName);
    client = NetworkNamespace.create(clientName);
    server.ip(
        "link", "add", INTERFACE, "type", "veth", "peer", "name", INTERFACE, "netns", clientName);
    bringUp(server, serverAddress);
    bringUp(client, clientAddress);
  }

  private static void bringUp(NetworkNamespace namespace, String address) {
    namespace.ip("address", "add", address + "/24", "dev", INTERFACE);
    namespace.ip("link", "set", INTERFACE, "up");
  }

  @Override
  public Node server() {
    return new Node.Local("server-node", serverAddress, server.path());
  }

  @Override
  public Node client() {
    return new Node.Local("client-node", clientAddress, client.path());
  }

  @Override
  public void close() {
    NetworkNamespace.removeIfPresent(server.name());
    NetworkNamespace.removeIfPresent(client.name());
  }
}
