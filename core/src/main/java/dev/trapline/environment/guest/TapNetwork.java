// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import dev.trapline.TraplineException;
import dev.trapline.host.Lease;
import dev.trapline.host.NetworkNamespace;

/// A network namespace with the taps of one environment: two on a bridge, or one that is the host's
/// own interface. Everything of it is in the namespace, and goes with it.
final class TapNetwork implements AutoCloseable {
  static final String SERVER_TAP = "tap-server";
  static final String CLIENT_TAP = "tap-client";

  /// RFC 2544 reserves 198.18.0.0/15 for benchmarks of network devices.
  static final String SERVER_ADDRESS = "198.18.0.1";

  static final String CLIENT_ADDRESS = "198.18.0.2";
  static final String PREFIX = "/24";

  private static final String BRIDGE = "bridge0";

  private final NetworkNamespace namespace;

  private TapNetwork(NetworkNamespace namespace) {
    this.namespace = namespace;
  }

  static TapNetwork create(Lease lease, String environment, MachineSettings settings) {
    String name = "trapline-" + lease.id() + "-" + environment;
    lease.holdNamespace(name);
    TapNetwork network = new TapNetwork(NetworkNamespace.create(name));
    boolean made = false;
    try {
      network.tap(SERVER_TAP, settings.queues());
      if (settings.topology() == MachineSettings.Topology.HOST_GUEST) {
        network.namespace.ip("address", "add", CLIENT_ADDRESS + PREFIX, "dev", SERVER_TAP);
      } else {
        network.tap(CLIENT_TAP, settings.queues());
        // Without the spanning tree protocol a port forwards as soon as it is up.
        network.namespace.ip(
            "link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "mcast_snooping", "0");
        network.namespace.ip("link", "set", SERVER_TAP, "master", BRIDGE);
        network.namespace.ip("link", "set", CLIENT_TAP, "master", BRIDGE);
        network.namespace.ip("link", "set", BRIDGE, "up");
      }
      made = true;
      return network;
    } finally {
      if (!made) {
        network.close();
      }
    }
  }

  void tap(String name, int queues) {
    try {
      if (queues > 1) {
        namespace.ip("tuntap", "add", "dev", name, "mode", "tap", "multi_queue");
      } else {
        namespace.ip("tuntap", "add", "dev", name, "mode", "tap");
      }
    } catch (TraplineException refused) {
      throw new TraplineException(
          "TAP-NOT-MADE",
          "the tap "
              + name
              + " for a guest cannot be made in "
              + namespace.name()
              + ": "
              + refused.getMessage(),
          "modprobe tun; 'trapline doctor' tries it; ip -n " + namespace.name() + " link",
          refused);
    }
    namespace.ip("link", "set", name, "up");
  }

  String path() {
    return namespace.path();
  }

  @Override
  public void close() {
    NetworkNamespace.removeIfPresent(namespace.name());
  }
}
