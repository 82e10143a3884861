// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import dev.trapline.workload.WorkloadReading.Flow;
import dev.trapline.workload.WorkloadReading.Side;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// Reads what `iperf3 -J` prints: one JSON object at the end, on either side; and what `iperf3
/// --json-stream` prints (3.17 and later): one object per line, `{"event":"start","data":..}` and
/// so on. It reads TCP, SCTP and UDP, one-way, reversed and bidirectional.
///
/// The shape is that of `iperf_json_finish` and `iperf_print_results` in iperf3's `iperf_api.c`,
/// version 3.12. Some things there deserve care. The exit code of a failed run can be 0; its
/// `error` member tells. A stream's `receiver.seconds` is the sender's time (only `end` is the
/// receiver's, and the rate is of that), so no time is read from streams. A `sum` of `intervals` is
/// what was sent or what was received depending on its `sender`, since each side prints its own.
/// What a side does not know it prints as 0: a server what its client sent, an interrupted client
/// what arrived; here that is unknown. In the `end` of a UDP run `sum` and the `udp` of a stream
/// have the sender's bytes, so what a stream received is only in the receiver's intervals. A run
/// that broke off has its last interval twice, and times that are not those of its bytes, so of
/// such a run only whole intervals are read.
public final class Iperf3Json {
  private static final String TOOL = "iperf3";
  private static final String FORMAT = "iperf3 JSON";
  private static final String STREAM_FORMAT = "iperf3 JSON stream";

  /// Above this a double no longer holds every whole number.
  private static final double LARGEST_EXACT = 1L << 53;

  /// The last second that an [Instant] holds is 31556889864403199; this is the year 9999.
  private static final double LARGEST_SECOND = 253_402_300_799.0;

  private static final String UDP = "UDP";
  private static final JsonNode MISSING = MissingNode.getInstance();
  private static final List<String> INTERVAL_SUMS = List.of("sum", "sum_bidir_reverse");

  /// The first members of a document; those of `start` differ with version and side.
  private static final Pattern BEGINNING =
      Pattern.compile(
          "\\s*\\{\\s*\"start\"\\s*:\\s*\\{\\s*"
              + "\"(?:connected|version|system_info|title|timestamp)\"\\s*:[\\s\\S]*");

  /// Members that no other tool has.
  private static final Pattern MEMBER =
      Pattern.compile(
          "\\s*\"(?:bits_per_second|test_start|sum_received|sum_sent|accepted_connection"
              + "|connecting_to|tcp_mss_default|sock_bufsize|sndbuf_actual|num_streams"
              + "|cpu_utilization_percent|max_snd_cwnd|snd_cwnd)\"\\s*:.*");

  private final OutputText source;
  private final JsonNode root;
  private final List<String> remarks = new ArrayList<>();

  private Iperf3Json(OutputText source, JsonNode root) {
    this.source = source;
    this.root = root;
  }

  /// Whether a line can only be one of iperf3's JSON: an event of `--json-stream`, a whole document
  /// on one line, or a member that only iperf3 has. The first line of `-J` is a lone brace, for
  /// which see [#recognisesBeginning].
  public static boolean recognises(String line) {
    return Iperf3JsonFile.isEvent(line)
        || BEGINNING.matcher(line).matches()
        || MEMBER.matcher(line).matches();
  }

  /// Whether a text, of which the first three lines are enough, can only be the beginning of
  /// iperf3's JSON.
  public static boolean recognisesBeginning(CharSequence beginning) {
    return BEGINNING.matcher(beginning).matches()
        || beginning.toString().lines().limit(1).anyMatch(line -> Iperf3JsonFile.isEvent(line));
  }

  /// Reads a file of one run, of either side. Lines before and after the JSON are skipped, prefixes
  /// of its lines passed over. A document that is cut, and one with an `error`, is read as far as
  /// it has whole intervals. A file with several documents, as of a server that ran without `-1`,
  /// is refused: which of them is meant is not to be guessed.
  ///
  /// @param file as the user named it
  /// @param content left open
  /// @throws TraplineException `WORKLOAD-OUTPUT` with file and line if there is no result
  /// @throws IOException if the stream fails
  public static WorkloadReading read(String file, InputStream content) throws IOException {
    return read(OutputText.read(TOOL, file, content));
  }

  static WorkloadReading read(OutputText source) {
    Iperf3JsonFile file = Iperf3JsonFile.read(source);
    return new Iperf3Json(source, file.root()).reading(file);
  }

  private WorkloadReading reading(Iperf3JsonFile file) {
    String error = error();
    if (error != null && root.path("intervals").isEmpty()) {
      checkNoError();
    }
    String truncation = error == null ? file.cut() : "iperf3 says " + OutputText.quoted(error);
    String protocol = protocol();
    Side side = side();
    boolean whole = truncation == null || (error == null && root.path("end").has("sum_received"));
    List<Flow> flows =
        whole ? flows(side, protocol) : partialFlows(side, protocol, String.valueOf(truncation));
    if (whole && side == Side.CLIENT) {
      flows = withServerOutput(protocol, flows);
    }
    if (file.prefixed()) {
      remarks.add("its lines have a prefix that iperf3 did not write");
    }
    return new WorkloadReading(
        source.file(),
        file.isStream() ? STREAM_FORMAT : FORMAT,
        TOOL,
        side,
        "throughput",
        protocol,
        WorkloadReading.outcome(protocol, flows),
        flows,
        null,
        parameters(side),
        file.lines(),
        file.skipped(),
        truncation,
        remarks);
  }

  /// With `--get-server-output` the client has the server's document in its own.
  private List<Flow> withServerOutput(String protocol, List<Flow> ours) {
    JsonNode output = root.path("server_output_json");
    if (!output.isObject()) {
      return ours;
    }
    Iperf3Json server = new Iperf3Json(source, output);
    List<Flow> both = new ArrayList<>();
    try {
      server.checkNoError();
      server.checkSameRunAs(this);
      List<Flow> theirs = server.flows(Side.SERVER, protocol);
      for (int index = 0; index < ours.size() && index < theirs.size(); index++) {
        both.add(ours.get(index).with(theirs.get(index)));
      }
    } catch (TraplineException unusable) {
      remarks.add("the server's output in it was not read: " + unusable.getMessage());
      return ours;
    }
    remarks.add("it has the server's output in it, which was read too");
    return both.size() == ours.size() ? both : ours;
  }

  private WorkloadReading.Parameters parameters(Side side) {
    JsonNode start = root.path("start");
    JsonNode test = start.path("test_start");
    JsonNode address =
        side == Side.CLIENT ? start.path("connecting_to") : start.path("connected").path(0);
    String hostKey = side == Side.CLIENT ? "host" : "local_host";
    String portKey = side == Side.CLIENT ? "port" : "local_port";
    Double duration = amount(test, "duration");
    Double port = amount(address, portKey);
    Double streams = amount(test, "num_streams");
    Double block = amount(test, "blksize");
    return new WorkloadReading.Parameters(
        start.path("version").isString()
            ? start.path("version").stringValue().replaceFirst("^iperf ", "")
            : null,
        text(start, "cookie"),
        startedAt(start.path("timestamp")),
        // 0 where bytes or blocks were asked for.
        duration == null || duration == 0 ? null : duration,
        streams == null ? null : Integer.valueOf(streams.intValue()),
        text(address, hostKey),
        port == null ? null : Integer.valueOf(port.intValue()),
        block == null ? null : Integer.valueOf(block.intValue()));
  }

  private static @Nullable Instant startedAt(JsonNode timestamp) {
    Double millis = amount(timestamp, "timemillisecs");
    Double seconds = amount(timestamp, "timesecs");
    // Both are far from what a long holds unless damaged; the cast saturates.
    if (millis != null) {
      return Instant.ofEpochMilli(millis.longValue());
    }
    return seconds == null || seconds > LARGEST_SECOND
        ? null
        : Instant.ofEpochSecond(seconds.longValue());
  }

  /// A member that only describes the run, and is unknown if it is not as expected.
  private static @Nullable String text(JsonNode parent, String member) {
    JsonNode node = parent.path(member);
    return node.isString() ? node.stringValue() : null;
  }

  private static @Nullable Double amount(JsonNode parent, String member) {
    JsonNode node = parent.path(member);
    if (!node.isNumber()) {
      return null;
    }
    try {
      double value = node.doubleValue();
      return Double.isFinite(value) && value >= 0 ? Double.valueOf(value) : null;
    } catch (JacksonException outOfRange) {
      return null;
    }
  }

  private Side side() {
    JsonNode start = root.path("start");
    if (start.has("connecting_to")) {
      return Side.CLIENT;
    }
    if (start.has("accepted_connection")) {
      return Side.SERVER;
    }
    throw source.refused(
        "does not tell which side printed it: it has neither 'start.connecting_to' nor"
            + " 'start.accepted_connection'",
        "check that it is the whole output of iperf3 -J");
  }

  /// @throws TraplineException `WORKLOAD-OUTPUT`, see [Workload#parse]
  static Outcome parse(ToolOutput clientOutput, @Nullable ToolOutput serverOutput) {
    // The client first: if both failed, it has the reason and the server only the consequence.
    Iperf3Json client = read(clientOutput);
    Iperf3Json server = serverOutput == null ? null : read(serverOutput);
    if (server != null) {
      server.checkSameRunAs(client);
    }
    String protocol = client.protocol();
    List<Flow> flows = client.flows(Side.CLIENT, protocol);
    List<Flow> ofServer = server == null ? List.of() : server.flows(Side.SERVER, protocol);
    List<Flow> both = new ArrayList<>();
    for (int index = 0; index < flows.size(); index++) {
      Flow flow = flows.get(index);
      both.add(index < ofServer.size() ? flow.with(ofServer.get(index)) : flow);
    }
    Outcome outcome = WorkloadReading.outcome(protocol, both);
    if (outcome == null) {
      throw client.source.refused(
          "does not tell what was received: this version of iperf3 prints the sender's bytes only",
          "give the output of the receiver's side");
    }
    return outcome;
  }

  private static Iperf3Json read(ToolOutput output) {
    OutputText source = OutputText.read(TOOL, output);
    Iperf3Json result = new Iperf3Json(source, Iperf3JsonFile.parse(source));
    result.checkNoError();
    return result;
  }

  private @Nullable String error() {
    JsonNode error = root.path("error");
    if (error.isMissingNode()) {
      return null;
    }
    return error.isString() ? error.stringValue() : error.toString();
  }

  private void checkNoError() {
    String words = error();
    if (words != null) {
      throw source.refused(
          "has no result: iperf3 says " + OutputText.quoted(words),
          "check that the server is running, reachable and not in use by another client");
    }
  }

  /// iperf3's control connection begins with a random cookie, which both sides print.
  private void checkSameRunAs(Iperf3Json client) {
    JsonNode ours = root.path("start").path("cookie");
    JsonNode theirs = client.root.path("start").path("cookie");
    if (ours.isString() && theirs.isString() && !ours.equals(theirs)) {
      throw source.refused(
          "is the output of another run than "
              + client.source.file()
              + ": their cookies are "
              + OutputText.quoted(ours.stringValue())
              + " and "
              + OutputText.quoted(theirs.stringValue()),
          "give the outputs of both sides of one run");
    }
  }

  private List<Flow> flows(Side side, String protocol) {
    JsonNode end = root.path("end");
    if (end.has("sum_received_bidir_reverse") || end.has("sum_bidir_reverse")) {
      return List.of(
          flow(side, protocol, true, true, ""),
          flow(side, protocol, false, true, "_bidir_reverse"));
    }
    checkOneDirection(end.path("streams"));
    return List.of(flow(side, protocol, !isReverse(), false, ""));
  }

  /// The first versions with `--bidir` print the sums of both directions under one name.
  private void checkOneDirection(JsonNode streams) {
    boolean sends = false;
    boolean receives = false;
    for (JsonNode stream : streams.values()) {
      JsonNode one = stream.has("udp") ? stream.path("udp") : stream.path("receiver");
      if (one.has("sender")) {
        sends |= isTrue(one, "sender");
        receives |= !isTrue(one, "sender");
      }
    }
    if (sends && receives) {
      throw source.refused(
          "is of a bidirectional run, and the sums of both directions have one name in it, as this"
              + " version of iperf3 writes them",
          "run it again with iperf3 3.12, or each direction by itself");
    }
  }

  /// @param suffix of the sums of this direction
  private Flow flow(
      Side side, String protocol, boolean toServer, boolean bidirectional, String suffix) {
    boolean weSend = (side == Side.CLIENT) == toServer;
    boolean weKnowReceived = side == Side.CLIENT || !weSend;
    boolean weKnowSent = side == Side.CLIENT || weSend;
    boolean udp = protocol.equals(UDP);
    JsonNode end = root.path("end");
    String receivedKey = "sum_received" + suffix;
    String sentKey = "sum_sent" + suffix;
    if (udp && !end.has(receivedKey)) {
      // Versions before this sum existed print the sender's bytes only.
      remarks.add(
          "this version of iperf3 does not print the bytes that a UDP receiver got in its end; they"
              + " are of the receiver's intervals, where it printed this");
      return ofIntervals(side, protocol, toServer, null).flow();
    }
    JsonNode received = end.path(receivedKey);
    JsonNode sent = end.path(sentKey);
    String receivedPath = "end." + receivedKey;
    String sentPath = "end." + sentKey;
    double seconds = number(received, receivedPath, "seconds");
    if (weKnowReceived && seconds <= 0) {
      throw unexpected(receivedPath + ".seconds", received.path("seconds"), "a positive number");
    }
    List<Throughput.Interval> intervals = intervals(weSend);
    boolean client = side == Side.CLIENT;
    return new Flow(
        toServer,
        weKnowReceived ? rate(received, receivedPath) : null,
        weKnowReceived ? new Bytes(count(received, receivedPath, "bytes")) : null,
        weKnowSent ? new Bytes(count(sent, sentPath, "bytes")) : null,
        weKnowReceived ? Double.valueOf(seconds) : null,
        weKnowSent ? optionalCount(sent, sentPath, "retransmits") : null,
        udp
            ? udpStreams(side, toServer, weSend, seconds)
            : weKnowReceived
                ? streams(end.path("streams"), side, toServer, bidirectional)
                : List.of(),
        weSend ? intervals : List.of(),
        weSend ? List.of() : intervals,
        client ? cpuUtilisation("host") : null,
        // A server does not know its client's.
        cpuUtilisation(client ? "remote" : "host"),
        null,
        udp && weKnowReceived
            ? datagrams(received, receivedPath, weKnowSent ? sent : MISSING, side, toServer)
            : null,
        null,
        false);
  }

  private Throughput.Datagrams datagrams(
      JsonNode received, String path, JsonNode sent, Side side, boolean toServer) {
    Double size = amount(root.path("start").path("test_start"), "blksize");
    return new Throughput.Datagrams(
        sent.has("packets") ? Long.valueOf(count(sent, "end.sum_sent", "packets")) : null,
        count(received, path, "packets"),
        wholeNumber(received, path, "lost_packets"),
        outOfOrder(side, toServer),
        received.has("jitter_ms") ? Long.valueOf(jitterNanos(received, path)) : null,
        size == null ? null : Integer.valueOf(size.intValue()));
  }

  private @Nullable Long outOfOrder(Side side, boolean toServer) {
    Long sum = null;
    for (JsonNode stream : root.path("end").path("streams").values()) {
      JsonNode udp = stream.path("udp");
      boolean ours = !udp.has("sender") || isToServer(side, udp) == toServer;
      if (ours && udp.has("out_of_order")) {
        sum = (sum == null ? 0 : sum) + count(udp, "end.streams.udp", "out_of_order");
      }
    }
    return sum;
  }

  private long jitterNanos(JsonNode parent, String path) {
    double nanos = number(parent, path, "jitter_ms") * 1e6;
    if (nanos < 0 || nanos > LARGEST_EXACT) {
      throw unexpected(path + ".jitter_ms", parent.path("jitter_ms"), "a time of 0 or more");
    }
    return Math.round(nanos);
  }

  /// What each connection received, from the receiver's intervals: `end` has the sender's bytes.
  private List<Throughput.Stream> udpStreams(
      Side side, boolean toServer, boolean weSend, double seconds) {
    Double omitted = amount(root.path("start").path("test_start"), "omit");
    // Where the first seconds are left out, intervals and sums are not cut at the same datagram.
    return weSend || omitted == null || omitted > 0
        ? List.of()
        : ofIntervals(side, UDP, toServer, seconds).streams();
  }

  /// Of a run that is cut or broke off, what its whole intervals add up to.
  private List<Flow> partialFlows(Side side, String protocol, String truncation) {
    boolean bidirectional = false;
    if (root.path("intervals").isEmpty()) {
      throw nothingWhole(truncation);
    }
    for (JsonNode interval : root.path("intervals").values()) {
      bidirectional |= interval.has("sum_bidir_reverse");
    }
    List<Flow> flows = new ArrayList<>();
    if (bidirectional || !isReverse()) {
      flows.add(ofIntervals(side, protocol, true, null).partial());
    }
    if (bidirectional || isReverse()) {
      flows.add(ofIntervals(side, protocol, false, null).partial());
    }
    for (Flow flow : flows) {
      if (flow.sentIntervals().isEmpty() && flow.receivedIntervals().isEmpty()) {
        throw nothingWhole(truncation);
      }
    }
    return flows;
  }

  private TraplineException nothingWhole(String truncation) {
    return source.refused(
        "is cut off before its first whole interval: " + truncation,
        "iperf3 was killed or the disk was full; run the trial again");
  }

  /// What the intervals of one direction add up to.
  private final class Sums {
    private final boolean toServer;
    private final boolean weSend;
    private final boolean udp;
    private final @Nullable Double streamSeconds;
    private final List<Throughput.Interval> intervals = new ArrayList<>();
    private final Map<String, Long> bytesBySocket = new LinkedHashMap<>();
    private double bytes;
    private double seconds;
    private double packets;
    private double lost;
    private @Nullable Long jitterNanos;
    private @Nullable Long retransmits;
    private double end = Double.NEGATIVE_INFINITY;

    Sums(boolean toServer, boolean weSend, boolean udp, @Nullable Double streamSeconds) {
      this.toServer = toServer;
      this.weSend = weSend;
      this.udp = udp;
      this.streamSeconds = streamSeconds;
    }

    void add(JsonNode interval, JsonNode sum, String path) {
      double start = number(sum, path, "start");
      double until = number(sum, path, "end");
      double length = number(sum, path, "seconds");
      if (until <= end) {
        String again = "the last interval stands in it twice, as in a run that broke off";
        if (!remarks.contains(again)) {
          remarks.add(again);
        }
        return;
      }
      end = until;
      intervals.add(new Throughput.Interval(start, until, rate(sum, path)));
      bytes += count(sum, path, "bytes");
      seconds += Math.max(0, length);
      if (udp && !weSend) {
        packets += count(sum, path, "packets");
        lost += wholeNumber(sum, path, "lost_packets");
        jitterNanos = jitterNanos(sum, path);
      }
      Long more = optionalCount(sum, path, "retransmits");
      if (more != null) {
        retransmits = (retransmits == null ? 0 : retransmits) + more;
      }
      for (JsonNode stream : interval.path("streams").values()) {
        boolean ours = !stream.has("sender") || isTrue(stream, "sender") == weSend;
        if (ours) {
          bytesBySocket.merge(
              stream.path("socket").toString(), count(stream, path, "bytes"), Long::sum);
        }
      }
    }

    List<Throughput.Stream> streams() {
      double time = streamSeconds == null ? seconds : streamSeconds;
      List<Throughput.Stream> streams = new ArrayList<>();
      if (time > 0) {
        bytesBySocket
            .values()
            .forEach(each ->
                streams.add(
                    new Throughput.Stream(new BitRate(each * 8.0 / time), new Bytes(each), null)));
      }
      return streams;
    }

    Flow flow() {
      return flow(false);
    }

    Flow partial() {
      return flow(true);
    }

    private Flow flow(boolean partial) {
      boolean received = !weSend && seconds > 0;
      Double size = amount(root.path("start").path("test_start"), "blksize");
      return new Flow(
          toServer,
          received ? new BitRate(bytes * 8 / seconds) : null,
          received ? new Bytes((long) bytes) : null,
          weSend ? new Bytes((long) bytes) : null,
          received ? Double.valueOf(seconds) : null,
          weSend ? retransmits : null,
          received ? streams() : List.of(),
          weSend ? intervals : List.of(),
          weSend ? List.of() : intervals,
          null,
          null,
          null,
          udp && received
              ? new Throughput.Datagrams(
                  null,
                  (long) packets,
                  (long) lost,
                  null,
                  jitterNanos,
                  size == null ? null : Integer.valueOf(size.intValue()))
              : null,
          null,
          partial);
    }
  }

  private Sums ofIntervals(
      Side side, String protocol, boolean toServer, @Nullable Double streamSeconds) {
    boolean weSend = (side == Side.CLIENT) == toServer;
    Sums sums = new Sums(toServer, weSend, protocol.equals(UDP), streamSeconds);
    forEachSum(weSend, sums::add);
    return sums;
  }

  private boolean isToServer(Side side, JsonNode ofThisSide) {
    return isTrue(ofThisSide, "sender") == (side == Side.CLIENT);
  }

  private boolean isReverse() {
    Double reverse = amount(root.path("start").path("test_start"), "reverse");
    return reverse != null && reverse != 0;
  }

  private String protocol() {
    JsonNode protocol = root.path("start").path("test_start").path("protocol");
    if (!protocol.isString()) {
      throw unexpected("start.test_start.protocol", protocol, "a string");
    }
    return protocol.stringValue();
  }

  private List<Throughput.Stream> streams(
      JsonNode array, Side side, boolean toServer, boolean bidirectional) {
    List<Throughput.Stream> streams = new ArrayList<>();
    int index = 0;
    for (JsonNode stream : elements(array, "end.streams")) {
      String path = "end.streams[" + index++ + "]";
      JsonNode receiver = stream.path("receiver");
      if (bidirectional && isToServer(side, receiver) != toServer) {
        continue;
      }
      streams.add(
          new Throughput.Stream(
              rate(receiver, path + ".receiver"),
              new Bytes(count(receiver, path + ".receiver", "bytes")),
              optionalCount(stream.path("sender"), path + ".sender", "retransmits")));
    }
    return streams;
  }

  /// What is done with a sum of an interval.
  @FunctionalInterface
  private interface SumReader {
    void read(JsonNode interval, JsonNode sum, String path);
  }

  /// Each side prints what it sends and what it receives itself, so this tells the direction too.
  ///
  /// @param ofSender whether those in which this side sends, or those in which it receives
  private void forEachSum(boolean ofSender, SumReader reader) {
    int index = 0;
    for (JsonNode interval : elements(root.path("intervals"), "intervals")) {
      String path = "intervals[" + index++ + "].";
      for (String key : INTERVAL_SUMS) {
        JsonNode sum = interval.path(key);
        boolean optional = !key.equals(INTERVAL_SUMS.getFirst());
        if ((optional && sum.isMissingNode()) || isTrue(sum, "omitted")) {
          continue;
        }
        // Versions before the member existed have one direction only.
        boolean wanted = !sum.has("sender") || isTrue(sum, "sender") == ofSender;
        if (wanted) {
          reader.read(interval, sum, path + key);
        }
      }
    }
  }

  private List<Throughput.Interval> intervals(boolean ofSender) {
    List<Throughput.Interval> intervals = new ArrayList<>();
    forEachSum(
        ofSender,
        (interval, sum, path) ->
            intervals.add(
                new Throughput.Interval(
                    number(sum, path, "start"), number(sum, path, "end"), rate(sum, path))));
    return intervals;
  }

  private static boolean isTrue(JsonNode node, String member) {
    return node.path(member).isBoolean() && node.path(member).booleanValue();
  }

  private Throughput.@Nullable CpuUtilisation cpuUtilisation(String side) {
    JsonNode cpu = root.path("end").path("cpu_utilization_percent");
    if (!cpu.has(side + "_total")) {
      return null;
    }
    String path = "end.cpu_utilization_percent";
    return new Throughput.CpuUtilisation(
        number(cpu, path, side + "_total"),
        number(cpu, path, side + "_user"),
        number(cpu, path, side + "_system"));
  }

  private Iterable<JsonNode> elements(JsonNode node, String path) {
    if (!node.isArray() || node.isEmpty()) {
      throw unexpected(path, node, "a list with something in it");
    }
    return node.values();
  }

  private BitRate rate(JsonNode parent, String path) {
    double bitsPerSecond = number(parent, path, "bits_per_second");
    if (bitsPerSecond < 0) {
      throw unexpected(
          path + ".bits_per_second", parent.path("bits_per_second"), "a rate of 0 or more");
    }
    return new BitRate(bitsPerSecond);
  }

  private @Nullable Long optionalCount(JsonNode parent, String path, String member) {
    return parent.has(member) ? Long.valueOf(count(parent, path, member)) : null;
  }

  private long count(JsonNode parent, String path, String member) {
    double value = number(parent, path, member);
    // cJSON prints whole numbers of more than 15 digits with an exponent, so the token may be a
    // decimal one.
    if (value < 0 || value > LARGEST_EXACT || value != Math.rint(value)) {
      throw unexpected(path + "." + member, parent.path(member), "a whole number of 0 or more");
    }
    return (long) value;
  }

  /// As [#count], but may be below 0.
  private long wholeNumber(JsonNode parent, String path, String member) {
    double value = number(parent, path, member);
    if (Math.abs(value) > LARGEST_EXACT || value != Math.rint(value)) {
      throw unexpected(path + "." + member, parent.path(member), "a whole number");
    }
    return (long) value;
  }

  private double number(JsonNode parent, String path, String member) {
    JsonNode node = parent.path(member);
    if (!node.isNumber()) {
      throw unexpected(path + "." + member, node, "a number");
    }
    double value;
    try {
      value = node.doubleValue();
    } catch (JacksonException outOfRange) {
      value = Double.NaN;
    }
    if (!Double.isFinite(value)) {
      throw unexpected(path + "." + member, node, "a number in the range of a double");
    }
    return value;
  }

  private TraplineException unexpected(String path, JsonNode seen, String expected) {
    return source.refused(
        (seen.isMissingNode()
                ? "has no '" + path + "'"
                : "has " + OutputText.quoted(seen.toString()) + " at '" + path + "'")
            + ", where "
            + expected
            + " was expected",
        "check that it is the whole output of iperf3 -J of a run that ended by itself");
  }
}
