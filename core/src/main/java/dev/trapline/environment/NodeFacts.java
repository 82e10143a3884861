// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureSource;
import dev.trapline.host.CommandLookup;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.MachineFacts;
import dev.trapline.host.NetworkCard;
import dev.trapline.host.Tool;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a machine that takes part in a campaign says of itself: the machine's own facts, its
/// network card's, the tools, what can be captured, and whom it reaches. Read on that machine; what
/// cannot be read is absent.
public final class NodeFacts {
  /// The most that there can be, and the longest name and value: what a reader may refuse beyond.
  public static final int MOST = 256;

  /// See [#MOST].
  public static final int LONGEST_NAME = 80;

  /// See [#MOST].
  public static final int LONGEST_VALUE = 400;

  /// What `capture.NAME` is if the source works.
  public static final String WORKS = "works";

  /// Begins the names of facts about capture sources.
  public static final String CAPTURE = "capture.";

  /// Begins the names of facts about tools.
  public static final String TOOL = "tool.";

  /// Begins the names of facts about the way to another node's address.
  public static final String PATH = "path.";

  /// Begins the value of `path.ADDRESS` if that address answers.
  public static final String ANSWERS = "answers";

  private static final int PEER_ANSWERS_WITHIN_MILLIS = 2000;

  /// Of RFC 863, discard: nothing is sent to it.
  private static final int ANY_PORT = 9;

  private static final Map<String, Path> LINES =
      Map.of(
          "boot-id", Path.of("/proc/sys/kernel/random/boot_id"),
          "host-name", Path.of("/proc/sys/kernel/hostname"),
          "smt", Path.of("/sys/devices/system/cpu/smt/control"),
          "idle-driver", Path.of("/sys/devices/system/cpu/cpuidle/current_driver"),
          "congestion-control", Path.of("/proc/sys/net/ipv4/tcp_congestion_control"),
          "tcp-rmem", Path.of("/proc/sys/net/ipv4/tcp_rmem"),
          "tcp-wmem", Path.of("/proc/sys/net/ipv4/tcp_wmem"),
          "rmem-max", Path.of("/proc/sys/net/core/rmem_max"),
          "wmem-max", Path.of("/proc/sys/net/core/wmem_max"));

  private NodeFacts() {}

  /// Facts that take no time: those of [MachineFacts], and `uid`, `boot-id`, `host-name`, `smt`,
  /// `turbo`, `idle-driver`, `congestion-control`, `tcp-rmem`, `tcp-wmem`, `rmem-max`, `wmem-max`.
  public static SortedMap<String, String> machine() {
    SortedMap<String, String> facts = MachineFacts.read();
    LINES.forEach((name, path) -> line(path).ifPresent(value -> facts.put(name, value)));
    turbo().ifPresent(value -> facts.put("turbo", value));
    facts.put("uid", uid());
    return bounded(facts);
  }

  /// All facts, which takes seconds: those of [#machine] and [NetworkCard#facts], `tool.NAME` with
  /// its version (absent if it is not there), `capture.NAME` ([#WORKS], or why it does not), and
  /// `path.ADDRESS` for each peer (such as `answers, by eth0`).
  ///
  /// @param sources those that can count here; each is tried
  /// @param address the one under test; without a card that has it there are no facts of a card
  /// @param peers numeric addresses that this machine should reach
  public static SortedMap<String, String> examine(
      List<CaptureSource> sources, String address, List<String> peers) {
    SortedMap<String, String> facts = machine();
    NetworkCard.holding(address).ifPresent(card -> facts.putAll(card.facts()));
    for (String tool : List.of("iperf3", "sockperf")) {
      version(tool).ifPresent(words -> facts.put(TOOL + tool, words));
    }
    for (CaptureSource source : sources) {
      facts.put(
          CAPTURE + source.name(),
          source.unavailable().map(CaptureSource.Unavailable::reason).orElse(WORKS));
    }
    for (String peer : peers) {
      facts.put(PATH + peer, path(peer));
    }
    return bounded(facts);
  }

  private static SortedMap<String, String> bounded(SortedMap<String, String> facts) {
    SortedMap<String, String> bounded = new TreeMap<>();
    facts.forEach((name, value) -> {
      if (bounded.size() < MOST && name.length() <= LONGEST_NAME) {
        bounded.put(
            name,
            value.length() <= LONGEST_VALUE
                ? value
                : value.substring(0, LONGEST_VALUE - 3) + "...");
      }
    });
    return bounded;
  }

  /// intel_pstate says whether there is none; acpi-cpufreq and amd_pstate whether there is.
  private static Optional<String> turbo() {
    return line(Path.of("/sys/devices/system/cpu/intel_pstate/no_turbo"))
        .map(none -> none.equals("0") ? "on" : "off")
        .or(() ->
            line(Path.of("/sys/devices/system/cpu/cpufreq/boost"))
                .map(boost -> boost.equals("1") ? "on" : "off"));
  }

  private static String uid() {
    try {
      return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException unreadable) {
      return LibC.isRoot() ? "0" : "unknown";
    }
  }

  /// Of the one that a trial would start: by PATH alone, which ssh may give without some folders.
  private static Optional<String> version(String tool) {
    Path program;
    try {
      program = CommandLookup.find(Launch.foreground(List.of(tool)));
    } catch (TraplineException missing) {
      return Optional.empty();
    }
    String said = Tool.run(List.of(program.toString(), "--version")).output();
    return Optional.of(said.lines().findFirst().map(String::strip).orElse("no version told"));
  }

  /// The way that the kernel would take (connecting a datagram socket asks the routes and sends
  /// nothing), and whether somebody answers there: ICMP echo for root, else a TCP connection,
  /// accepted or refused.
  private static String path(String peer) {
    List<String> words = new ArrayList<>();
    String by;
    try (DatagramSocket socket = new DatagramSocket()) {
      InetAddress there = InetAddress.ofLiteral(peer);
      socket.connect(new InetSocketAddress(there, ANY_PORT));
      NetworkInterface card = NetworkInterface.getByInetAddress(socket.getLocalAddress());
      by =
          card == null
              ? "from " + socket.getLocalAddress().getHostAddress()
              : "by " + card.getName();
      words.add(
          there.isReachable(PEER_ANSWERS_WITHIN_MILLIS)
              ? ANSWERS
              : "no answer within " + PEER_ANSWERS_WITHIN_MILLIS / 1000 + " s");
      words.add(by);
    } catch (IOException | java.io.UncheckedIOException | IllegalArgumentException noRoute) {
      words.add("no way there: " + noRoute.getMessage());
    }
    return String.join(", ", words);
  }

  /// The numbers of `/proc/sys` are told to the first read only: one that asks for less than all,
  /// as [Files#readString] does, gets the first digit.
  private static Optional<String> line(Path path) {
    try (FileInputStream file = new FileInputStream(path.toFile())) {
      String value =
          new String(file.readNBytes(LONGEST_VALUE), StandardCharsets.UTF_8)
              .strip()
              .replace('\t', ' ');
      return value.isEmpty() ? Optional.empty() : Optional.of(value);
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }
}
