// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.workload.WorkloadReading.Side;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads what sockperf prints: `ping-pong`, `under-load`, `playback` and `throughput`, clients and
/// servers, with any number of addresses (`-f`). It refuses the results of several servers
/// (`--srv-num`), of which each has its own latency, and the file of `--full-log`, which lacks the
/// protocol.
///
/// The lines are those of `client_statistics` and `stream_statistics` in sockperf's `client.cpp`,
/// versions 3.7 to 3.10. Some things there deserve care. The exit code is 0 even if no server
/// answered. Some words are in colour also when written to a file. Errors go to standard output.
/// The mode is not printed, so whether messages followed each other without a pause is seen from
/// the figures: only then do latencies fill the run time. `MBps` is 2^20 bytes per second and
/// `Mbps` eight times that; `GBps` is 1000 of the former, but version 3.7 calls them `GBps` also
/// with `--increase_output_precision`, which is known by its nine decimals.
public final class SockperfText {
  private static final String TOOL = "sockperf";
  private static final String FORMAT = "sockperf text";

  /// ECMA-48 control sequences: sockperf's colours.
  private static final Pattern COLOUR = Pattern.compile("\\u001b\\[[0-9;]*[A-Za-z]");

  private static final String COUNT = "(\\d{1,18})";
  private static final String DECIMAL = "(\\d{1,12}\\.\\d{1,9})";

  private static final Line PROTOCOL =
      new Line("# ", "\\[ ?\\d+\\] IP = .* PORT = .* # (UDP|TCP)", "PORT = ");
  private static final Line TOTAL_RUN =
      new Line(
          "[Total Run]",
          ".*\\[Total Run\\] RunTime="
              + DECIMAL
              + " sec;.* SentMessages="
              + COUNT
              + "; ReceivedMessages="
              + COUNT
              + "(?:;.*)?",
          "[Total Run]");
  private static final Line VALID_RUN =
      new Line(
          "[Valid Duration]",
          ".*\\[Valid Duration\\] RunTime="
              + DECIMAL
              + " sec; SentMessages="
              + COUNT
              + "; ReceivedMessages="
              + COUNT,
          "[Valid Duration]");
  private static final Line MEAN =
      new Line(
          "====> avg-latency=",
          ".*====> avg-(latency|rtt)=" + DECIMAL + "(?: \\(std-dev=" + DECIMAL + "[,)].*)?",
          "====> avg-");
  private static final Line DAMAGE =
      new Line(
          "# dropped messages",
          ".*# dropped messages = "
              + COUNT
              + "; # duplicated messages = "
              + COUNT
              + "; # out-of-order messages = "
              + COUNT,
          "# dropped messages");
  private static final Line MAXIMUM =
      new Line("<MAX> observation", ".*---> <MAX> observation = *" + DECIMAL, "<MAX> observation");
  private static final Line MINIMUM =
      new Line("<MIN> observation", ".*---> <MIN> observation = *" + DECIMAL, "<MIN> observation");
  private static final Line PERCENTILE =
      new Line(
          "---> percentile", ".*---> percentile +" + DECIMAL + " = *" + DECIMAL, "---> percentile");
  private static final Line HANDLED =
      new Line(
          "messages received and handled",
          ".*Total " + COUNT + " messages received and handled",
          "messages received and handled");

  private static final Line STREAMED =
      new Line(
          "Total of messages sent",
          ".*Total of "
              + COUNT
              + " messages sent in "
              + DECIMAL
              + " sec(?: \\("
              + COUNT
              + " messages skipped\\))?",
          "messages sent in ");
  private static final Line RATE =
      new Line(
          "Message Rate",
          ".*Summary: Message Rate is " + COUNT + " \\[msg/sec\\](?:, .*)?",
          "Summary: Message Rate");
  private static final Line BANDWIDTH =
      new Line(
          "BandWidth",
          ".*Summary: BandWidth is " + DECIMAL + " ([MG])Bps \\(" + DECIMAL + " [MG]bps\\)",
          "Summary: BandWidth");
  private static final Line NOTE =
      new Line(
          "NOTE",
          ".*NOTE: test was performed, using (?:average )?msg-size=(\\d{1,9}).*",
          "NOTE: test was performed");

  /// Numbers behind a name are what any tracer may print.
  private static final Pattern OWN_WORDS = Pattern.compile("sockperf: [^\\d\\s@]");

  private static final Pattern VERSION = Pattern.compile("== version #([\\w.+-]{1,40}) ==");
  private static final Pattern ADDRESS =
      Pattern.compile("\\[ ?\\d+\\] IP = (\\S{1,100}) +PORT = +(\\d{1,5}) # (?:UDP|TCP)");

  /// What sockperf sends where nothing else is said.
  private static final int USUAL_MESSAGE_BYTES = 1472;

  private static final double BITS_PER_MEBIBYTE = 8.0 * (1 << 20);

  private static final String RERUN = "run it by hand to see why, with the server running";

  private final OutputText source;
  private final List<String> lines;

  private SockperfText(OutputText source, List<String> lines) {
    this.source = source;
    this.lines = lines;
  }

  /// A line that holds figures.
  ///
  /// @param label what it is called in an error
  /// @param pattern what the whole line must match
  /// @param mark by which the line is known, even if damaged
  private record Line(String label, Pattern pattern, String mark) {
    Line(String label, String pattern, String mark) {
      this(label, Pattern.compile(pattern), mark);
    }
  }

  /// Whether a line can only be one of sockperf's.
  public static boolean recognises(String line) {
    String text = plain(line);
    return OWN_WORDS.matcher(text).lookingAt()
        || text.startsWith("sockperf[CLIENT] ")
        || ADDRESS.matcher(text.strip()).matches();
  }

  /// Reads a file of one run, of either side.
  ///
  /// @param file as the user named it
  /// @param content left open
  /// @throws TraplineException `WORKLOAD-OUTPUT` with file and line if there is no result, such as
  ///   where the output was cut before its last figure
  /// @throws IOException if the stream fails
  public static WorkloadReading read(String file, InputStream content) throws IOException {
    return read(OutputText.read(TOOL, file, content));
  }

  static WorkloadReading read(OutputText source) {
    List<String> lines = new ArrayList<>();
    SkippedLines skipped = SkippedLines.NONE;
    boolean prefixed = false;
    for (String raw : source.text().lines().toList()) {
      String line = plain(raw);
      String text = recognises(line) || isKnown(line) ? line : ForeignPrefix.strip(line);
      prefixed |= text.length() < line.length() && recognises(text);
      lines.add(text);
      if (!recognises(text) && !isKnown(text)) {
        skipped = skipped.with(lines.size(), raw);
      }
    }
    requireSockperf(source, lines);
    SockperfText text = new SockperfText(source, lines);
    boolean server = lines.stream().anyMatch(line -> line.contains("[SERVER] listen on:"));
    boolean client = lines.stream().anyMatch(line -> line.startsWith("sockperf[CLIENT]"));
    if (lines.stream().anyMatch(line -> line.startsWith("packet, txTime"))) {
      throw source.refused(
          "is the file of --full-log, which does not tell the protocol",
          "give what sockperf printed on standard output");
    }
    if (server && client) {
      throw source.refused(
          "has the outputs of a client and a server in it, where one side was expected",
          "give each side's output as a file of its own");
    }
    return server ? text.serverReading(skipped, prefixed) : text.clientReading(skipped, prefixed);
  }

  /// Whether some line is one of sockperf's.
  static boolean isIn(OutputText source) {
    return source
        .text()
        .lines()
        .anyMatch(line ->
            recognises(line)
                || recognises(ForeignPrefix.strip(plain(line)))
                || plain(line).startsWith("Usage: sockperf"));
  }

  private static String plain(String line) {
    return COLOUR.matcher(line).replaceAll("");
  }

  /// Lines that need not be sockperf's: blank ones, the dots of `--activity`, those of a histogram.
  private static boolean isKnown(String line) {
    return line.isBlank()
        || line.startsWith("sockperf: ")
        || line.startsWith("Usage: sockperf")
        || line.matches("[. ]{1,9999}");
  }

  private WorkloadReading clientReading(SkippedLines skipped, boolean prefixed) {
    checkNoError();
    List<String> remarks = new ArrayList<>();
    Outcome outcome;
    if (all(STREAMED).isEmpty() && all(RATE).isEmpty()) {
      outcome = anyLatency(remarks);
    } else {
      outcome = messageRate();
    }
    return reading(
        Side.CLIENT,
        outcome instanceof Latency ? "latency" : "throughput",
        outcome,
        null,
        skipped,
        null,
        withPrefix(remarks, prefixed));
  }

  private WorkloadReading serverReading(SkippedLines skipped, boolean prefixed) {
    boolean idle =
        lines.stream().anyMatch(line -> line.contains("No messages were received on the server"));
    if (!idle) {
      checkNoError();
    }
    List<Matcher> totals = all(HANDLED);
    if (totals.size() > 1) {
      required(HANDLED);
    }
    Long handled = idle ? Long.valueOf(0) : messagesHandled();
    return reading(
        Side.SERVER,
        null,
        null,
        handled,
        skipped,
        handled == null ? "it has no total: the server was not ended with SIGINT" : null,
        withPrefix(new ArrayList<>(), prefixed));
  }

  private static List<String> withPrefix(List<String> remarks, boolean prefixed) {
    if (prefixed) {
      remarks.add("its lines have a prefix that sockperf did not write");
    }
    return remarks;
  }

  private WorkloadReading reading(
      Side side,
      @Nullable String test,
      @Nullable Outcome outcome,
      @Nullable Long handled,
      SkippedLines skipped,
      @Nullable String truncation,
      List<String> remarks) {
    String version = null;
    String address = null;
    Integer port = null;
    int addresses = 0;
    for (String line : lines) {
      Matcher found = VERSION.matcher(line);
      if (found.find()) {
        version = found.group(1);
      }
      found = ADDRESS.matcher(line.strip());
      if (found.matches() && addresses++ == 0) {
        address = found.group(1);
        port = Integer.valueOf(found.group(2));
      }
    }
    if (addresses > 1) {
      remarks.add("it has " + addresses + " addresses; the first one is told");
    }
    return new WorkloadReading(
        source.file(),
        FORMAT,
        TOOL,
        side,
        test,
        protocol(),
        outcome,
        List.of(),
        handled,
        new WorkloadReading.Parameters(
            version,
            null,
            null,
            null,
            addresses == 0 ? null : Integer.valueOf(addresses),
            address,
            port,
            outcome instanceof MessageRate rate ? rate.messageBytes() : null),
        lines.size(),
        skipped,
        truncation,
        remarks);
  }

  /// One for all addresses.
  private String protocol() {
    List<Matcher> found = all(PROTOCOL);
    if (found.isEmpty()) {
      throw missing(PROTOCOL);
    }
    String protocol = found.getFirst().group(1);
    for (Matcher each : found) {
      if (!each.group(1).equals(protocol)) {
        throw source.refused(
            "has addresses of UDP and of TCP, where one protocol was expected",
            "run sockperf with one protocol at a time");
      }
    }
    return protocol;
  }

  private MessageRate messageRate() {
    Matcher total = required(STREAMED);
    Matcher rate = required(RATE);
    Matcher bandwidth = required(BANDWIDTH);
    List<Matcher> note = all(NOTE);
    String digits = bandwidth.group(1);
    // Nine decimals are those of --increase_output_precision, see above.
    boolean thousands =
        bandwidth.group(2).equals("G") && digits.length() - digits.indexOf('.') - 1 < 9;
    String skipped = total.group(3);
    return new MessageRate(
        protocol(),
        count(total, 1),
        number(total, 2),
        count(rate, 1),
        new BitRate(Double.parseDouble(digits) * BITS_PER_MEBIBYTE * (thousands ? 1000 : 1)),
        note.isEmpty() ? USUAL_MESSAGE_BYTES : Integer.valueOf(note.getFirst().group(1)),
        skipped == null ? null : Long.valueOf(skipped),
        null);
  }

  /// A latency of unknown mode: back to back if the figures say so.
  private Latency anyLatency(List<String> remarks) {
    Latency latency = latency(null, true);
    double filled = latency.validLatenciesSeconds() / latency.validRunSeconds();
    boolean bursts = lines.stream().anyMatch(line -> line.contains(" of burst of "));
    if (!bursts && Math.abs(filled - 1) <= Latency.HALF_ROUND_TRIP_TOLERANCE) {
      return latency;
    }
    String reason;
    if (bursts) {
      reason = "they were sent in bursts";
    } else if (filled < 1) {
      reason = "they were paced (--mps), played back or lost";
    } else {
      reason = "several were under way at once, or these are no half round trips";
    }
    remarks.add(
        String.format(
            Locale.ROOT,
            "its messages did not follow each other back to back: their latencies fill %.1f%% of"
                + " the run time; %s",
            filled * 100,
            reason));
    return latency(null, false);
  }

  /// @throws TraplineException `WORKLOAD-OUTPUT`, see [Workload#parse]
  static Latency parse(ToolOutput clientOutput, @Nullable ToolOutput serverOutput) {
    SockperfText client = read(clientOutput);
    SockperfText server = serverOutput == null ? null : read(serverOutput);
    client.checkHalfRoundTrips();
    return client.latency(server == null ? null : server.messagesHandled(), true);
  }

  /// As [#parse], of messages that were sent at a rate and answered now and then.
  static Latency parseUnderLoad(ToolOutput clientOutput, @Nullable ToolOutput serverOutput) {
    SockperfText client = read(clientOutput);
    SockperfText server = serverOutput == null ? null : read(serverOutput);
    client.checkHalfRoundTrips();
    return client.latency(server == null ? null : server.messagesHandled(), false);
  }

  /// As [#parse], of messages that none answers.
  static MessageRate parseThroughput(ToolOutput clientOutput, @Nullable ToolOutput serverOutput) {
    SockperfText client = read(clientOutput);
    SockperfText server = serverOutput == null ? null : read(serverOutput);
    return client
        .messageRate()
        .withMessagesHandledByServer(server == null ? null : server.messagesHandled());
  }

  /// What a server says that it handled; null if it has no total.
  ///
  /// @throws TraplineException `WORKLOAD-OUTPUT`, see [Workload#parse]
  static @Nullable Long messagesHandled(ToolOutput serverOutput) {
    return read(serverOutput).messagesHandled();
  }

  private static SockperfText read(ToolOutput output) {
    OutputText source = OutputText.read(TOOL, output);
    List<String> lines = COLOUR.matcher(source.text()).replaceAll("").lines().toList();
    requireSockperf(source, lines);
    SockperfText result = new SockperfText(source, lines);
    result.checkNoError();
    return result;
  }

  private static void requireSockperf(OutputText source, List<String> lines) {
    if (lines.stream().noneMatch(line -> line.startsWith("sockperf"))
        && lines.stream().noneMatch(line -> line.startsWith("Usage: sockperf"))) {
      throw source.refused(
          "is not the output of sockperf: no line begins with 'sockperf', the first one is "
              + OutputText.quoted(lines.getFirst()),
          "give the standard output of sockperf");
    }
  }

  private void checkNoError() {
    for (int index = 0; index < lines.size(); index++) {
      String line = lines.get(index);
      if (line.contains("ERROR:")) {
        // Some errors end on a line of their own with the errno.
        String rest =
            index + 1 < lines.size() && lines.get(index + 1).contains("(errno=")
                ? lines.get(index + 1)
                : "";
        throw source.refused(
            "has no result: in line "
                + (index + 1)
                + " sockperf says "
                + OutputText.quoted(line.replaceFirst(".*ERROR: *", "") + rest),
            "check that the server is running, and the address and port");
      }
      if (line.startsWith("Usage: sockperf")) {
        throw source.refused(
            "has no result: sockperf printed its usage, after "
                + OutputText.quoted(lines.getFirst()),
            "check the address and the options; sockperf 3.7 takes no IPv6 address");
      }
      if (line.contains("No messages were received")
          || line.contains("No messages were sent")
          || line.contains("No valid observations found")) {
        throw source.refused(
            "has no result: in line "
                + (index + 1)
                + " sockperf says "
                + OutputText.quoted(line.replaceFirst("^sockperf: *", "")),
            "check that the server is running, and the address and port; a run must be longer"
                + " than the 450 ms that are not evaluated");
      }
    }
  }

  private Latency latency(@Nullable Long messagesHandledByServer, boolean backToBack) {
    Matcher total = required(TOTAL_RUN);
    Matcher valid = required(VALID_RUN);
    Matcher mean = required(MEAN);
    Matcher damage = required(DAMAGE);
    Matcher maximum = required(MAXIMUM);
    SortedMap<Double, Long> percentiles = percentiles();
    Matcher minimum = required(MINIMUM);
    if (number(valid, 1) <= 0 || count(valid, 3) == 0) {
      throw source.refused(
          "has no message in its valid duration: " + OutputText.quoted(valid.group()), RERUN);
    }
    String standardDeviation = mean.group(3);
    return new Latency(
        protocol(),
        nanos(mean.group(2)),
        standardDeviation == null ? null : Long.valueOf(nanos(standardDeviation)),
        nanos(minimum.group(1)),
        nanos(maximum.group(1)),
        percentiles,
        number(total, 1),
        count(total, 2),
        count(total, 3),
        number(valid, 1),
        count(valid, 2),
        count(valid, 3),
        count(damage, 1),
        count(damage, 2),
        count(damage, 3),
        messagesHandledByServer,
        mean.group(1).equals("rtt"),
        backToBack,
        null);
  }

  private void checkHalfRoundTrips() {
    for (int index = 0; index < lines.size(); index++) {
      String line = lines.get(index);
      if (line.contains("avg-rtt=") || line.contains("of burst of")) {
        throw source.refused(
            "has full round trips or bursts in line "
                + (index + 1)
                + ", "
                + OutputText.quoted(line)
                + ", where half round trips of single messages were expected",
            "run sockperf ping-pong without --full-rtt and --burst");
      }
    }
  }

  private SortedMap<Double, Long> percentiles() {
    SortedMap<Double, Long> percentiles = new TreeMap<>();
    for (Matcher percentile : all(PERCENTILE)) {
      percentiles.put(number(percentile, 1), nanos(percentile.group(2)));
    }
    if (percentiles.isEmpty()) {
      throw missing(PERCENTILE);
    }
    return percentiles;
  }

  /// Null if there is no total: the server was not ended with SIGINT.
  private @Nullable Long messagesHandled() {
    List<Matcher> found = all(HANDLED);
    return found.isEmpty() ? null : Long.valueOf(count(found.getFirst(), 1));
  }

  private Matcher required(Line wanted) {
    List<Matcher> found = all(wanted);
    if (found.isEmpty()) {
      throw missing(wanted);
    }
    if (found.size() > 1) {
      throw source.refused(
          "has "
              + found.size()
              + " lines with '"
              + wanted.mark
              + "', where the results of one run with one server were expected",
          "give the output of one run, with one server");
    }
    return found.getFirst();
  }

  private List<Matcher> all(Line wanted) {
    List<Matcher> found = new ArrayList<>();
    for (int index = 0; index < lines.size(); index++) {
      String line = lines.get(index);
      if (line.contains(wanted.mark)) {
        Matcher matcher = wanted.pattern.matcher(line.stripTrailing());
        if (!matcher.matches()) {
          throw source.refused(
              "has in line "
                  + (index + 1)
                  + " "
                  + OutputText.quoted(line)
                  + ", where the figures of '"
                  + wanted.label
                  + "' were expected",
              "check that the file is whole and that sockperf ran with LC_ALL=C");
        }
        found.add(matcher);
      }
    }
    return found;
  }

  private TraplineException missing(Line wanted) {
    return source.refused(
        "is cut off or of another mode than ping-pong: no line has '"
            + wanted.mark
            + "', the last one is line "
            + lines.size()
            + ", "
            + OutputText.quoted(lines.getLast()),
        RERUN);
  }

  private static long count(Matcher matcher, int group) {
    return Long.parseLong(matcher.group(group));
  }

  private static double number(Matcher matcher, int group) {
    return Double.parseDouble(matcher.group(group));
  }

  /// sockperf prints microseconds with three decimals, which are whole nanoseconds.
  private static long nanos(String microseconds) {
    return new BigDecimal(microseconds)
        .movePointRight(3)
        .setScale(0, RoundingMode.HALF_EVEN)
        .longValueExact();
  }
}
