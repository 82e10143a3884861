// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a bulk transfer achieved. It is goodput: payload that the receiving program got, without
/// headers and retransmissions.
///
/// iperf3's text has three or four digits where its JSON has all of them; [#rounding] tells by how
/// much the figures may be off.
///
/// @param protocol `TCP`, `UDP` or `SCTP`
/// @param goodput as the receiver says
/// @param received bytes that the receiver got
/// @param sent bytes that the sender handed to its kernel; null if only the receiver's output was
///   read, which does not know
/// @param receiverSeconds over which the receiver counted
/// @param retransmits TCP segments sent again; null where the protocol or the system has none to
///   tell
/// @param streams one per connection, in the order of the tool; empty if what each received was not
///   told, as in the JSON of a UDP client
/// @param sentIntervals rate at which the sender handed over data, about one per second; empty if
///   the sender's side was not read
/// @param receivedIntervals goodput over time, about one per second; empty if the receiver's side
///   was not read. The last one may be a few milliseconds short
/// @param clientCpu CPU time of the client; null if not told
/// @param serverCpu CPU time of the server; null if not told
/// @param receivedAccordingToServer the server's own figure of `received`, from its own output;
///   null if that was not read or the server was the sender
/// @param datagrams what became of them; null unless the protocol is UDP
/// @param rounding by how much the figures may be off; null if they are exact
/// @param partial whether the output was cut or the run broken off, and the figures are those of
///   its whole intervals only. A capture of the whole run then counted more than this
public record Throughput(
    String protocol,
    BitRate goodput,
    Bytes received,
    @Nullable Bytes sent,
    double receiverSeconds,
    @Nullable Long retransmits,
    List<Stream> streams,
    List<Interval> sentIntervals,
    List<Interval> receivedIntervals,
    @Nullable CpuUtilisation clientCpu,
    @Nullable CpuUtilisation serverCpu,
    @Nullable Bytes receivedAccordingToServer,
    @Nullable Datagrams datagrams,
    @Nullable Rounding rounding,
    boolean partial)
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

  /// What became of the datagrams of a UDP run.
  ///
  /// @param sent as the sender says; null if only the receiver's output was read
  /// @param expected those that the receiver knew of: they came, or one with a later number did.
  ///   What was lost after the last that came is not among them
  /// @param lost of the expected ones. iperf3 counts one that came late as lost first and takes
  ///   that back, so it can be below 0 where some came twice
  /// @param outOfOrder came after one with a later number; null if not told
  /// @param jitterNanos mean deviation of the time between two of them (RFC 1889); null if not told
  /// @param bytesEach payload of one; null if not told
  public record Datagrams(
      @Nullable Long sent,
      long expected,
      long lost,
      @Nullable Long outOfOrder,
      @Nullable Long jitterNanos,
      @Nullable Integer bytesEach) {}

  /// Half of the last digit of figures that were printed rounded: each may be off by so much,
  /// either way.
  ///
  /// @param received of the bytes received; a stream's are off by no more
  /// @param goodput of the rate; an interval's is off by no more than its own third digit
  /// @param seconds of the times
  public record Rounding(Bytes received, BitRate goodput, double seconds) {}

  /// An exact figure of a whole run that is not one of datagrams.
  public Throughput(
      String protocol,
      BitRate goodput,
      Bytes received,
      @Nullable Bytes sent,
      double receiverSeconds,
      @Nullable Long retransmits,
      List<Stream> streams,
      List<Interval> sentIntervals,
      List<Interval> receivedIntervals,
      @Nullable CpuUtilisation clientCpu,
      @Nullable CpuUtilisation serverCpu,
      @Nullable Bytes receivedAccordingToServer) {
    this(
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
        null,
        null,
        false);
  }

  /// Keeps unmodifiable copies.
  public Throughput {
    streams = List.copyOf(streams);
    sentIntervals = List.copyOf(sentIntervals);
    receivedIntervals = List.copyOf(receivedIntervals);
  }

  /// What several clients achieved at the same time, each with a server of its own. Bytes are
  /// added; the goodput is all bytes over the time of the longest, which is never more than the sum
  /// of the clients' own rates: they do not begin in the same instant. What does not add up is
  /// unknown: seconds of different clients are not the same seconds, so there are no intervals, and
  /// no CPU percentages.
  ///
  /// @throws IllegalArgumentException if there is none, or their protocols differ
  public static Throughput together(List<Throughput> parts) {
    Throughput first = parts.getFirst();
    double longest = 0;
    long received = 0;
    Long sent = 0L;
    Long retransmits = 0L;
    Long accordingToServers = 0L;
    boolean everyStreamIsKnown = true;
    boolean partial = false;
    List<Stream> streams = new ArrayList<>();
    for (Throughput part : parts) {
      if (!part.protocol.equals(first.protocol) || part.rounding != null) {
        throw new IllegalArgumentException("these are not added: " + first + " and " + part);
      }
      longest = Math.max(longest, part.receiverSeconds);
      received += part.received.count();
      sent = sum(sent, part.sent == null ? null : Long.valueOf(part.sent.count()));
      retransmits = sum(retransmits, part.retransmits);
      accordingToServers =
          sum(
              accordingToServers,
              part.receivedAccordingToServer == null
                  ? null
                  : Long.valueOf(part.receivedAccordingToServer.count()));
      everyStreamIsKnown &= !part.streams.isEmpty();
      partial |= part.partial;
      streams.addAll(part.streams);
    }
    return new Throughput(
        first.protocol,
        new BitRate(longest == 0 ? 0 : received * 8 / longest),
        new Bytes(received),
        sent == null ? null : new Bytes(sent),
        longest,
        retransmits,
        everyStreamIsKnown ? streams : List.of(),
        List.of(),
        List.of(),
        null,
        null,
        accordingToServers == null ? null : new Bytes(accordingToServers),
        datagramsTogether(parts),
        null,
        partial);
  }

  private static @Nullable Datagrams datagramsTogether(List<Throughput> parts) {
    Long sent = 0L;
    Long outOfOrder = 0L;
    long expected = 0;
    long lost = 0;
    Integer bytesEach =
        parts.getFirst().datagrams == null ? null : parts.getFirst().datagrams.bytesEach;
    for (Throughput part : parts) {
      if (part.datagrams == null) {
        return null;
      }
      sent = sum(sent, part.datagrams.sent);
      outOfOrder = sum(outOfOrder, part.datagrams.outOfOrder);
      expected += part.datagrams.expected;
      lost += part.datagrams.lost;
      if (!java.util.Objects.equals(bytesEach, part.datagrams.bytesEach)) {
        bytesEach = null;
      }
    }
    return new Datagrams(sent, expected, lost, outOfOrder, null, bytesEach);
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    return one == null || other == null ? null : Long.valueOf(one + other);
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
  /// connections together received what the whole did, exactly; only where they are told apart.
  /// `server-bytes`: the server's own output has the same count, exactly; a difference is a
  /// server's output of another run. Only where that output was read. `datagrams`: the bytes
  /// received are those of the datagrams that were expected and not lost, exactly; only where their
  /// size is told.
  ///
  /// Where figures are rounded, each of these may be off by what the rounding explains.
  @Override
  public List<InvariantResult> invariants() {
    List<InvariantResult> results = new ArrayList<>();
    results.add(
        InvariantResult.compare(
            "goodput-times-time",
            goodput.bitsPerSecond() * receiverSeconds / 8,
            (double) received.count(),
            GOODPUT_TOLERANCE + relativeRounding(),
            String.format(
                Locale.ROOT,
                "%.3f Gbit/s x %.3f s against %d bytes received",
                goodput.gigabitsPerSecond(),
                receiverSeconds,
                received.count())));
    if (!streams.isEmpty()) {
      long sum = 0;
      for (Stream stream : streams) {
        sum += stream.received().count();
      }
      results.add(
          InvariantResult.equal(
              "streams-sum",
              sum,
              received.count(),
              roundingBytes(streams.size() + 1),
              streams.size() + " streams received " + sum + " of " + received.count() + " bytes"));
    }
    if (receivedAccordingToServer != null) {
      results.add(
          InvariantResult.equal(
              "server-bytes",
              receivedAccordingToServer.count(),
              received.count(),
              roundingBytes(2),
              "server's output has "
                  + receivedAccordingToServer.count()
                  + " bytes received, the client's "
                  + received.count()));
    }
    if (datagrams != null && datagrams.bytesEach() != null) {
      long came = datagrams.expected() - datagrams.lost();
      results.add(
          InvariantResult.equal(
              "datagrams",
              came * datagrams.bytesEach(),
              received.count(),
              roundingBytes(1),
              came
                  + " datagrams of "
                  + datagrams.bytesEach()
                  + " bytes came, which are "
                  + came * datagrams.bytesEach()
                  + " of "
                  + received.count()
                  + " bytes"));
    }
    return results;
  }

  /// How many bytes so many rounded figures together may be off.
  private long roundingBytes(int figures) {
    return rounding == null ? 0 : figures * rounding.received().count();
  }

  private double relativeRounding() {
    if (rounding == null) {
      return 0;
    }
    return part((double) rounding.received().count(), (double) received.count())
        + part(rounding.goodput().bitsPerSecond(), goodput.bitsPerSecond())
        + part(rounding.seconds(), receiverSeconds);
  }

  /// A figure of 0 may be off by all of itself.
  private static double part(double error, double figure) {
    return figure <= 0 ? 1 : error / figure;
  }
}
