// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a network card of this network namespace says of itself, to the requests that ethtool(8)
/// makes as well: `SIOCETHTOOL` of netdevice(7), with the numbers and structures of the kernel's
/// include/uapi/linux/ethtool.h. None of these needs root.
///
/// `/sys/class/net` is not asked: it shows the namespace of whoever mounted it.
public final class NetworkCard {
  private static final long SIOCETHTOOL = 0x8946;
  private static final int INTERFACE_REQUEST_BYTES = 40;
  private static final int NAME_BYTES = 16;

  private static final int GET_SETTINGS = 0x01;
  private static final int GET_DRIVER = 0x03;
  private static final int GET_LINK = 0x0a;
  private static final int GET_COALESCING = 0x0e;
  private static final int GET_RING = 0x10;
  private static final int GET_STRINGS = 0x1b;
  private static final int GET_STRING_SET_SIZE = 0x37;
  private static final int GET_FEATURES = 0x3a;
  private static final int GET_CHANNELS = 0x3c;

  private static final int DRIVER_BYTES = 196;
  private static final int SETTINGS_BYTES = 44;
  private static final int COALESCING_BYTES = 92;
  private static final int RING_BYTES = 36;
  private static final int CHANNELS_BYTES = 36;

  /// `ETH_SS_FEATURES`
  private static final int FEATURE_STRINGS = 4;

  private static final int STRING_BYTES = 32;

  /// More than any kernel has; what is told beyond is not believed.
  private static final int MOST_FEATURES = 1024;

  /// Our name for an offload, and the kernel's names (net/ethtool/common.c) of which any one being
  /// active makes it so.
  private static final Map<String, List<String>> OFFLOADS =
      Map.of(
          "tso", List.of("tx-tcp-segmentation"),
          "gso", List.of("tx-generic-segmentation"),
          "gro", List.of("rx-gro"),
          "lro", List.of("rx-lro"),
          "udp-gso", List.of("tx-udp-segmentation"),
          "udp-gro", List.of("rx-udp-gro-forwarding", "rx-gro-list"),
          "scatter-gather", List.of("tx-scatter-gather"),
          "rx-checksum", List.of("rx-checksum"),
          "tx-checksum", List.of("tx-checksum-ipv4", "tx-checksum-ip-generic", "tx-checksum-ipv6"),
          "rx-hashing", List.of("rx-hashing"));

  private final String name;

  private NetworkCard(String name) {
    this.name = name;
  }

  /// The card that has this address; empty if none of this namespace has it.
  ///
  /// @param address numeric
  public static Optional<NetworkCard> holding(String address) {
    try {
      NetworkInterface found = NetworkInterface.getByInetAddress(InetAddress.ofLiteral(address));
      return found == null ? Optional.empty() : Optional.of(new NetworkCard(found.getName()));
    } catch (SocketException | IllegalArgumentException unknown) {
      return Optional.empty();
    }
  }

  /// As ip-link(8) calls it.
  public String name() {
    return name;
  }

  /// Facts by name: `card`, `card.driver`, `card.driver-version`, `card.firmware`, `card.link`,
  /// `card.mtu`, `card.speed`, `card.queues`, `card.ring`, `card.coalescing`, `card.qdisc`, and
  /// `offload.NAME` as `on` or `off`. What the card does not tell is absent.
  public SortedMap<String, String> facts() {
    SortedMap<String, String> facts = new TreeMap<>();
    facts.put("card", name);
    mtu().ifPresent(bytes -> facts.put("card.mtu", bytes + " bytes"));
    qdisc().ifPresent(kind -> facts.put("card.qdisc", kind));
    int socket;
    try {
      socket = LibC.datagramSocket();
    } catch (LibC.Failure noSockets) {
      return facts;
    }
    try {
      driver(socket, facts);
      link(socket, facts);
      queues(socket, facts);
      coalescing(socket, facts);
      offloads(socket, facts);
    } finally {
      LibC.close(socket);
    }
    return facts;
  }

  private Optional<Integer> mtu() {
    try {
      NetworkInterface card = NetworkInterface.getByName(name);
      return card == null ? Optional.empty() : Optional.of(card.getMTU());
    } catch (SocketException gone) {
      return Optional.empty();
    }
  }

  /// The root queueing discipline, by tc(8), whose first words are `qdisc KIND HANDLE root`.
  private Optional<String> qdisc() {
    if (Tool.find("tc").isEmpty()) {
      return Optional.empty();
    }
    Tool.Result said = Tool.run(List.of("tc", "qdisc", "show", "dev", name, "root"));
    String[] words = said.output().split("\\s+", -1);
    return said.exitCode() == 0 && words.length > 2 && words[0].equals("qdisc")
        ? Optional.of(words[1])
        : Optional.empty();
  }

  private void driver(int socket, SortedMap<String, String> facts) {
    try (Arena arena = Arena.ofConfined()) {
      ask(socket, GET_DRIVER, DRIVER_BYTES, arena)
          .ifPresent(answer -> {
            putText(facts, "card.driver", text(answer, 4));
            putText(facts, "card.driver-version", text(answer, 4 + STRING_BYTES));
            putText(facts, "card.firmware", text(answer, 4 + 2 * STRING_BYTES));
          });
    }
  }

  private static void putText(SortedMap<String, String> facts, String key, String value) {
    // How drivers say that they have none.
    if (!value.isEmpty() && !value.equals("N/A")) {
      facts.put(key, value);
    }
  }

  private void link(int socket, SortedMap<String, String> facts) {
    try (Arena arena = Arena.ofConfined()) {
      ask(socket, GET_LINK, 8, arena)
          .ifPresent(answer -> facts.put("card.link", number(answer, 1) == 0 ? "down" : "up"));
      // struct ethtool_cmd: the speed's halves are at 12 and 28, in Mbit/s; all ones is unknown.
      ask(socket, GET_SETTINGS, SETTINGS_BYTES, arena)
          .ifPresent(answer -> {
            int speed =
                Short.toUnsignedInt(answer.get(JAVA_SHORT, 12))
                    | Short.toUnsignedInt(answer.get(JAVA_SHORT, 28)) << 16;
            if (speed > 0) {
              facts.put("card.speed", speed + " Mbit/s");
            }
          });
    }
  }

  private void queues(int socket, SortedMap<String, String> facts) {
    try (Arena arena = Arena.ofConfined()) {
      // struct ethtool_channels: four maxima, then rx, tx, other, combined.
      ask(socket, GET_CHANNELS, CHANNELS_BYTES, arena)
          .ifPresent(answer -> {
            int receive = number(answer, 5);
            int transmit = number(answer, 6);
            int combined = number(answer, 8);
            facts.put(
                "card.queues", (combined + receive) + " rx, " + (combined + transmit) + " tx");
          });
      // struct ethtool_ringparam: four maxima, then rx, mini, jumbo, tx.
      ask(socket, GET_RING, RING_BYTES, arena)
          .ifPresent(answer ->
              facts.put("card.ring", number(answer, 5) + " rx, " + number(answer, 8) + " tx"));
    }
  }

  private void coalescing(int socket, SortedMap<String, String> facts) {
    try (Arena arena = Arena.ofConfined()) {
      ask(socket, GET_COALESCING, COALESCING_BYTES, arena)
          .ifPresent(answer ->
              facts.put(
                  "card.coalescing",
                  "rx "
                      + number(answer, 1)
                      + " us"
                      + (number(answer, 10) == 0 ? "" : " adaptive")
                      + ", tx "
                      + number(answer, 5)
                      + " us"
                      + (number(answer, 11) == 0 ? "" : " adaptive")));
    }
  }

  private void offloads(int socket, SortedMap<String, String> facts) {
    Map<String, Boolean> active = features(socket);
    OFFLOADS.forEach((ours, theirs) -> {
      if (theirs.stream().anyMatch(active::containsKey)) {
        boolean on = theirs.stream().anyMatch(feature -> active.getOrDefault(feature, false));
        facts.put("offload." + ours, on ? "on" : "off");
      }
    });
  }

  /// The kernel's features by name, and whether each is active. Empty if they are not told.
  private Map<String, Boolean> features(int socket) {
    Map<String, Boolean> active = new HashMap<>();
    try (Arena arena = Arena.ofConfined()) {
      // struct ethtool_sset_info: cmd, reserved, mask of sets (64 bits), a size for each set.
      MemorySegment size = arena.allocate(24, 8);
      size.set(JAVA_INT, 0, GET_STRING_SET_SIZE);
      size.set(JAVA_LONG, 8, 1L << FEATURE_STRINGS);
      if (!ask(socket, size, arena) || size.get(JAVA_LONG, 8) == 0) {
        return active;
      }
      int count = size.get(JAVA_INT, 16);
      if (count <= 0 || count > MOST_FEATURES) {
        return active;
      }
      // struct ethtool_gstrings: cmd, which set, how many, 32 bytes for each.
      MemorySegment names = arena.allocate(12 + (long) count * STRING_BYTES, 8);
      names.set(JAVA_INT, 0, GET_STRINGS);
      names.set(JAVA_INT, 4, FEATURE_STRINGS);
      names.set(JAVA_INT, 8, count);
      // struct ethtool_gfeatures: cmd, blocks of 32 features, and in each block available,
      // requested, active, never changed.
      int blocks = (count + 31) / 32;
      MemorySegment states = arena.allocate(8 + 16L * blocks, 8);
      states.set(JAVA_INT, 0, GET_FEATURES);
      states.set(JAVA_INT, 4, blocks);
      if (!ask(socket, names, arena) || !ask(socket, states, arena)) {
        return active;
      }
      for (int feature = 0; feature < count; feature++) {
        int bits = states.get(JAVA_INT, 8 + feature / 32 * 16L + 8);
        active.put(text(names, 12 + feature * STRING_BYTES), (bits >>> (feature % 32) & 1) == 1);
      }
    }
    return active;
  }

  private Optional<MemorySegment> ask(int socket, int command, int bytes, Arena arena) {
    MemorySegment request = arena.allocate(bytes, 8);
    request.set(JAVA_INT, 0, command);
    return ask(socket, request, arena) ? Optional.of(request) : Optional.empty();
  }

  /// Fills a request in. A driver that does not know it is no fault.
  private boolean ask(int socket, MemorySegment request, Arena arena) {
    MemorySegment envelope = arena.allocate(INTERFACE_REQUEST_BYTES, 8);
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= NAME_BYTES) {
      return false;
    }
    MemorySegment.copy(
        bytes, 0, envelope, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
    envelope.set(ADDRESS, NAME_BYTES, request);
    try {
      LibC.ioctl(socket, SIOCETHTOOL, envelope.address());
      return true;
    } catch (LibC.Failure notTold) {
      return false;
    }
  }

  private static int number(MemorySegment answer, int index) {
    return answer.get(JAVA_INT, 4L * index);
  }

  private static String text(MemorySegment answer, int offset) {
    byte[] bytes =
        answer.asSlice(offset, STRING_BYTES).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8).strip();
  }
}
