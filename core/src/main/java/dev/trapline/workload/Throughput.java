// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a bulk transfer achieved. It is goodput: payload that the receiving program got, without
/// headers and retransmissions.
///
/// @param protocol `TCP`, `UDP` or `SCTP`
/// @param goodput as the receiver says
/// @param received bytes that the receiver got
/// @param sent bytes that the sender handed to its kernel
/// @param receiverSeconds over which the receiver counted
/// @param retransmits TCP segments sent again; null where the protocol or the system has none to
///   tell
/// @param streams one per connection, in the order of the tool
/// @param sentIntervals rate at which the sender handed over data, about one per second; empty if
///   the sender's side was not read
/// @param receivedIntervals goodput over time, about one per second; empty if the receiver's side
///   was not read. The last one may be a few milliseconds short
/// @param clientCpu CPU time of the client; null if not told
/// @param serverCpu CPU time of the server; null if not told
/// @param receivedAccordingToServer the server's own figure of `received`, from its own output;
///   null if that was not read or the server was the sender
public record Throughput(
    String protocol,
    BitRate goodput,
    Bytes received,
    Bytes sent,
    double receiverSeconds,
    @Nullable Long retransmits,
    List<Stream> streams,
    List<Interval> sentIntervals,
    List<Interval> receivedIntervals,
    @Nullable CpuUtilisation clientCpu,
    @Nullable CpuUtilisation serverCpu,
    @Nullable Bytes receivedAccordingToServer)
    implements Outcome {
  /// iperf3 divides the same bytes by the same seconds that it prints; they are rounded to
  /// microseconds, so one second of traffic differs by 1e-6 at the most. A thousand times that is
  /// still 70 times less than GiB read as GB.
  private static final double GOODPUT_TOLERANCE = 0.001;

  /// One connection.
  ///
  /// @param goodput as the receiver says
  /// @param received bytes that the receiver got
  /// @param retransmits null where there is nothing to tell
  public record Stream(BitRate goodput, Bytes received, @Nullable Long retransmits) {}

  /// A piece of the run, all connections together.
  ///
  /// @param startSeconds since the start of the traffic
  /// @param endSeconds since the start of the traffic
  public record Interval(double startSeconds, double endSeconds, BitRate rate) {}

  /// CPU time of one process as a percentage of the run's time; 100 is one CPU all the time. iperf3
  /// takes it from `getrusage` (its `cpu_util` in `iperf_util.c`); what the kernel does in softirq
  /// or in threads of its own is not in it.
  public record CpuUtilisation(double totalPercent, double userPercent, double systemPercent) {}

  /// Keeps unmodifiable copies.
  public Throughput {
    streams = List.copyOf(streams);
    sentIntervals = List.copyOf(sentIntervals);
    receivedIntervals = List.copyOf(receivedIntervals);
  }

  @Override
  public UnitOfWork unitOfWork() {
    return UnitOfWork.GIBIBYTE;
  }

  @Override
  public double workDone() {
    return received.gibibytes();
  }

  /// `goodput-times-time`: bytes received are goodput x seconds, within 0.1%. `streams-sum`: the
  /// connections together received what the whole did, exactly. `server-bytes`: the server's own
  /// output has the same count, exactly; a difference is a server's output of another run. Only
  /// where that output was read.
  @Override
  public List<InvariantResult> invariants() {
    List<InvariantResult> results = new ArrayList<>();
    results.add(
        InvariantResult.compare(
            "goodput-times-time",
            goodput.bitsPerSecond() * receiverSeconds / 8,
            (double) received.count(),
            GOODPUT_TOLERANCE,
            String.format(
                Locale.ROOT,
                "%.3f Gbit/s x %.3f s against %d bytes received",
                goodput.gigabitsPerSecond(),
                receiverSeconds,
                received.count())));
    long sum = 0;
    for (Stream stream : streams) {
      sum += stream.received().count();
    }
    results.add(
        InvariantResult.equal(
            "streams-sum",
            sum,
            received.count(),
            streams.size() + " streams received " + sum + " of " + received.count() + " bytes"));
    if (receivedAccordingToServer != null) {
      results.add(
          InvariantResult.equal(
              "server-bytes",
              receivedAccordingToServer.count(),
              received.count(),
              "server's output has "
                  + receivedAccordingToServer.count()
                  + " bytes received, the client's "
                  + received.count()));
    }
    return results;
  }
}
