// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import dev.trapline.run.RoleUse;
import dev.trapline.run.Trial;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What a trial's workload was, as far as figures depend on it: protocol, message size, streams and
/// every other option of its client. Trials of different shapes are not compared. Not in it:
/// addresses, ports, the form of the output, and how long it ran, since rates and costs per unit of
/// work do not grow with time.
///
/// @param protocol as the outcome says
/// @param unit that costs are divided by
/// @param manner what the outcome itself tells: `half round trips`, `paced`
/// @param options the client's, without those above; empty if its command line is not known
/// @param commandKnown whether it is
public record WorkloadShape(
    String protocol, UnitOfWork unit, String manner, List<String> options, boolean commandKnown) {
  /// Options whose value says where or how long, not what. iperf3(1) and sockperf(1).
  private static final Set<String> WITH_VALUE_BESIDE_THE_POINT =
      Set.of(
          "-c",
          "--client",
          "-p",
          "--port",
          "-B",
          "--bind",
          "-i",
          "--ip",
          "-t",
          "--time",
          "--logfile",
          "--timestamp",
          "--cport",
          "-A",
          "--affinity",
          "-T",
          "--title",
          "--connect-timeout");

  private static final Set<String> BESIDE_THE_POINT =
      Set.of("-J", "--json", "-V", "--verbose", "--forceflush", "--get-server-output", "-1", "-4");

  /// Keeps a copy.
  public WorkloadShape {
    options = List.copyOf(options);
  }

  /// Of a trial with an outcome.
  static WorkloadShape of(Trial trial, Outcome outcome) {
    RoleUse client = trial.roles().get("client");
    List<String> command = client == null ? List.of() : client.command();
    return new WorkloadShape(
        protocol(outcome),
        outcome.unitOfWork(),
        manner(outcome),
        options(command),
        !command.isEmpty());
  }

  private static String protocol(Outcome outcome) {
    return switch (outcome) {
      case Throughput throughput -> throughput.protocol();
      case BidirectionalThroughput both -> both.toServer().protocol();
      case Latency latency -> latency.protocol();
      case MessageRate rate -> rate.protocol();
    };
  }

  private static String manner(Outcome outcome) {
    return switch (outcome) {
      case Throughput _ -> "one direction";
      case BidirectionalThroughput _ -> "both directions";
      case Latency latency -> latency.backToBack() ? "ping-pong" : "paced";
      case MessageRate rate ->
          "no replies" + (rate.messageBytes() == null ? "" : ", " + rate.messageBytes() + " B");
    };
  }

  private static List<String> options(List<String> command) {
    List<String> kept = new ArrayList<>();
    int at = 0;
    while (at < command.size()) {
      String word = command.get(at);
      if (at == 0) {
        kept.add(word.substring(word.lastIndexOf('/') + 1));
      } else if (WITH_VALUE_BESIDE_THE_POINT.contains(word)) {
        at++;
      } else if (!BESIDE_THE_POINT.contains(word)) {
        kept.add(word);
      }
      at++;
    }
    return kept;
  }

  /// Whether figures of both may stand side by side. Where one side's command line is not known,
  /// only what the outcomes tell is compared.
  public boolean matches(WorkloadShape other) {
    return protocol.equals(other.protocol)
        && unit == other.unit
        && manner.equals(other.manner)
        && (!commandKnown || !other.commandKnown || options.equals(other.options));
  }

  /// In words: `UDP ping-pong: sockperf ping-pong -m 64`.
  public String words() {
    return protocol + " " + manner + (commandKnown ? ": " + String.join(" ", options) : "");
  }
}
