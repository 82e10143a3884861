// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads what `sockperf ping-pong` and `sockperf server` print. It reads half round trips of one
/// server; it refuses `--full-rtt`, bursts and several servers rather than guess.
///
/// The lines are those of `client_statistics` in sockperf's `client.cpp`, version 3.7. Three things
/// there deserve care. The exit code is 0 even if no server answered. Some words are in colour also
/// when written to a file. And errors go to standard output.
final class SockperfText {
  private static final String TOOL = "sockperf";

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
          ".*====> avg-latency=" + DECIMAL + "(?: \\(std-dev=" + DECIMAL + "[,)].*)?",
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

  /// @throws TraplineException `WORKLOAD-OUTPUT`, see [Workload#parse]
  static Latency parse(ToolOutput clientOutput, @Nullable ToolOutput serverOutput) {
    SockperfText client = read(clientOutput);
    SockperfText server = serverOutput == null ? null : read(serverOutput);
    return client.latency(server == null ? null : server.messagesHandled());
  }

  private static SockperfText read(ToolOutput output) {
    OutputText source = OutputText.read(TOOL, output);
    List<String> lines = COLOUR.matcher(source.text()).replaceAll("").lines().toList();
    if (lines.stream().noneMatch(line -> line.startsWith("sockperf"))) {
      throw source.refused(
          "is not the output of sockperf: no line begins with 'sockperf', the first one is "
              + OutputText.quoted(lines.getFirst()),
          "give the standard output of sockperf");
    }
    SockperfText result = new SockperfText(source, lines);
    result.checkNoError();
    return result;
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

  private Latency latency(@Nullable Long messagesHandledByServer) {
    checkHalfRoundTrips();
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
    String standardDeviation = mean.group(2);
    return new Latency(
        required(PROTOCOL).group(1),
        nanos(mean.group(1)),
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
        messagesHandledByServer);
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
