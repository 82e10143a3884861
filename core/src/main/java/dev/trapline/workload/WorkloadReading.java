// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import dev.trapline.reading.SkippedLines;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What one file that iperf3 or sockperf printed says, read without knowing who made it or where
/// its other side is. It is what an importer works with; bench knows which files it has and uses
/// [Workload#parse].
///
/// A file of one side may not have the whole result: the server of a one-way run does not know what
/// was sent, nor that of a reversed one what arrived. Then `outcome` is null and [#flows] or
/// [#messagesHandled] has what this side knows. [#ofBoth] brings two sides together.
///
/// @param file as the user named it
/// @param format such as `iperf3 JSON`
/// @param tool `iperf3` or `sockperf`
/// @param side which end printed it; null if it does not tell
/// @param test `throughput` or `latency`; null for a server of sockperf, which does not know
/// @param protocol `TCP`, `UDP` or `SCTP`; null if not told
/// @param outcome null if this side alone does not know it
/// @param flows what iperf3 says of each direction, that to the server first; empty for sockperf
/// @param messagesHandled by a server of sockperf; null for all else, and for one that was not
///   ended with SIGINT
/// @param parameters of the run, as far as they are told
/// @param lines of the file, understood or not
/// @param skipped lines that were not understood
/// @param truncation how the file was seen to end early, in words; null for a whole one
/// @param remarks what a user should know of how it was read. No doubt by itself
public record WorkloadReading(
    String file,
    String format,
    String tool,
    @Nullable Side side,
    @Nullable String test,
    @Nullable String protocol,
    @Nullable Outcome outcome,
    List<Flow> flows,
    @Nullable Long messagesHandled,
    Parameters parameters,
    long lines,
    SkippedLines skipped,
    @Nullable String truncation,
    List<String> remarks) {

  private static final String IPERF3 = "iperf3";

  /// Who printed a file.
  public enum Side {
    /// Connects and decides what is measured.
    CLIENT,
    /// Is connected to.
    SERVER
  }

  /// How the run was set up. All of it may be unknown.
  ///
  /// @param version of the tool, such as `3.12`
  /// @param cookie by which both sides of a run of iperf3 are known; text has it with `-V` only
  /// @param startedAt by the clock of the side that printed it, to the second
  /// @param durationSeconds that were asked for
  /// @param streams parallel connections in one direction
  /// @param serverAddress as given or bound
  /// @param serverPort of the server
  /// @param messageBytes of one write, message or datagram
  public record Parameters(
      @Nullable String version,
      @Nullable String cookie,
      @Nullable Instant startedAt,
      @Nullable Double durationSeconds,
      @Nullable Integer streams,
      @Nullable String serverAddress,
      @Nullable Integer serverPort,
      @Nullable Integer messageBytes) {
    /// Nothing is told.
    public static final Parameters UNKNOWN =
        new Parameters(null, null, null, null, null, null, null, null);

    /// What is not told here, from the other.
    Parameters orElse(Parameters other) {
      return new Parameters(
          first(version, other.version),
          first(cookie, other.cookie),
          first(startedAt, other.startedAt),
          first(durationSeconds, other.durationSeconds),
          first(streams, other.streams),
          first(serverAddress, other.serverAddress),
          first(serverPort, other.serverPort),
          first(messageBytes, other.messageBytes));
    }
  }

  /// What one side of iperf3 says of one direction. Goodput and the receiver's time are known where
  /// `received` is.
  ///
  /// @param toServer whether the client sends
  /// @param received null if this side does not know
  /// @param sent null if this side does not know
  /// @param streams empty if not told apart
  /// @param rounding of what was received, or of what was sent if only that is known; null if exact
  /// @param partial whether these are sums of whole intervals of a run that did not end well
  public record Flow(
      boolean toServer,
      @Nullable BitRate goodput,
      @Nullable Bytes received,
      @Nullable Bytes sent,
      @Nullable Double receiverSeconds,
      @Nullable Long retransmits,
      List<Throughput.Stream> streams,
      List<Throughput.Interval> sentIntervals,
      List<Throughput.Interval> receivedIntervals,
      Throughput.@Nullable CpuUtilisation clientCpu,
      Throughput.@Nullable CpuUtilisation serverCpu,
      @Nullable Bytes receivedAccordingToServer,
      Throughput.@Nullable Datagrams datagrams,
      Throughput.@Nullable Rounding rounding,
      boolean partial) {
    /// Keeps copies.
    public Flow {
      streams = List.copyOf(streams);
      sentIntervals = List.copyOf(sentIntervals);
      receivedIntervals = List.copyOf(receivedIntervals);
    }

    /// As an outcome; null if what was received is not known.
    @Nullable Throughput throughput(String protocol) {
      if (goodput == null || received == null || receiverSeconds == null) {
        return null;
      }
      return new Throughput(
          protocol,
          goodput,
          received,
          sent,
          receiverSeconds,
          retransmits,
          streams,
          sentIntervals,
          receivedIntervals,
          clientCpu,
          serverCpu,
          receivedAccordingToServer,
          datagrams,
          rounding,
          partial);
    }

    /// What both sides say of this direction; where both know, the client's figures, unless only
    /// the server's are exact or whole.
    Flow with(Flow server) {
      boolean serversIsBetter = server.isBetterThan(this);
      Flow receiver = serversIsBetter ? server : this;
      Flow sender = sent == null || (serversIsBetter && server.sent != null) ? server : this;
      Throughput.Datagrams told = receiver.datagrams;
      if (told != null && told.sent() == null && sender.datagrams != null) {
        told =
            new Throughput.Datagrams(
                sender.datagrams.sent(),
                told.expected(),
                told.lost(),
                told.outOfOrder(),
                told.jitterNanos(),
                told.bytesEach());
      }
      boolean exactStreams = server.rounding == null && receiver.rounding == null;
      return new Flow(
          toServer,
          receiver.goodput,
          receiver.received,
          sender.sent,
          receiver.receiverSeconds,
          first(sender.retransmits, first(retransmits, server.retransmits)),
          receiver.streams.isEmpty() && exactStreams && !server.partial
              ? server.streams
              : receiver.streams,
          sentIntervals.isEmpty() ? server.sentIntervals : sentIntervals,
          receivedIntervals.isEmpty() ? server.receivedIntervals : receivedIntervals,
          first(clientCpu, server.clientCpu),
          // The client has the server's figure from the server.
          first(serverCpu, server.serverCpu),
          toServer && !server.partial ? server.received : null,
          told,
          receiver.rounding,
          receiver.partial);
    }

    private boolean isBetterThan(Flow client) {
      if (received == null || client.received == null) {
        return client.received == null;
      }
      return partial == client.partial
          ? rounding == null && client.rounding != null
          : client.partial;
    }
  }

  /// Keeps copies.
  public WorkloadReading {
    flows = List.copyOf(flows);
    remarks = List.copyOf(remarks);
  }

  /// Reads a file of any format that this package knows.
  ///
  /// @throws TraplineException `WORKLOAD-OUTPUT` if it is of none of them, or of one and has no
  ///   result
  public static WorkloadReading read(String file, byte[] content) {
    OutputText text;
    try {
      text = OutputText.read("iperf3 or sockperf", file, new ByteArrayInputStream(content));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    if (SockperfText.isIn(text)) {
      return SockperfText.read(text);
    }
    return Iperf3Text.isIn(text) ? Iperf3Text.read(text) : Iperf3Json.read(text);
  }

  /// Brings both sides of a run together. The order of the two does not matter.
  ///
  /// @throws TraplineException `WORKLOAD-OUTPUT` if they are not the two sides of one run: other
  ///   tools, the same side twice, other cookies, protocols or directions
  public static WorkloadReading ofBoth(WorkloadReading one, WorkloadReading other) {
    if (one.side == null || other.side == null || one.side == other.side) {
      throw notOneRun(one, other, "sides", String.valueOf(one.side), String.valueOf(other.side));
    }
    WorkloadReading client = one.side == Side.CLIENT ? one : other;
    WorkloadReading server = one.side == Side.CLIENT ? other : one;
    requireSame(client, server, "tools", client.tool, server.tool);
    requireSame(client, server, "protocols", client.protocol, server.protocol);
    String cookie = client.parameters.cookie;
    requireSame(client, server, "cookies", cookie, server.parameters.cookie);
    List<String> remarks = new ArrayList<>(client.remarks);
    remarks.addAll(server.remarks);
    if (cookie == null || server.parameters.cookie == null) {
      remarks.add(
          "nothing in "
              + client.file
              + " and "
              + server.file
              + " tells that they are of one run; it was taken from whoever gave them together");
    }
    boolean iperf3 = client.tool.equals(IPERF3);
    List<Flow> flows = iperf3 ? bothFlows(client, server) : List.of();
    String protocol = first(client.protocol, server.protocol);
    return new WorkloadReading(
        client.file + " and " + server.file,
        client.format.equals(server.format)
            ? client.format
            : client.format + " and " + server.format,
        client.tool,
        null,
        client.test,
        protocol,
        iperf3 ? outcome(protocol, flows) : withServer(client.outcome, server.messagesHandled),
        flows,
        server.messagesHandled,
        client.parameters.orElse(server.parameters),
        client.lines + server.lines,
        client.skipped.plus(server.skipped),
        client.truncation == null
            ? server.truncation
            : server.truncation == null
                ? client.truncation
                : client.truncation + "; " + server.truncation,
        remarks);
  }

  private static List<Flow> bothFlows(WorkloadReading client, WorkloadReading server) {
    requireSame(client, server, "directions", directions(client.flows), directions(server.flows));
    List<Flow> flows = new ArrayList<>();
    for (int index = 0; index < client.flows.size(); index++) {
      Flow ours = client.flows.get(index);
      Flow theirs = server.flows.get(index);
      requireCloseBytes(client, server, ours, theirs);
      flows.add(ours.with(theirs));
    }
    return flows;
  }

  /// Text has no cookie, but what the server got is a fingerprint too.
  private static void requireCloseBytes(
      WorkloadReading client, WorkloadReading server, Flow ours, Flow theirs) {
    if (ours.received == null || theirs.received == null || ours.partial || theirs.partial) {
      return;
    }
    long allowance = halfUnit(ours) + halfUnit(theirs);
    boolean rounded = allowance > 0;
    if (rounded && Math.abs(ours.received.count() - theirs.received.count()) > allowance) {
      throw notOneRun(
          client,
          server,
          "bytes received",
          Long.toString(ours.received.count()),
          Long.toString(theirs.received.count()));
    }
  }

  private static long halfUnit(Flow flow) {
    return flow.rounding == null ? 0 : flow.rounding.received().count();
  }

  private static String directions(List<Flow> flows) {
    List<String> words = new ArrayList<>();
    flows.forEach(flow -> words.add(flow.toServer ? "to the server" : "to the client"));
    return String.join(" and ", words);
  }

  private static void requireSame(
      WorkloadReading client,
      WorkloadReading server,
      String what,
      @Nullable String ours,
      @Nullable String theirs) {
    if (ours != null && theirs != null && !Objects.equals(ours, theirs)) {
      throw notOneRun(client, server, what, ours, theirs);
    }
  }

  private static TraplineException notOneRun(
      WorkloadReading one, WorkloadReading other, String what, String first, String second) {
    return new OutputText(other.file, "", null)
        .refused(
            "is the output of another run than "
                + one.file
                + ": their "
                + what
                + " are "
                + OutputText.quoted(first)
                + " and "
                + OutputText.quoted(second),
            "give the outputs of both sides of one run");
  }

  /// What the directions come to; null if the bytes received are not known of each.
  static @Nullable Outcome outcome(@Nullable String protocol, List<Flow> flows) {
    List<Throughput> known = new ArrayList<>();
    for (Flow flow : flows) {
      Throughput throughput = protocol == null ? null : flow.throughput(protocol);
      if (throughput == null) {
        return null;
      }
      known.add(throughput);
    }
    return switch (known.size()) {
      case 1 -> known.getFirst();
      case 2 -> new BidirectionalThroughput(known.getFirst(), known.getLast());
      default -> null;
    };
  }

  private static @Nullable Outcome withServer(@Nullable Outcome outcome, @Nullable Long handled) {
    return switch (outcome) {
      case Latency latency -> latency.withMessagesHandledByServer(handled);
      case MessageRate rate -> rate.withMessagesHandledByServer(handled);
      case null, default -> outcome;
    };
  }

  static <T> @Nullable T first(@Nullable T one, @Nullable T other) {
    return one == null ? other : one;
  }
}
