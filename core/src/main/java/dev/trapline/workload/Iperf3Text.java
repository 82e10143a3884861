// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.workload.WorkloadReading.Flow;
import dev.trapline.workload.WorkloadReading.Side;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads what iperf3 prints without `-J`: the table of intervals and the totals of sender and
/// receiver, with `-V`, `--timestamps`, `-T` and all units of `-f`. Not iperf 2, whose table looks
/// alike but has other decimals.
///
/// The lines are those of iperf3's `iperf_locale.c`, version 3.12, and of `iperf_print_results` in
/// `iperf_api.c`. Bytes are in units of 2^10, rates in bits in units of 10^3, rates in bytes in
/// units of 2^10 again (`unit_snprintf` in `units.c`), whatever `-f` says. Figures have three
/// digits, four from 1000 to 1023, so all of them are rounded and the outcome says by how much.
/// With a unit of `-f` that is too large, `0.00 Tbits/sec`, the rate is taken from bytes and time.
///
/// Text does not tell TCP from SCTP without `-V`, nor a run from another. A run that broke off has
/// a total of 0 bytes for what the other side did not tell any more, or a total over a time that is
/// not its own, so of such a run only whole intervals are read.
public final class Iperf3Text {
  private static final String TOOL = "iperf3";
  private static final String FORMAT = "iperf3 text";

  private static final String NUMBER = "(\\d{1,15}(?:\\.\\d{1,6})?)";

  /// Times have two decimals always, which iperf 2 never has.
  private static final Pattern ROW =
      Pattern.compile(
          "\\[(SUM| {0,3}\\d{1,6})\\](?:\\[(TX|RX)-([CS])\\])? +(\\d{1,9}\\.\\d\\d)-(\\d{1,9}\\.\\d\\d)"
              + " +sec +"
              + NUMBER
              + " ([KMGT]?)Bytes +"
              + NUMBER
              + " ([KMGT]?)(bits|Bytes)/sec(| .*)");

  private static final Pattern RETRANSMITS =
      Pattern.compile(
          " +(\\d{1,10})(?: +[\\d.]{1,12} [KMGT]?Bytes)? *(sender|receiver|\\(omitted\\))?");
  private static final Pattern DATAGRAMS =
      Pattern.compile(
          " +([\\d.]{1,15}) ms +(-?\\d{1,12})/(-?\\d{1,12}) \\([^)]{1,20}%\\) *"
              + "(sender|receiver|\\(omitted\\))?");
  private static final Pattern NOTHING_MORE = Pattern.compile(" *(sender|receiver|\\(omitted\\))?");

  private static final Pattern HEADER =
      Pattern.compile(
          "\\[ ID\\](?:\\[Role\\])? Interval +Transfer +(?:Bitrate|Bandwidth)"
              + "( +Retr(?: +Cwnd)?)?( +Jitter +Lost/Total Datagrams)?( +Total Datagrams)?.*");
  private static final Pattern CONNECTED =
      Pattern.compile(
          "\\[ {0,3}(\\d{1,6})\\] local (\\S{1,100}) port (\\d{1,5}) connected (?:to|with) "
              + "(\\S{1,100}) port (\\d{1,5}).*");
  private static final Pattern CONNECTING =
      Pattern.compile("Connecting to host (\\S{1,255}), port (\\d{1,5})");
  private static final Pattern ACCEPTED =
      Pattern.compile("Accepted connection from (\\S{1,100}), port (\\d{1,5})");
  private static final Pattern LISTENING =
      Pattern.compile("Server listening on (?:\\S{1,100} port )?(\\d{1,5}).*");
  private static final Pattern STARTING =
      Pattern.compile(
          "Starting Test: protocol: (\\w{1,10}), (\\d{1,6}) streams?, (\\d{1,9}) byte blocks,"
              + " omitting \\d{1,6} seconds,(?: (\\d{1,9}) second test)?.*");
  private static final Pattern CPU =
      Pattern.compile(
          "CPU Utilization: local/\\w{1,10} ([\\d.]{1,10})% \\(([\\d.]{1,10})%u/([\\d.]{1,10})%s\\),"
              + " remote/\\w{1,10} ([\\d.]{1,10})% \\(([\\d.]{1,10})%u/([\\d.]{1,10})%s\\)");
  private static final Pattern OUT_OF_ORDER =
      Pattern.compile(
          "\\[(?:SUM| {0,3}\\d{1,6})\\](?:\\[(TX|RX)-[CS]\\])? +[\\d.]{1,10}- *[\\d.]{1,10} +sec +"
              + "(\\d{1,12}) datagrams received out-of-order");
  private static final Pattern VERSION = Pattern.compile("iperf (3\\.[\\w.+-]{1,20})(?: \\(.*)?");
  private static final Pattern COOKIE = Pattern.compile("Cookie: ([a-z0-9]{30,40})");
  private static final Pattern TIME =
      Pattern.compile("Time: ([A-Z][a-z]{2}, \\d\\d? [A-Z][a-z]{2} \\d{4} [\\d:]{8} GMT)");

  /// iperf3's own word that something failed; `warning` is none.
  private static final Pattern ERROR =
      Pattern.compile("iperf3: (?!warning|getsockopt)(?:error - )?(.{1,500})");

  /// Numbers behind a name are what any tracer may print.
  private static final Pattern OWN_WORDS = Pattern.compile("iperf3: [^\\d\\s@]");

  /// Lines that say nothing that is needed. The second half of them is printed with `-V` or `-d`.
  private static final Pattern NOISE =
      Pattern.compile(
          "-{20,}|(?:- ){10,}-|iperf Done\\.|Reverse mode, remote host .* is sending"
              + "|Test Complete\\. Summary Results:|Finished omit period, starting real test"
              + "|(?:snd|rcv)_tcp_congestion \\S+|Control connection MSS .*|TCP MSS: .*"
              + "|Target Bitrate: .*|Setting UDP block size to .*|\\[ {0,3}(?:SUM|\\d{1,6})\\]"
              + " \\((?:sender|receiver) statistics not available\\)"
              + "|Linux \\S+ .*|Darwin \\S+ .*|FreeBSD \\S+ .*|Sent .* / .* \\(.*%\\) of .*");

  private static final Pattern WARNING =
      Pattern.compile("(?:iperf3: )?(?:warning|WARNING): ?(.{1,300})");

  /// Where one of iperf3's lines may begin, behind a prefix of any shape.
  private static final Pattern BEGINNING =
      Pattern.compile(
          "\\[(?:SUM| ID| {0,3}\\d{1,6})\\]|- - - - |-{20,}|iperf Done\\.|iperf3: |Connecting to host "
              + "|Accepted connection from |Server listening on |Reverse mode, |Starting Test: ");

  /// iperf3 `-T`. Calls that write such a text, as tracers print them, are none: these have a
  /// bracket before it.
  private static final Pattern TITLE = Pattern.compile("[^(\\[\"]{1,64}:  ");

  private static final int LONGEST_PREFIX = 100;

  private final OutputText source;
  private final List<String> remarks = new ArrayList<>();
  private final List<Row> intervals = new ArrayList<>();
  private final List<Row> totals = new ArrayList<>();
  private final Set<Integer> sockets = new LinkedHashSet<>();
  private SkippedLines skipped = SkippedLines.NONE;
  private @Nullable Side side;
  private boolean reverse;
  private boolean udp;
  private boolean senderHeader;
  private boolean retransmitHeader;
  private boolean done;
  private @Nullable String error;
  private @Nullable String protocol;
  private Throughput.@Nullable CpuUtilisation local;
  private Throughput.@Nullable CpuUtilisation remote;
  private @Nullable Long outOfOrderToServer;
  private @Nullable Long outOfOrderToClient;
  private @Nullable String version;
  private @Nullable String cookie;
  private @Nullable Instant startedAt;
  private @Nullable Double durationSeconds;
  private @Nullable Integer announcedStreams;
  private @Nullable Integer blockBytes;
  private @Nullable String serverAddress;
  private @Nullable Integer serverPort;
  private boolean prefixed;
  private @Nullable String lastPrefix;
  private boolean inServersOutput;
  private long runs;

  private Iperf3Text(OutputText source) {
    this.source = source;
  }

  /// A line with figures.
  ///
  /// @param socket by which iperf3 calls a connection; null for the sum of all
  /// @param weSend what `[TX-..]` and `[RX-..]` say; null without these
  /// @param role `sender` or `receiver` of a total; null for an interval
  private record Row(
      @Nullable Integer socket,
      @Nullable Boolean weSend,
      double start,
      double end,
      Rounded bytes,
      Rounded bitsPerSecond,
      @Nullable String role,
      @Nullable Long retransmits,
      @Nullable Long jitterNanos,
      @Nullable Long lost,
      @Nullable Long packets) {
    boolean isOf(@Nullable Boolean direction) {
      return direction == null || direction.equals(weSend);
    }
  }

  /// A printed figure.
  ///
  /// @param halfUnit half of its last digit
  private record Rounded(double value, double halfUnit) {
    static Rounded of(String digits, String prefix, double base) {
      double unit = Math.pow(base, "KMGT".indexOf(prefix.isEmpty() ? "?" : prefix) + 1.0);
      BigDecimal decimal = new BigDecimal(digits);
      // A figure without a unit is a count of bytes or bits, which has no decimals to lose.
      boolean exact = prefix.isEmpty() && decimal.stripTrailingZeros().scale() <= 0;
      double last = exact ? 0 : decimal.ulp().doubleValue() * unit;
      return new Rounded(decimal.doubleValue() * unit, last / 2);
    }

    Rounded plus(Rounded other) {
      return new Rounded(value + other.value, halfUnit + other.halfUnit);
    }

    Rounded times(double factor) {
      return new Rounded(value * factor, halfUnit * factor);
    }
  }

  /// Whether a line can only be one of iperf3's text, with the title of `-T` or without.
  public static boolean recognises(String line) {
    if (isOwn(line)) {
      return true;
    }
    Matcher title = TITLE.matcher(line);
    return title.lookingAt() && isOwn(line.substring(title.end()));
  }

  private static boolean isOwn(String line) {
    return ROW.matcher(line).matches()
        || HEADER.matcher(line).matches()
        || STARTING.matcher(line).matches()
        || OUT_OF_ORDER.matcher(line).matches()
        || line.equals("iperf Done.")
        || OWN_WORDS.matcher(line).lookingAt()
        || CONNECTING.matcher(line).matches()
        || CONNECTED.matcher(line).matches()
        || LISTENING.matcher(line).matches()
        || ACCEPTED.matcher(line).matches();
  }

  /// Reads a file of one run, of either side. A run that broke off is read as far as it has whole
  /// intervals. A file with several runs, as of a server that ran without `-1`, is refused: which
  /// of them is meant is not to be guessed.
  ///
  /// @param file as the user named it
  /// @param content left open
  /// @throws TraplineException `WORKLOAD-OUTPUT` with file and line if there is no result
  /// @throws IOException if the stream fails
  public static WorkloadReading read(String file, InputStream content) throws IOException {
    return read(OutputText.read(TOOL, file, content));
  }

  static WorkloadReading read(OutputText source) {
    return new Iperf3Text(source).reading();
  }

  /// Whether it is text, with the JSON of a server in it or without.
  static boolean isIn(OutputText source) {
    List<String> lines = source.text().lines().toList();
    int json = Iperf3JsonFile.beginningIn(lines);
    for (String line : json < 0 ? lines : lines.subList(0, json)) {
      // Errors stand before JSON too.
      if (understands(line) && (json < 0 || !own(line).startsWith("iperf3: "))) {
        return true;
      }
    }
    return false;
  }

  private static boolean understands(String line) {
    return !own(line).isEmpty() && isOwn(own(line));
  }

  /// The line as iperf3 wrote it, without a title, a time or what another program put before it.
  private static String own(String line) {
    String text = line.stripTrailing();
    if (isOwn(text) || NOISE.matcher(text.strip()).matches()) {
      return text;
    }
    int end = ForeignPrefix.end(text);
    if (end > 0 && end <= text.length()) {
      return text.substring(end);
    }
    Matcher beginning = BEGINNING.matcher(text);
    return beginning.find() && beginning.start() <= LONGEST_PREFIX
        ? text.substring(beginning.start())
        : text;
  }

  private WorkloadReading reading() {
    List<String> lines = source.text().lines().toList();
    for (int index = 0; index < lines.size(); index++) {
      String line = lines.get(index);
      String text = own(line);
      int prefix = line.stripTrailing().length() - text.length();
      if (prefix > 0) {
        prefixed = true;
        lastPrefix = shapeOf(line.substring(0, prefix));
      } else if (shapeOf(line).equals(lastPrefix)) {
        // A blank line of iperf3 behind its prefix.
        continue;
      }
      if (!take(text.strip(), text, index + 1L)) {
        skipped = skipped.with(index + 1L, line);
      }
    }
    if (intervals.isEmpty() && totals.isEmpty()) {
      throw noFigures(lines);
    }
    decideSide();
    String truncation = truncation(lines.size());
    boolean complete = error == null && hasTotals();
    String told = protocol();
    List<Flow> flows = flows(complete);
    if (prefixed) {
      remarks.add("its lines have a prefix that iperf3 writes on request or did not write");
    }
    remarks.add("its figures are rounded by iperf3; the JSON of -J has them exactly");
    return new WorkloadReading(
        source.file(),
        FORMAT,
        TOOL,
        side,
        "throughput",
        told,
        WorkloadReading.outcome(told, flows),
        flows,
        null,
        new WorkloadReading.Parameters(
            version,
            cookie,
            startedAt,
            durationSeconds,
            streamCount(flows.size()),
            serverAddress,
            serverPort,
            blockBytes),
        lines.size(),
        skipped,
        truncation,
        remarks);
  }

  /// A prefix with a time in it is the same one a second later.
  private static String shapeOf(String prefix) {
    return prefix.strip().replaceAll("\\d", "0");
  }

  private TraplineException noFigures(List<String> lines) {
    if (error != null) {
      return source.refused(
          "has no result: iperf3 says " + OutputText.quoted(error),
          "check that the server is running, reachable and not in use by another client");
    }
    if (lines.stream().noneMatch(Iperf3Text::understands)) {
      return source.refused(
          "is not the text of iperf3: no line is one of its; it begins with "
              + OutputText.quoted(lines.getFirst()),
          "give the standard output of iperf3");
    }
    return source.refused(
        "is cut off before its first interval: the last line is "
            + lines.size()
            + ", "
            + OutputText.quoted(lines.getLast()),
        "run iperf3 to its end; with --forceflush each interval is written at once");
  }

  /// @param line without blanks around it
  /// @param text with blanks before it
  private boolean take(String line, String text, long number) {
    if (line.isEmpty()) {
      return true;
    }
    if (line.equals("Server output:") || line.equals("Server JSON output:")) {
      inServersOutput = true;
      remarks.add("the server's output in it, from line " + number + " on, was passed over");
      return true;
    }
    if (line.equals("iperf Done.")) {
      done = true;
      inServersOutput = false;
      return true;
    }
    if (inServersOutput) {
      return true;
    }
    return takeRow(text, number) || takeHead(line, number) || takeRest(line);
  }

  private boolean takeRow(String text, long number) {
    Matcher row = ROW.matcher(text);
    if (!row.matches()) {
      return false;
    }
    String tail = row.group(11);
    Matcher datagrams = DATAGRAMS.matcher(tail);
    Matcher retransmits = RETRANSMITS.matcher(tail);
    Matcher nothing = NOTHING_MORE.matcher(tail);
    Long count = null;
    Long jitter = null;
    Long lost = null;
    Long packets = null;
    String word;
    if (datagrams.matches()) {
      udp = true;
      word = datagrams.group(4);
      jitter = nanosOfMillis(datagrams.group(1));
      lost = Long.valueOf(datagrams.group(2));
      packets = Long.valueOf(datagrams.group(3));
      if (jitter == null) {
        return false;
      }
    } else if (retransmits.matches()) {
      // The column's header tells which count it is: a sender of datagrams has no retransmits.
      word = retransmits.group(2);
      count = Long.valueOf(retransmits.group(1));
    } else if (nothing.matches()) {
      word = nothing.group(1);
    } else {
      return false;
    }
    if ("(omitted)".equals(word)) {
      return true;
    }
    if (runs > 1) {
      throw severalRuns(number, text);
    }
    String id = row.group(1).strip();
    Integer socket = id.equals("SUM") ? null : Integer.valueOf(id);
    Boolean weSend = row.group(2) == null ? null : Boolean.valueOf(row.group(2).equals("TX"));
    if (row.group(3) != null) {
      side = row.group(3).equals("C") ? Side.CLIENT : Side.SERVER;
    }
    boolean inBits = row.group(10).equals("bits");
    Rounded rate = Rounded.of(row.group(8), row.group(9), inBits ? 1000 : 1024);
    Row taken =
        new Row(
            socket,
            weSend,
            Double.parseDouble(row.group(4)),
            Double.parseDouble(row.group(5)),
            Rounded.of(row.group(6), row.group(7), 1024),
            inBits ? rate : rate.times(8),
            word,
            udp || senderHeader ? null : count,
            jitter,
            lost,
            packets == null && (udp || senderHeader) ? count : packets);
    (word == null ? intervals : totals).add(taken);
    return true;
  }

  private static @Nullable Long nanosOfMillis(String millis) {
    try {
      return new BigDecimal(millis)
          .movePointRight(6)
          .setScale(0, RoundingMode.HALF_EVEN)
          .longValue();
    } catch (NumberFormatException notOne) {
      return null;
    }
  }

  private TraplineException severalRuns(long number, String line) {
    return source.refused(
        "has a second run, with figures in line "
            + number
            + ", "
            + OutputText.quoted(line)
            + ", where one run was expected",
        "cut the file so that each run has a file of its own; iperf3 -s -1 ends after one");
  }

  private boolean takeHead(String line, long number) {
    Matcher header = HEADER.matcher(line);
    if (header.matches()) {
      udp |= header.group(2) != null || header.group(3) != null;
      senderHeader |= header.group(3) != null;
      retransmitHeader |= header.group(1) != null && intervals.isEmpty();
      return true;
    }
    Matcher connected = CONNECTED.matcher(line);
    if (connected.matches()) {
      sockets.add(Integer.valueOf(connected.group(1)));
      if (side == Side.SERVER) {
        serverAddress = connected.group(2);
        serverPort = Integer.valueOf(connected.group(3));
      }
      return true;
    }
    Matcher connecting = CONNECTING.matcher(line);
    if (connecting.matches()) {
      begin(Side.CLIENT, number, line);
      serverAddress = connecting.group(1);
      serverPort = Integer.valueOf(connecting.group(2));
      return true;
    }
    if (ACCEPTED.matcher(line).matches()) {
      begin(Side.SERVER, number, line);
      return true;
    }
    Matcher listening = LISTENING.matcher(line);
    if (listening.matches()) {
      side = Side.SERVER;
      serverPort = Integer.valueOf(listening.group(1));
      return true;
    }
    return false;
  }

  private void begin(Side of, long number, String line) {
    runs++;
    if (runs > 1 && !(intervals.isEmpty() && totals.isEmpty())) {
      throw severalRuns(number, line);
    }
    // One before it that came to nothing is none.
    runs = 1;
    sockets.clear();
    side = of;
  }

  private boolean takeRest(String line) {
    Matcher starting = STARTING.matcher(line);
    if (starting.matches()) {
      protocol = starting.group(1);
      announcedStreams = Integer.valueOf(starting.group(2));
      blockBytes = Integer.valueOf(starting.group(3));
      durationSeconds = starting.group(4) == null ? null : Double.valueOf(starting.group(4));
      return true;
    }
    Matcher warning = WARNING.matcher(line);
    if (warning.matches()) {
      remarks.add("iperf3 warns " + OutputText.quoted(warning.group(1)));
      return true;
    }
    Matcher failed = ERROR.matcher(line);
    if (failed.matches()) {
      // A server that is ended between two runs has broken nothing off.
      boolean harmless = failed.group(1).contains("the server has terminated") && !totals.isEmpty();
      error = harmless ? error : failed.group(1);
      return true;
    }
    Matcher outOfOrder = OUT_OF_ORDER.matcher(line);
    if (outOfOrder.matches()) {
      long more = Long.parseLong(outOfOrder.group(2));
      boolean weSend = outOfOrder.group(1) == null || outOfOrder.group(1).equals("TX");
      boolean toServer = outOfOrder.group(1) == null ? !reverse : weSend == (side == Side.CLIENT);
      if (toServer) {
        outOfOrderToServer = more + (outOfOrderToServer == null ? 0 : outOfOrderToServer);
      } else {
        outOfOrderToClient = more + (outOfOrderToClient == null ? 0 : outOfOrderToClient);
      }
      return true;
    }
    Matcher cpu = CPU.matcher(line);
    if (cpu.matches()) {
      local = cpu(cpu, 1);
      remote = cpu(cpu, 4);
      return true;
    }
    Matcher words = VERSION.matcher(line);
    if (words.matches()) {
      version = words.group(1);
      return true;
    }
    words = COOKIE.matcher(line);
    if (words.matches()) {
      cookie = words.group(1);
      return true;
    }
    words = TIME.matcher(line);
    if (words.matches()) {
      startedAt = instant(words.group(1));
      return true;
    }
    reverse |= line.startsWith("Reverse mode, ");
    return NOISE.matcher(line).matches();
  }

  private static Throughput.@Nullable CpuUtilisation cpu(Matcher line, int group) {
    try {
      return new Throughput.CpuUtilisation(
          Double.parseDouble(line.group(group)),
          Double.parseDouble(line.group(group + 1)),
          Double.parseDouble(line.group(group + 2)));
    } catch (NumberFormatException damaged) {
      return null;
    }
  }

  private static @Nullable Instant instant(String rfc1123) {
    try {
      return ZonedDateTime.parse(rfc1123, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeException damaged) {
      return null;
    }
  }

  /// Where the head is missing, the roles of the totals tell: only a client prints both.
  private void decideSide() {
    boolean sender = totals.stream().anyMatch(row -> "sender".equals(row.role()));
    boolean receiver = totals.stream().anyMatch(row -> "receiver".equals(row.role()));
    if (side == null) {
      if (sender != receiver) {
        side = Side.SERVER;
      } else if (sender) {
        side = Side.CLIENT;
      } else {
        throw source.refused(
            "does not tell which side printed it: it has neither its beginning nor its totals",
            "give the whole output of iperf3");
      }
    }
    if (side == Side.SERVER && !isBidirectional()) {
      reverse = sender || (!receiver && (senderHeader || retransmitHeader));
    }
  }

  private boolean isBidirectional() {
    return intervals.stream().anyMatch(row -> row.weSend() != null)
        || totals.stream().anyMatch(row -> row.weSend() != null);
  }

  private String protocol() {
    if (protocol != null) {
      return protocol;
    }
    if (udp) {
      return "UDP";
    }
    remarks.add("without -V the text does not tell TCP from SCTP; it was taken for TCP");
    return "TCP";
  }

  private @Nullable Integer streamCount(int directions) {
    if (announcedStreams != null) {
      return announcedStreams;
    }
    return sockets.isEmpty() ? null : Integer.valueOf(Math.max(1, sockets.size() / directions));
  }

  private @Nullable String truncation(int lastLine) {
    if (error != null) {
      return "iperf3 says " + OutputText.quoted(error);
    }
    if (!hasTotals()) {
      return "it ends in line " + lastLine + " without the totals";
    }
    return side == Side.CLIENT && !done
        ? "it ends in line " + lastLine + " without 'iperf Done.'"
        : null;
  }

  /// Whether each direction has the totals that this side prints of it.
  private boolean hasTotals() {
    for (Boolean direction : directions()) {
      boolean client = side == Side.CLIENT;
      boolean weSend = direction == null ? client != reverse : direction;
      boolean sender = client || weSend;
      boolean receiver = client || !weSend;
      if ((sender && total(direction, "sender") == null)
          || (receiver && total(direction, "receiver") == null)) {
        return false;
      }
    }
    return true;
  }

  /// What this side does in each direction, that to the server first; a null for a one-way run.
  private List<@Nullable Boolean> directions() {
    List<@Nullable Boolean> directions = new ArrayList<>();
    if (isBidirectional()) {
      directions.add(side == Side.CLIENT);
      directions.add(side == Side.SERVER);
    } else {
      directions.add(null);
    }
    return directions;
  }

  /// The sum of all connections, or the only one; null if it is not there.
  private @Nullable Row total(@Nullable Boolean direction, String role) {
    Row sum = null;
    Row single = null;
    int connections = 0;
    for (Row row : totals) {
      if (row.isOf(direction) && role.equals(row.role())) {
        if (row.socket() == null) {
          sum = row;
        } else {
          single = row;
          connections++;
        }
      }
    }
    boolean one = connections == 1 && sockets.size() <= directions().size();
    return sum == null && one ? single : sum;
  }

  private List<Flow> flows(boolean complete) {
    List<Flow> flows = new ArrayList<>();
    for (Boolean direction : directions()) {
      boolean client = side == Side.CLIENT;
      boolean weSend = direction == null ? client != reverse : direction;
      flows.add(complete ? ofTotals(direction, weSend) : ofIntervals(direction, weSend));
    }
    return flows;
  }

  private Flow ofTotals(@Nullable Boolean direction, boolean weSend) {
    boolean client = side == Side.CLIENT;
    Row sender = total(direction, "sender");
    Row receiver = total(direction, "receiver");
    List<Throughput.Stream> streams = new ArrayList<>();
    for (Row row : totals) {
      if (row.isOf(direction) && "receiver".equals(row.role()) && row.socket() != null) {
        streams.add(
            new Throughput.Stream(
                new BitRate(rate(row).value()),
                bytes(row.bytes()),
                retransmits(direction, row.socket())));
      }
    }
    return flow(
        client == weSend,
        weSend,
        direction,
        receiver,
        sender,
        streams,
        client ? local : null,
        client ? remote : local,
        false);
  }

  private @Nullable Long retransmits(@Nullable Boolean direction, Integer socket) {
    for (Row row : totals) {
      if (row.isOf(direction) && "sender".equals(row.role()) && socket.equals(row.socket())) {
        return row.retransmits();
      }
    }
    return null;
  }

  private Flow ofIntervals(@Nullable Boolean direction, boolean weSend) {
    Row sum = null;
    for (Row row : summed(direction)) {
      sum = sum == null ? row : plus(sum, row);
    }
    if (sum == null || sum.end() <= sum.start()) {
      throw source.refused(
          "is cut off before its first whole interval" + (error == null ? "" : ": " + error),
          "run iperf3 to its end; with --forceflush each interval is written at once");
    }
    // The times of rows add up, so their mean rate is that of the sums.
    return flow(
        (side == Side.CLIENT) == weSend,
        weSend,
        direction,
        weSend ? null : sum,
        weSend ? sum : null,
        List.of(),
        null,
        null,
        true);
  }

  private static Row plus(Row sum, Row row) {
    return new Row(
        sum.socket(),
        sum.weSend(),
        sum.start(),
        row.end(),
        sum.bytes().plus(row.bytes()),
        // Not that of both: taken from bytes and time, see rate().
        new Rounded(0, Double.POSITIVE_INFINITY),
        null,
        sum(sum.retransmits(), row.retransmits()),
        WorkloadReading.first(row.jitterNanos(), sum.jitterNanos()),
        sum(sum.lost(), row.lost()),
        sum(sum.packets(), row.packets()));
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    return one == null || other == null ? null : Long.valueOf(one + other);
  }

  /// The intervals of all connections together.
  private List<Row> summed(@Nullable Boolean direction) {
    List<Row> sums = new ArrayList<>();
    List<Row> singles = new ArrayList<>();
    for (Row row : intervals) {
      if (row.isOf(direction)) {
        (row.socket() == null ? sums : singles).add(row);
      }
    }
    return once(sums.isEmpty() && sockets.size() <= directions().size() ? singles : sums);
  }

  /// Without rows that are not later than those before: a run that broke off prints its last
  /// interval twice, and a total that is cut before its role looks like an interval.
  private static List<Row> once(List<Row> rows) {
    List<Row> rising = new ArrayList<>();
    for (Row row : rows) {
      boolean again = !rising.isEmpty() && row.start() < rising.getLast().end();
      if (!again) {
        rising.add(row);
      }
    }
    return rising;
  }

  private Flow flow(
      boolean toServer,
      boolean weSend,
      @Nullable Boolean direction,
      @Nullable Row receiver,
      @Nullable Row sender,
      List<Throughput.Stream> streams,
      Throughput.@Nullable CpuUtilisation clientCpu,
      Throughput.@Nullable CpuUtilisation serverCpu,
      boolean partial) {
    List<Throughput.Interval> over = new ArrayList<>();
    for (Row row : summed(direction)) {
      over.add(new Throughput.Interval(row.start(), row.end(), new BitRate(rate(row).value())));
    }
    Row counted = receiver != null && receiver.end() > receiver.start() ? receiver : null;
    return new Flow(
        toServer,
        counted == null ? null : new BitRate(rate(counted).value()),
        counted == null ? null : bytes(counted.bytes()),
        sender == null ? null : bytes(sender.bytes()),
        counted == null ? null : Double.valueOf(counted.end() - counted.start()),
        sender == null ? null : sender.retransmits(),
        counted == null ? List.of() : streams,
        weSend ? over : List.of(),
        weSend ? List.of() : over,
        clientCpu,
        serverCpu,
        null,
        counted == null ? null : datagrams(counted, sender, toServer),
        rounding(counted == null ? sender : counted),
        partial);
  }

  private static Throughput.@Nullable Rounding rounding(@Nullable Row row) {
    return row == null
        ? null
        : new Throughput.Rounding(
            new Bytes((long) Math.ceil(row.bytes().halfUnit())),
            new BitRate(rate(row).halfUnit()),
            0.01);
  }

  private Throughput.@Nullable Datagrams datagrams(
      Row receiver, @Nullable Row sender, boolean toServer) {
    if (receiver.packets() == null || receiver.lost() == null) {
      return null;
    }
    return new Throughput.Datagrams(
        sender == null ? null : sender.packets(),
        receiver.packets(),
        receiver.lost(),
        toServer ? outOfOrderToServer : outOfOrderToClient,
        receiver.jitterNanos(),
        blockBytes);
  }

  /// As printed, unless bytes and time tell it better.
  private static Rounded rate(Row row) {
    Rounded printed = row.bitsPerSecond();
    double seconds = row.end() - row.start();
    if (seconds <= 0 || row.bytes().value() <= 0) {
      return Double.isInfinite(printed.halfUnit()) ? new Rounded(0, 0) : printed;
    }
    double value = row.bytes().value() * 8 / seconds;
    double relative = row.bytes().halfUnit() / row.bytes().value() + 0.01 / seconds;
    boolean printedIsBetter =
        printed.value() > 0 && printed.halfUnit() / printed.value() <= relative;
    return printedIsBetter ? printed : new Rounded(value, value * relative);
  }

  private static Bytes bytes(Rounded figure) {
    return new Bytes(Math.round(figure.value()));
  }
}
