// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads what `iperf3 -J` prints: one JSON object at the end, on either side. It reads one-way TCP
/// (and SCTP) runs, also reversed ones; it refuses UDP and bidirectional runs, whose members mean
/// something else, rather than guess.
///
/// The shape is that of `iperf_json_finish` and `iperf_print_results` in iperf3's `iperf_api.c`,
/// version 3.12. Three things there deserve care. The exit code of a failed run can be 0; its
/// `error` member tells. A stream's `receiver.seconds` is the sender's time (only `end` is the
/// receiver's, and the rate is of that), so no time is read from streams. And a `sum` of
/// `intervals` is what was sent or what was received depending on its `sender`, since each side
/// prints its own.
final class Iperf3Json {
  private static final String TOOL = "iperf3";
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /// Above this a double no longer holds every whole number.
  private static final double LARGEST_EXACT = 1L << 53;

  private static final Pattern UNFINISHED_TOKEN = Pattern.compile("[A-Za-z0-9.+-]{0,24}\\s*");

  private final OutputText source;
  private final JsonNode root;

  private Iperf3Json(OutputText source, JsonNode root) {
    this.source = source;
    this.root = root;
  }

  /// @throws TraplineException `WORKLOAD-OUTPUT`, see [Workload#parse]
  static Throughput parse(ToolOutput clientOutput, @Nullable ToolOutput serverOutput) {
    // The client first: if both failed, it has the reason and the server only the consequence.
    Iperf3Json client = read(clientOutput);
    Iperf3Json server = serverOutput == null ? null : read(serverOutput);
    if (server != null) {
      server.checkSameRunAs(client);
    }
    return client.throughput(server);
  }

  private static Iperf3Json read(ToolOutput output) {
    OutputText source = OutputText.read(TOOL, output);
    JsonNode root;
    try {
      root = MAPPER.readTree(source.text());
    } catch (JacksonException failure) {
      throw unreadable(source, failure);
    }
    Iperf3Json result = new Iperf3Json(source, root);
    result.checkNoError();
    return result;
  }

  private static TraplineException unreadable(OutputText source, JacksonException failure) {
    if (isAtTheEnd(source, failure)) {
      return source.refused(
          "is cut off: its JSON ends in the middle, at " + place(failure.getLocation()),
          "iperf3 was killed or the disk was full; run the trial again",
          failure);
    }
    return source.refused(
        "is not the JSON of iperf3: at "
            + place(failure.getLocation())
            + ", "
            + firstSentence(failure.getOriginalMessage())
            + "; it begins with "
            + OutputText.quoted(source.text().lines().findFirst().orElse("")),
        "give the output of iperf3 with -J",
        failure);
  }

  /// Jackson has an exception of its own only for an end within a string, words for an end between
  /// tokens, and takes the beginning of a `true` or a number for a token that it does not know.
  private static boolean isAtTheEnd(OutputText source, JacksonException failure) {
    if (failure instanceof UnexpectedEndOfInputException) {
      return true;
    }
    String words = failure.getOriginalMessage();
    if (words != null && words.startsWith("Unexpected end-of-input")) {
      return true;
    }
    TokenStreamLocation location = failure.getLocation();
    if (location == null || location.getCharOffset() < 0) {
      return false;
    }
    String text = source.text();
    int offset = (int) Math.min(location.getCharOffset(), text.length());
    return UNFINISHED_TOKEN.matcher(text).region(offset, text.length()).matches();
  }

  private static String place(@Nullable TokenStreamLocation location) {
    return location == null
        ? "an unknown place"
        : "line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  private static String firstSentence(@Nullable String words) {
    return words == null ? "no reason given" : words.lines().findFirst().orElse("");
  }

  private void checkNoError() {
    JsonNode error = root.path("error");
    if (error.isMissingNode()) {
      return;
    }
    String words = error.isString() ? error.stringValue() : error.toString();
    throw source.refused(
        "has no result: iperf3 says " + OutputText.quoted(words),
        "check that the server is running, reachable and not in use by another client");
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

  private Throughput throughput(@Nullable Iperf3Json server) {
    String protocol = protocol();
    JsonNode end = root.path("end");
    if (end.has("sum_received_bidir_reverse")) {
      throw source.refused(
          "is of a bidirectional run, which has two goodputs",
          "run each direction by itself, without --bidir");
    }
    JsonNode received = end.path("sum_received");
    JsonNode sent = end.path("sum_sent");
    double seconds = number(received, "end.sum_received", "seconds");
    if (seconds <= 0) {
      throw unexpected("end.sum_received.seconds", received.path("seconds"), "a positive number");
    }
    List<Throughput.Interval> sentIntervals = intervals(true);
    List<Throughput.Interval> receivedIntervals = intervals(false);
    if (server != null) {
      // Each side prints one of them, and which one depends on the direction.
      sentIntervals = sentIntervals.isEmpty() ? server.intervals(true) : sentIntervals;
      receivedIntervals = receivedIntervals.isEmpty() ? server.intervals(false) : receivedIntervals;
    }
    return new Throughput(
        protocol,
        rate(received, "end.sum_received"),
        new Bytes(count(received, "end.sum_received", "bytes")),
        new Bytes(count(sent, "end.sum_sent", "bytes")),
        seconds,
        optionalCount(sent, "end.sum_sent", "retransmits"),
        streams(end.path("streams")),
        sentIntervals,
        receivedIntervals,
        cpuUtilisation("host"),
        cpuUtilisation("remote"),
        server == null ? null : server.receivedByServer());
  }

  private String protocol() {
    JsonNode protocol = root.path("start").path("test_start").path("protocol");
    if (!protocol.isString()) {
      throw unexpected("start.test_start.protocol", protocol, "a string");
    }
    if (Objects.equals(protocol.stringValue(), "UDP")) {
      throw source.refused(
          "is of a UDP run, whose byte counts are the sender's", "run iperf3 without -u");
    }
    return protocol.stringValue();
  }

  private List<Throughput.Stream> streams(JsonNode array) {
    List<Throughput.Stream> streams = new ArrayList<>();
    for (JsonNode stream : elements(array, "end.streams")) {
      String path = "end.streams[" + streams.size() + "]";
      JsonNode receiver = stream.path("receiver");
      streams.add(
          new Throughput.Stream(
              rate(receiver, path + ".receiver"),
              new Bytes(count(receiver, path + ".receiver", "bytes")),
              optionalCount(stream.path("sender"), path + ".sender", "retransmits")));
    }
    return streams;
  }

  /// @param ofSender whether those in which this side sends, or those in which it receives
  private List<Throughput.Interval> intervals(boolean ofSender) {
    List<Throughput.Interval> intervals = new ArrayList<>();
    int index = 0;
    for (JsonNode interval : elements(root.path("intervals"), "intervals")) {
      String path = "intervals[" + index++ + "].sum";
      JsonNode sum = interval.path("sum");
      boolean counts = !isTrue(sum, "omitted") && isTrue(sum, "sender") == ofSender;
      if (counts) {
        intervals.add(
            new Throughput.Interval(
                number(sum, path, "start"), number(sum, path, "end"), rate(sum, path)));
      }
    }
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

  /// Null if this server was the sender: it prints 0 then, and does not know.
  private @Nullable Bytes receivedByServer() {
    JsonNode received = root.path("end").path("sum_received");
    boolean reversed =
        number(root.path("start").path("test_start"), "start.test_start", "reverse") != 0;
    return reversed ? null : new Bytes(count(received, "end.sum_received", "bytes"));
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
