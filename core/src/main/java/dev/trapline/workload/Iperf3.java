// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Bulk TCP from client to server over parallel connections. Written for iperf3 3.12; the option
/// names are those of its manual page iperf3(1).
///
/// `-1` lets the server end after one client, `-J` prints JSON at the end on both sides, which has
/// each connection, each second and the CPU time of both.
///
/// @param streams parallel connections, 1 to 128, which is iperf3's own limit
/// @param durationSeconds 1 to 86400, which is iperf3's own limit
/// @param port of the server, for control and data
public record Iperf3(int streams, int durationSeconds, int port) implements Workload {
  /// iperf3's own default.
  public static final int DEFAULT_PORT = 5201;

  /// Checks the ranges.
  public Iperf3 {
    Ranges.check("streams", streams, 1, 128);
    Ranges.check("durationSeconds", durationSeconds, 1, 86_400);
    Ranges.check("port", port, 1, 65_535);
  }

  /// The study's workload: four connections.
  public static Iperf3 ofSeconds(int durationSeconds) {
    return new Iperf3(4, durationSeconds, DEFAULT_PORT);
  }

  @Override
  public String name() {
    return "iperf3";
  }

  @Override
  public String test() {
    return "throughput";
  }

  @Override
  public String requiredTool() {
    return "iperf3";
  }

  @Override
  public UnitOfWork unitOfWork() {
    return UnitOfWork.GIBIBYTE;
  }

  @Override
  public List<String> serverCommand(String address) {
    return List.of("iperf3", "-s", "-1", "-B", address, "-p", Integer.toString(port), "-J");
  }

  @Override
  public List<String> clientCommand(String serverAddress) {
    return List.of(
        "iperf3",
        "-c",
        serverAddress,
        "-p",
        Integer.toString(port),
        "-P",
        Integer.toString(streams),
        "-t",
        Integer.toString(durationSeconds),
        "-J");
  }

  @Override
  public String readinessTransport() {
    return "tcp";
  }

  @Override
  public boolean serverEndsByItself() {
    return true;
  }

  @Override
  public Outcome parse(ToolOutput client, @Nullable ToolOutput server) {
    return Iperf3Json.parse(client, server);
  }
}
