// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Small messages. Written for sockperf 3.7; the option names are those of its `--help` and its
/// manual page sockperf(1).
///
/// As ping-pong, one message at a time, each answered before the next: `--mps` is not used, so
/// messages follow each other without a pause, which is what the half-RTT invariant rests on. Under
/// load, messages are sent at a rate and some are answered. As throughput, none is answered, and
/// what arrives only the server knows. `--full-rtt` is not used, so latency is half of a round
/// trip. Version 3.7 knows no IPv6.
///
/// @param mode ping-pong unless told otherwise
/// @param messageBytes payload of a message, 14 to 65507
/// @param messagesPerSecond to send; 0 for as many as go; null for sockperf's own, which is 10000
///   under load and as many as go for throughput. Null for a ping-pong
/// @param replyEvery of so many messages under load one is answered; null for sockperf's own 100,
///   and in other modes
/// @param durationSeconds 1 to 86400; the first 400 ms and the last 50 ms are not evaluated
/// @param port of the server
/// @param protocol UDP unless told otherwise
public record Sockperf(
    Mode mode,
    int messageBytes,
    @Nullable Integer messagesPerSecond,
    @Nullable Integer replyEvery,
    int durationSeconds,
    int port,
    Protocol protocol)
    implements Workload {
  /// sockperf's own default.
  public static final int DEFAULT_PORT = 11_111;

  /// What carries the messages.
  public enum Protocol {
    /// Datagrams: a lost one ends the ping-pong until sockperf's own timeout.
    UDP,
    /// One connection, without Nagle's algorithm.
    TCP
  }

  /// How messages follow each other: sockperf's own words for it.
  public enum Mode {
    /// Each waits for the reply to the one before.
    PING_PONG("ping-pong", "latency"),
    /// At a rate; some are answered.
    UNDER_LOAD("under-load", "latency-under-load"),
    /// At a rate, or as fast as they go; none is answered.
    THROUGHPUT("throughput", "message-rate");

    private final String word;
    private final String test;

    Mode(String word, String test) {
      this.word = word;
      this.test = test;
    }
  }

  /// Checks the ranges.
  public Sockperf {
    if (messagesPerSecond != null && (messagesPerSecond < 0 || mode == Mode.PING_PONG)) {
      throw new IllegalArgumentException(messagesPerSecond + " messages per second in " + mode);
    }
    if (replyEvery != null && (replyEvery < 1 || mode != Mode.UNDER_LOAD)) {
      throw new IllegalArgumentException("a reply every " + replyEvery + " in " + mode);
    }
    Ranges.check("messageBytes", messageBytes, 14, 65_507);
    Ranges.check("durationSeconds", durationSeconds, 1, 86_400);
    Ranges.check("port", port, 1, 65_535);
  }

  /// A ping-pong.
  public Sockperf(int messageBytes, int durationSeconds, int port, Protocol protocol) {
    this(Mode.PING_PONG, messageBytes, null, null, durationSeconds, port, protocol);
  }

  /// The study's workload: 64 bytes over UDP.
  public static Sockperf ofSeconds(int durationSeconds) {
    return new Sockperf(64, durationSeconds, DEFAULT_PORT, Protocol.UDP);
  }

  @Override
  public String name() {
    return "sockperf";
  }

  @Override
  public String test() {
    return mode.test;
  }

  @Override
  public String requiredTool() {
    return "sockperf";
  }

  @Override
  public UnitOfWork unitOfWork() {
    return UnitOfWork.MESSAGE;
  }

  @Override
  public List<String> serverCommand(String address) {
    return command("server", address, List.of());
  }

  @Override
  public List<String> clientCommand(String serverAddress) {
    List<String> options =
        new ArrayList<>(
            List.of("-m", Integer.toString(messageBytes), "-t", Integer.toString(durationSeconds)));
    if (messagesPerSecond != null) {
      options.add("--mps");
      options.add(messagesPerSecond == 0 ? "max" : messagesPerSecond.toString());
    }
    if (replyEvery != null) {
      options.addAll(List.of("--reply-every", replyEvery.toString()));
    }
    return command(mode.word, serverAddress, options);
  }

  @Override
  public Sockperf onPort(int other) {
    return new Sockperf(
        mode, messageBytes, messagesPerSecond, replyEvery, durationSeconds, other, protocol);
  }

  @Override
  public Sockperf ofDuration(int seconds) {
    return new Sockperf(mode, messageBytes, messagesPerSecond, replyEvery, seconds, port, protocol);
  }

  private List<String> command(String mode, String address, List<String> options) {
    List<String> command =
        new ArrayList<>(List.of("sockperf", mode, "-i", address, "-p", Integer.toString(port)));
    if (protocol == Protocol.TCP) {
      command.add("--tcp");
    }
    command.addAll(options);
    return List.copyOf(command);
  }

  @Override
  public String readinessTransport() {
    return switch (protocol) {
      case UDP -> "udp";
      case TCP -> "tcp";
    };
  }

  @Override
  public boolean serverEndsByItself() {
    return false;
  }

  @Override
  public Outcome parse(ToolOutput client, @Nullable ToolOutput server) {
    return switch (mode) {
      case PING_PONG -> SockperfText.parse(client, server);
      case UNDER_LOAD -> SockperfText.parseUnderLoad(client, server);
      case THROUGHPUT -> SockperfText.parseThroughput(client, server);
    };
  }

  /// Over UDP, where its server answers whoever sends. Over TCP that of version 3.7 accepts any
  /// number of connections and serves the first one until it ends; the others wait.
  @Override
  public boolean servesManyClients() {
    return protocol == Protocol.UDP;
  }

  @Override
  public Outcome parseTogether(List<ToolOutput> clients, List<ToolOutput> servers) {
    if (clients.size() == 1) {
      return parse(clients.getFirst(), servers.getFirst());
    }
    boolean shared = servesManyClients();
    List<Latency> latencies = new ArrayList<>();
    List<MessageRate> rates = new ArrayList<>();
    for (int number = 0; number < clients.size(); number++) {
      switch (parse(clients.get(number), shared ? null : servers.get(number))) {
        case Latency latency -> latencies.add(latency);
        case MessageRate rate -> rates.add(rate);
        case Throughput _, BidirectionalThroughput _ -> throw new IllegalStateException(name());
      }
    }
    Long handled = shared ? SockperfText.messagesHandled(servers.getFirst()) : null;
    if (rates.isEmpty()) {
      Latency together = Latency.together(latencies);
      return shared ? together.withMessagesHandledByServer(handled) : together;
    }
    MessageRate together = MessageRate.together(rates);
    return shared ? together.withMessagesHandledByServer(handled) : together;
  }
}
