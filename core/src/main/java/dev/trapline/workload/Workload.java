// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A server and a client that make traffic between them. It is a description: command lines as
/// argument lists, how to see that the server is ready, and the reader of what they print. It does
/// not start, wait or end anything; neither tool has a deadline of its own for a peer that accepts
/// and then says nothing, so whoever runs them must set one.
///
/// The programs are to run with `LC_ALL=C`, since what they print is parsed.
public sealed interface Workload permits Iperf3, Sockperf {
  /// Short and stable: `iperf3`, `sockperf`.
  String name();

  /// What it measures, in a word: `throughput`, `latency`, `latency-under-load`, `message-rate`.
  String test();

  /// The program that both sides need on PATH.
  String requiredTool();

  /// TCP or UDP port that the server listens on.
  int port();

  /// The same on another port.
  Workload onPort(int other);

  /// The same for another time.
  Workload ofDuration(int seconds);

  /// How long the client sends, in seconds.
  int durationSeconds();

  /// What costs are divided by.
  UnitOfWork unitOfWork();

  /// The server.
  ///
  /// @param address numeric address to listen on
  List<String> serverCommand(String address);

  /// The client.
  ///
  /// @param serverAddress numeric address that the server listens on
  List<String> clientCommand(String serverAddress);

  /// Whose table has the server's port once it is ready: `tcp` or `udp`.
  String readinessTransport();

  /// Whether the server ends after its first client. One that does not is to be ended with SIGINT,
  /// because only then does it print its total.
  boolean serverEndsByItself();

  /// Whether one server serves several clients at once. If not, each client has a server of its
  /// own, on ports that follow each other.
  boolean servesManyClients();

  /// Reads what both printed, after both have ended. The client's exit code need not be looked at:
  /// sockperf's is 0 even if no server answered, so the output decides.
  ///
  /// @param server null if there is no output of the server, such as from a remote host
  /// @throws TraplineException `WORKLOAD-OUTPUT` if a file is missing, empty, cut off, not of this
  ///   tool, or holds the tool's own report of a failure
  Outcome parse(ToolOutput client, @Nullable ToolOutput server);

  /// As [#parse], of clients that ran at the same time: what they achieved together.
  ///
  /// @param clients at least one
  /// @param servers one for each client, in their order; or one for all, see [#servesManyClients]
  Outcome parseTogether(List<ToolOutput> clients, List<ToolOutput> servers);
}
