// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One message at a time, each answered before the next: `sockperf ping-pong`. Written for sockperf
/// 3.7; the option names are those of its `--help` and its manual page sockperf(1).
///
/// `--full-rtt` is not used, so latency is half of a round trip. `--mps` is not used, so messages
/// follow each other without a pause, which is what the half-RTT invariant rests on. Version 3.7
/// knows no IPv6.
///
/// @param messageBytes payload of a message, 14 to 65507
/// @param durationSeconds 1 to 86400; the first 400 ms and the last 50 ms are not evaluated
/// @param port of the server
/// @param protocol UDP unless told otherwise
public record Sockperf(int messageBytes, int durationSeconds, int port, Protocol protocol)
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

  /// Checks the ranges.
  public Sockperf {
    Ranges.check("messageBytes", messageBytes, 14, 65_507);
    Ranges.check("durationSeconds", durationSeconds, 1, 86_400);
    Ranges.check("port", port, 1, 65_535);
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
    return "latency";
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
    return command(
        "ping-pong",
        serverAddress,
        List.of("-m", Integer.toString(messageBytes), "-t", Integer.toString(durationSeconds)));
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
    return SockperfText.parse(client, server);
  }
}
