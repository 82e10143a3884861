// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Bulk data between client and server over parallel connections. Written for iperf3 3.12; the
/// option names are those of its manual page iperf3(1).
///
/// `-1` lets the server end after one client, `-J` prints JSON at the end on both sides, which has
/// each connection, each second and the CPU time of both.
///
/// @param protocol TCP unless told otherwise
/// @param streams parallel connections, 1 to 128, which is iperf3's own limit
/// @param reverse whether the server sends and the client receives
/// @param lengthBytes of one read or write, of a datagram's payload with UDP; null for iperf3's own
/// @param bitsPerSecond that each stream is held to; 0 for no limit, null for iperf3's own, which
///   is no limit for TCP and 1 Mbit/s for UDP
/// @param durationSeconds 1 to 86400, which is iperf3's own limit
/// @param port of the server, for control and data
public record Iperf3(
    Protocol protocol,
    int streams,
    boolean reverse,
    @Nullable Integer lengthBytes,
    @Nullable Long bitsPerSecond,
    int durationSeconds,
    int port)
    implements Workload {
  /// iperf3's own default.
  public static final int DEFAULT_PORT = 5201;

  /// iperf3's own limit of a read or write, its `MAX_BLOCKSIZE`.
  private static final int LONGEST = 1 << 20;

  /// What carries the data.
  public enum Protocol {
    /// Connections.
    TCP,
    /// Datagrams, whose loss is told.
    UDP
  }

  /// Checks the ranges.
  public Iperf3 {
    Ranges.check("streams", streams, 1, 128);
    Ranges.check("durationSeconds", durationSeconds, 1, 86_400);
    Ranges.check("port", port, 1, 65_535);
    if (lengthBytes != null) {
      Ranges.check("lengthBytes", lengthBytes, 1, LONGEST);
    }
    if (bitsPerSecond != null && bitsPerSecond < 0) {
      throw new IllegalArgumentException("bitsPerSecond is " + bitsPerSecond);
    }
  }

  /// TCP as fast as it goes, from client to server.
  public Iperf3(int streams, int durationSeconds, int port) {
    this(Protocol.TCP, streams, false, null, null, durationSeconds, port);
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
    List<String> command =
        new ArrayList<>(
            List.of(
                "iperf3",
                "-c",
                serverAddress,
                "-p",
                Integer.toString(port),
                "-P",
                Integer.toString(streams),
                "-t",
                Integer.toString(durationSeconds)));
    if (protocol == Protocol.UDP) {
      command.add("-u");
    }
    if (reverse) {
      command.add("-R");
    }
    if (lengthBytes != null) {
      command.addAll(List.of("-l", lengthBytes.toString()));
    }
    if (bitsPerSecond != null) {
      command.addAll(List.of("-b", bitsPerSecond.toString()));
    }
    command.add("-J");
    return List.copyOf(command);
  }

  @Override
  public Iperf3 onPort(int other) {
    return new Iperf3(
        protocol, streams, reverse, lengthBytes, bitsPerSecond, durationSeconds, other);
  }

  @Override
  public Iperf3 ofDuration(int seconds) {
    return new Iperf3(protocol, streams, reverse, lengthBytes, bitsPerSecond, seconds, port);
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

  /// It refuses a second client while it has one.
  @Override
  public boolean servesManyClients() {
    return false;
  }

  @Override
  public Outcome parseTogether(List<ToolOutput> clients, List<ToolOutput> servers) {
    if (clients.size() == 1) {
      return parse(clients.getFirst(), servers.getFirst());
    }
    List<Throughput> parts = new ArrayList<>();
    for (int number = 0; number < clients.size(); number++) {
      if (parse(clients.get(number), servers.get(number)) instanceof Throughput part) {
        parts.add(part);
      } else {
        throw new IllegalStateException("iperf3 was not asked for both directions");
      }
    }
    return Throughput.together(parts);
  }
}
