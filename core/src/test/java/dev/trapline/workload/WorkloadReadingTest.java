// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.trapline.TraplineException;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What is read from every file in `modes`, against `modes/golden.txt`, in which a change of any
/// figure is seen. To write it anew: `-Dtrapline.golden=write`, and read the difference.
class WorkloadReadingTest {
  private static final Path FOLDER = Path.of("src/test/resources/dev/trapline/workload/modes");
  private static final Path GOLDEN = FOLDER.resolve("golden.txt");

  @Test
  void everyFileIsReadAsItWasLookedThrough() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String name : names()) {
      all.append("== ").append(name).append('\n').append(seenIn(name)).append('\n');
    }
    if ("write".equals(System.getProperty("trapline.golden"))) {
      Files.writeString(GOLDEN, all);
    }
    assertThat(all.toString()).isEqualTo(Files.readString(GOLDEN));
  }

  @Test
  void everyOutcomeKeepsItsInvariants() throws IOException {
    int outcomes = 0;
    for (String name : names()) {
      Outcome outcome = outcomeOf(name);
      if (outcome != null) {
        assertThat(outcome.invariants()).as(name).isNotEmpty().allMatch(InvariantResult::holds);
        outcomes++;
      }
    }
    assertThat(outcomes).isGreaterThan(50);
  }

  @Test
  void bothSidesOfARunMeetInEitherOrder() {
    WorkloadReading client = read("iperf3-tcp-client.json");
    WorkloadReading server = read("iperf3-tcp-server.json");
    WorkloadReading both = WorkloadReading.ofBoth(server, client);
    assertThat(both).isEqualTo(WorkloadReading.ofBoth(client, server));
    Throughput run = throughputOf(both);
    assertThat(run.sentIntervals()).hasSize(2);
    assertThat(run.receivedIntervals()).hasSize(3);
    assertThat(run.receivedAccordingToServer()).isEqualTo(run.received());
    assertThat(run.invariants()).hasSize(3).allMatch(InvariantResult::holds);
    assertThat(both.side()).isNull();
    assertThat(both.remarks()).isEmpty();
  }

  @Test
  void serverThatOnlySentNeedsItsClientForAnOutcome() {
    WorkloadReading server = read("iperf3-reverse-server.json");
    assertThat(server.outcome()).isNull();
    assertThat(server.flows().getFirst().sent()).isEqualTo(new Bytes(2_443_182_080L));
    Throughput run =
        throughputOf(WorkloadReading.ofBoth(server, read("iperf3-reverse-client.json")));
    assertThat(run.sentIntervals()).isNotEmpty();
    assertThat(run.receivedIntervals()).isNotEmpty();
    assertThat(run.receivedAccordingToServer()).isNull();
  }

  @Test
  void everyPairHasAnOutcomeWhoseInvariantsHold() throws IOException {
    int pairs = 0;
    for (String name : names()) {
      String other = name.replace("-client.", "-server.");
      boolean broken = name.contains("killed") || name.contains("interrupted");
      if (!name.contains("-client.") || broken || !names().contains(other)) {
        continue;
      }
      // The two files of this name are of a run in which the server wrote another format.
      WorkloadReading both = WorkloadReading.ofBoth(read(name), read(other));
      assertThat(both.outcome()).as(name).isNotNull();
      assertThat(Objects.requireNonNull(both.outcome()).invariants())
          .as(name)
          .allMatch(InvariantResult::holds);
      pairs++;
    }
    assertThat(pairs).isGreaterThan(30);
  }

  @Test
  void udpClientLearnsFromTheServerWhatEachConnectionReceived() {
    WorkloadReading client = read("iperf3-udp-client.json");
    assertThat(throughputOf(client).streams()).isEmpty();
    Throughput run = throughputOf(WorkloadReading.ofBoth(client, read("iperf3-udp-server.json")));
    assertThat(run.streams())
        .extracting(Throughput.Stream::received)
        .containsExactly(new Bytes(67_082_000), new Bytes(67_064_000));
    assertThat(run.invariants())
        .extracting(InvariantResult::name)
        .containsExactly("goodput-times-time", "streams-sum", "server-bytes", "datagrams");
  }

  @Test
  void exactFiguresOfOneSideReplaceTheRoundedOnesOfTheOther() {
    Throughput run =
        throughputOf(
            WorkloadReading.ofBoth(
                read("iperf3-server-output-mixed-client.txt"),
                read("iperf3-server-output-mixed-server.txt")));
    assertThat(run.rounding()).isNull();
    assertThat(run.received()).isEqualTo(new Bytes(2_560_949_583L));
    assertThat(run.sentIntervals()).isNotEmpty();
  }

  @Test
  void brokenRunIsWholeWhereTheOtherSideHasTheRest() {
    // A client that was interrupted does not know what arrived; its server does, up to then.
    Throughput run =
        throughputOf(
            WorkloadReading.ofBoth(
                read("iperf3-interrupted-client.json"), read("iperf3-interrupted-server.json")));
    assertThat(run.partial()).isTrue();
    assertThat(run.received()).isEqualTo(new Bytes(4_850_450_326L));
    assertThat(run.sent()).isEqualTo(new Bytes(6_056_574_976L));
  }

  @Test
  void filesThatAreNotTheTwoSidesOfOneRunAreRefused() {
    assertNotOne("iperf3-tcp-client.json", "iperf3-single-server.json", "their cookies are ");
    assertNotOne(
        "iperf3-tcp-client.json",
        "iperf3-tcp-client.json",
        "their sides are 'CLIENT' and 'CLIENT'");
    assertNotOne("iperf3-tcp-client.json", "sockperf-ping-pong-server.txt", "their tools are ");
    assertNotOne("iperf3-tcp-client.txt", "iperf3-udp-server.txt", "their protocols are ");
    assertNotOne(
        "iperf3-tcp-client.txt",
        "iperf3-reverse-server.txt",
        "their directions are 'to the server' and 'to the client'");
    assertNotOne(
        "iperf3-tcp-client.txt",
        "iperf3-single-server.txt",
        "their bytes received are '5658619412' and '2501818450'");
  }

  @Test
  void serversOfSockperfAddWhatTheyHandled() {
    Latency latency =
        (Latency)
            WorkloadReading.ofBoth(
                    read("sockperf-ping-pong-client.txt"), read("sockperf-ping-pong-server.txt"))
                .outcome();
    assertThat(Objects.requireNonNull(latency).messagesHandledByServer()).isEqualTo(219_967);
    MessageRate rate =
        (MessageRate)
            WorkloadReading.ofBoth(
                    read("sockperf-throughput-server.txt"), read("sockperf-throughput-client.txt"))
                .outcome();
    // 4% of the datagrams were lost, which is no fault of the figures.
    assertThat(Objects.requireNonNull(rate).messagesHandledByServer()).isEqualTo(623_612);
    assertThat(rate.workDone()).isEqualTo(652_144);
    assertThat(rate.invariants()).hasSize(3).allMatch(InvariantResult::holds);
  }

  @Test
  void prefixesOfARunnerChangeNothing() throws IOException {
    for (String prefix : List.of("[STDOUT] ", "2026-11-01T12:00:00.123Z ", "server-1  | ")) {
      for (String name : names()) {
        if (name.startsWith("iperf3-title") || name.startsWith("iperf3-timestamps")) {
          continue;
        }
        String text = new String(Fixtures.bytes("modes/" + name), UTF_8);
        String prefixed =
            text.lines().map(line -> prefix + line + "\r\n").collect(Collectors.joining());
        String seen = prefix + name;
        WorkloadReading plain = readOrNull(text);
        WorkloadReading behind = readOrNull(prefixed);
        assertThat(behind == null).as(seen).isEqualTo(plain == null);
        if (plain != null && behind != null) {
          assertThat(behind.outcome()).as(seen).isEqualTo(plain.outcome());
          assertThat(behind.flows()).as(seen).isEqualTo(plain.flows());
          assertThat(behind.messagesHandled()).as(seen).isEqualTo(plain.messagesHandled());
          assertThat(behind.skipped().count()).as(seen).isEqualTo(plain.skipped().count());
          assertThat(behind.remarks()).as(seen).hasSize(plain.remarks().size() + 1);
        }
      }
    }
  }

  @Test
  void fileThatIsCutSaysSoOrIsRefused() throws IOException {
    for (String name : names()) {
      String whole = new String(Fixtures.bytes("modes/" + name), UTF_8).stripTrailing();
      WorkloadReading uncut = readOrNull(whole);
      if (uncut == null || uncut.truncation() != null) {
        continue;
      }
      for (int length = 0; length < whole.length(); length += 41) {
        WorkloadReading cut = readOrNull(whole.substring(0, length));
        if (cut == null) {
          continue;
        }
        String seen = name + " cut after " + length;
        boolean same =
            Objects.equals(cut.outcome(), uncut.outcome()) && cut.flows().equals(uncut.flows());
        assertThat(cut.truncation() != null || same || cut.messagesHandled() == null)
            .as(seen)
            .isTrue();
        if (cut.outcome() instanceof Throughput throughput && !same) {
          assertThat(cut.truncation()).as(seen).isNotNull();
          assertThat(throughput.received().count())
              .as(seen)
              .isLessThanOrEqualTo(most(throughputOf(uncut)));
        }
      }
    }
  }

  /// Rounded intervals may add up to a little more than the rounded whole.
  private static long most(Throughput whole) {
    return whole.rounding() == null
        ? whole.received().count()
        : whole.received().count() + 4 * whole.rounding().received().count();
  }

  @Test
  void documentThatIsCutGivesItsWholeIntervals() {
    String whole = new String(Fixtures.bytes("modes/iperf3-tcp-server.json"), UTF_8);
    WorkloadReading cut = readText(whole.substring(0, whole.indexOf("\"end\":\t{")));
    assertThat(cut.truncation()).startsWith("its JSON ends in the middle, at line ");
    Throughput run = throughputOf(cut);
    assertThat(run.partial()).isTrue();
    assertThat(run.receivedIntervals()).hasSize(3);
    // All of its intervals are whole, so nothing is missing.
    assertThat(run.received()).isEqualTo(throughputOf(read("iperf3-tcp-server.json")).received());
    assertThat(run.streams()).hasSize(2);
    assertThat(run.invariants()).allMatch(InvariantResult::holds);

    int second = whole.indexOf("}, {\n\t\t\t\"streams\"");
    Throughput first = throughputOf(readText(whole.substring(0, second + 30)));
    assertThat(first.receivedIntervals()).hasSize(1);
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText(whole.substring(0, whole.indexOf("\"intervals\""))))
        .withMessageContaining("is cut off");
  }

  @Test
  void wordsBeforeAndAfterTheJsonAreSkippedAndCounted() {
    String json = new String(Fixtures.bytes("modes/iperf3-single-client.json"), UTF_8);
    WorkloadReading reading =
        readText(
            "{\"level\":\"info\",\"do\":\"iperf3 -c 127.0.0.1 -J\"}\nwarning: UDP block size\n"
                + json
                + "{\"level\":\"info\",\"done\":true}\n");
    assertThat(reading.outcome()).isEqualTo(outcomeOf("iperf3-single-client.json"));
    assertThat(reading.skipped().count()).isEqualTo(3);
    assertThat(reading.skipped().first())
        .extracting(SkippedLines.Line::number)
        .containsExactly(1L, 2L, reading.lines());

    // What was on standard error may come first.
    String broken = new String(Fixtures.bytes("modes/iperf3-client-killed-server.json"), UTF_8);
    assertThat(readText("iperf3: the client has unexpectedly closed\n" + broken).outcome())
        .isEqualTo(outcomeOf("iperf3-client-killed-server.json"));
  }

  @Test
  void severalRunsInOneFileAreRefusedWithTheLineOfTheSecond() {
    String json = new String(Fixtures.bytes("modes/iperf3-single-client.json"), UTF_8);
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText(json + json))
        .withMessageContaining("has a second run from line 123 on, '{'");
    String events = new String(Fixtures.bytes("modes/iperf3-json-stream-client.jsonl"), UTF_8);
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText(events + events))
        .withMessageContaining("has a second run from line 5 on, '{\"event\":\"start\"");
    String text = new String(Fixtures.bytes("modes/iperf3-single-client.txt"), UTF_8);
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText(text + text))
        .withMessageContaining("has a second run, with figures in line 11, 'Connecting to host");
  }

  @Test
  void sctpIsReadLikeTcp() {
    // The kernel here has no SCTP, so the word is written in.
    WorkloadReading reading =
        readText(
            new String(Fixtures.bytes("modes/iperf3-single-client.json"), UTF_8)
                .replace("\"TCP\"", "\"SCTP\""));
    assertThat(reading.protocol()).isEqualTo("SCTP");
    assertThat(reading.outcome()).isNotNull();
    WorkloadReading text =
        readText(
            new String(Fixtures.bytes("modes/iperf3-verbose-client.txt"), UTF_8)
                .replace("protocol: TCP", "protocol: SCTP"));
    assertThat(text.protocol()).isEqualTo("SCTP");
  }

  @Test
  void olderJsonWithoutTheReceiversDatagramsIsUnknownOnTheClientAndKnownOnTheServer() {
    // iperf3 before 3.10 has neither sum_sent nor sum_received in a UDP run.
    WorkloadReading client = readText(withoutUdpSums("iperf3-udp-client.json"));
    assertThat(client.outcome()).isNull();
    assertThat(client.flows().getFirst().sent()).isEqualTo(new Bytes(550_900_000));
    WorkloadReading server = readText(withoutUdpSums("iperf3-udp-server.json"));
    assertThat(throughputOf(server).received()).isEqualTo(new Bytes(134_146_000));
    Throughput run = throughputOf(WorkloadReading.ofBoth(client, server));
    assertThat(run.sent()).isEqualTo(new Bytes(550_900_000));
    assertThat(run.invariants()).allMatch(InvariantResult::holds);
  }

  private static String withoutUdpSums(String name) {
    return new String(Fixtures.bytes("modes/" + name), UTF_8)
        .replace("\"sum_sent\":", "\"was_sent\":")
        .replace("\"sum_received\":", "\"was_received\":");
  }

  @Test
  void outOfOrderDatagramsOfTextAreCounted() {
    String line = "[SUM]  0.0-1.0 sec  7 datagrams received out-of-order\n";
    String text = new String(Fixtures.bytes("modes/iperf3-udp-client.txt"), UTF_8);
    Throughput run = throughputOf(readText(text.replace("\niperf Done.", line + "\niperf Done.")));
    assertThat(Objects.requireNonNull(run.datagrams()).outOfOrder()).isEqualTo(7);
    assertThat(Objects.requireNonNull(throughputOf(readText(text)).datagrams()).outOfOrder())
        .isNull();
  }

  @Test
  void unitsOfTextAreOfTwoKinds() {
    // Bytes in powers of 1024, bits in powers of 1000, bytes per second in powers of 1024 again.
    Throughput kilobits = throughputOf(read("iperf3-unit-k-client.txt"));
    assertThat(kilobits.goodput()).isEqualTo(new BitRate(100_646_000));
    assertThat(kilobits.received()).isEqualTo(new Bytes(12 << 20));
    Throughput kilobytes = throughputOf(read("iperf3-unit-K-client.txt"));
    assertThat(kilobytes.goodput()).isEqualTo(new BitRate(12_286L * 1024 * 8));
    // 0.00 Tbits/sec says nothing; bytes and time say 100.66 Mbit/s.
    Throughput terabits = throughputOf(read("iperf3-unit-t-client.txt"));
    assertThat(terabits.goodput()).isEqualTo(new BitRate(12L * (1 << 20) * 8));
    assertThat(terabits.rounding())
        .isEqualTo(new Throughput.Rounding(new Bytes(52_429), new BitRate(1_426_063.36), 0.01));
  }

  @Test
  void gibibytesReadAsGigabytesBreakTheInvariantThoughFiguresAreRounded() {
    Throughput run = throughputOf(read("iperf3-tcp-client.txt"));
    Throughput wrong =
        new Throughput(
            run.protocol(),
            run.goodput(),
            new Bytes(Math.round(run.received().gibibytes() * 1e9)),
            run.sent(),
            run.receiverSeconds(),
            run.retransmits(),
            run.streams(),
            run.sentIntervals(),
            run.receivedIntervals(),
            null,
            null,
            null,
            null,
            run.rounding(),
            false);
    assertThat(wrong.invariants()).noneMatch(InvariantResult::holds);
  }

  @Test
  void textWhoseBlanksAPageSwallowedIsReadAlike() throws IOException {
    for (String name : names()) {
      if (name.startsWith("iperf3-") && name.endsWith(".txt") && !name.contains("mixed")) {
        String text = new String(Fixtures.bytes("modes/" + name), UTF_8).replaceAll(" +", " ");
        WorkloadReading plain = readOrNull(new String(Fixtures.bytes("modes/" + name), UTF_8));
        WorkloadReading swallowed = readOrNull(text);
        if (plain != null) {
          assertThat(Objects.requireNonNull(swallowed, name).outcome())
              .as(name)
              .isEqualTo(plain.outcome());
        }
      }
    }
  }

  @Test
  void olderTextSaysBandwidthForBitrate() {
    String text = new String(Fixtures.bytes("modes/iperf3-tcp-client.txt"), UTF_8);
    assertThat(readText(text.replace("Bitrate  ", "Bandwidth")).outcome())
        .isEqualTo(outcomeOf("iperf3-tcp-client.txt"));
  }

  @Test
  void laterSockperfIsReadToo() {
    // 3.8 and later know a run of so many packets, and print more in the brackets.
    String text =
        new String(Fixtures.bytes("modes/sockperf-ping-pong-client.txt"), UTF_8)
            .replace("Warm up time=400 msec", "Warm up packets=1000")
            .replace("version #3.7-no.git", "version #3.10-0.gita6ed0a5f8c1d")
            .replace("(std-dev=1.963)", "(std-dev=1.963, mean-ad=0.1, median-ad=0.2, siqr=0.1)");
    WorkloadReading reading = readText(text);
    assertThat(reading.outcome()).isEqualTo(outcomeOf("sockperf-ping-pong-client.txt"));
    assertThat(reading.parameters().version()).isEqualTo("3.10-0.gita6ed0a5f8c1d");
  }

  @Test
  void resultsOfSeveralServersAreRefused() {
    String text = new String(Fixtures.bytes("modes/sockperf-ping-pong-client.txt"), UTF_8);
    int statistics = text.indexOf("sockperf: ========= Printing");
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText(text + text.substring(statistics)))
        .withMessageContaining("where the results of one run with one server were expected");
  }

  @Test
  void halvesOfWholeRoundTripsAreComparable() {
    Latency full = (Latency) Objects.requireNonNull(outcomeOf("sockperf-full-rtt-client.txt"));
    assertThat(full.fullRoundTrips()).isTrue();
    assertThat(full.halfRoundTripNanos(full.meanNanos())).isEqualTo(2686.5);
    assertThat(full.invariants().getFirst().name()).isEqualTo("full-rtt");
  }

  @Test
  void eachFormatKnowsItsOwnLinesAndNoOthers() throws IOException {
    for (String name : names()) {
      List<String> lines = new String(Fixtures.bytes("modes/" + name), UTF_8).lines().toList();
      boolean json = lines.stream().anyMatch(line -> line.startsWith("{"));
      for (String line : lines) {
        int knowing =
            (Iperf3Json.recognises(line) ? 1 : 0)
                + (Iperf3Text.recognises(line) ? 1 : 0)
                + (SockperfText.recognises(line) ? 1 : 0);
        assertThat(knowing).as(name + ": " + line).isLessThanOrEqualTo(1);
      }
      if (name.startsWith("sockperf-") && !name.endsWith(".csv")) {
        assertThat(lines.getFirst()).matches(SockperfText::recognises);
      } else if (name.endsWith(".json") && json) {
        assertThat(Iperf3Json.recognisesBeginning(String.join("\n", lines.subList(0, 3)))).isTrue();
        assertThat(lines).anyMatch(Iperf3Json::recognises);
      } else if (name.endsWith(".jsonl")) {
        assertThat(lines).allMatch(Iperf3Json::recognises);
      } else if (!json && !name.endsWith(".csv")) {
        assertThat(
                lines.stream()
                    .map(line -> line.replaceFirst("^left:  ", ""))
                    .map(ForeignPrefix::strip)
                    .filter(Iperf3Text::recognises)
                    .count())
            .as(name)
            .isGreaterThan(name.startsWith("iperf3-refused") ? 0 : 1);
      }
    }
  }

  @Test
  void linesOfOtherToolsAreNotRecognised() {
    for (String line :
        List.of(
            "",
            "{",
            "}",
            "[",
            "[pid  4711] sendto(5, \"\"..., 64, 0, NULL, 0) = 64",
            "4711  12:00:00.000001 read(3, \"iperf3: error - x\", 5) = 5",
            "% time     seconds  usecs/call     calls    errors syscall",
            " 98.71    0.004321           4      1000       12 epoll_wait",
            "------ ----------- ----------- --------- --------- ----------------",
            "     0.123 ( 0.001 ms): iperf3/4711 write(fd: 5, buf: 0x7f, count: 131072) = 131072",
            " Summary of events:",
            " iperf3 (4711), 12345 events, 99.9%",
            "sockperf  4711 [001]  123.456789: raw_syscalls:sys_enter: NR 44 (3, 7f, 40, 0, 0, 0)",
            "iperf3  4711 [000]   123.456789:  raw_syscalls:sys_exit: NR 1 = 131072",
            "@calls[sockperf, 44]: 1001",
            "{\"type\": \"map\", \"data\": {\"@calls\": {\"sockperf,44\": 1001}}}",
            "{\"event\": \"sys_enter\", \"pid\": 4711}",
            "[  3]  0.0-10.0 sec  1.10 GBytes   943 Mbits/sec",
            "[  3] 0.0000-10.0114 sec  1.10 GBytes   943 Mbits/sec",
            "sockperf: 1001",
            "iperf3:  4711 write(5) = 131072",
            "Attaching 2 probes...")) {
      assertThat(Iperf3Json.recognises(line)).as(line).isFalse();
      assertThat(Iperf3Json.recognisesBeginning(line)).as(line).isFalse();
      assertThat(Iperf3Text.recognises(line)).as(line).isFalse();
      assertThat(SockperfText.recognises(line)).as(line).isFalse();
    }
  }

  @Test
  void linesOfAnyLengthAreNoTrouble() {
    String text = new String(Fixtures.bytes("modes/iperf3-single-client.txt"), UTF_8);
    String sockperf = new String(Fixtures.bytes("modes/sockperf-ping-pong-client.txt"), UTF_8);
    for (String piece :
        List.of("- ", "[", "[  5]", "-", "0", "{\"a\":", "\u001b[", ".", " ", "| ")) {
      String line = piece.repeat(200_000) + "\n";
      assertThat(readText(line + text).outcome())
          .as(piece)
          .isEqualTo(outcomeOf("iperf3-single-client.txt"));
      assertThat(readText(sockperf + line).outcome())
          .as(piece)
          .isEqualTo(outcomeOf("sockperf-ping-pong-client.txt"));
      assertThat(readOrNull(line)).isNull();
    }
  }

  @Test
  void fileOfNoneOfTheToolsIsRefusedWithWhatItBeginsWith() {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText("hello\nworld\n"))
        .withMessageContaining("it begins with 'hello'");
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> readText("  \n"))
        .withMessageContaining("is empty");
  }

  private static void assertNotOne(String one, String other, String fact) {
    assertThatExceptionOfType(TraplineException.class)
        .as(one + " with " + other)
        .isThrownBy(() -> WorkloadReading.ofBoth(read(one), read(other)))
        .withMessageContaining("is the output of another run than")
        .withMessageContaining(fact)
        .extracting(TraplineException::code)
        .isEqualTo("WORKLOAD-OUTPUT");
  }

  private static @Nullable Outcome outcomeOf(String name) {
    WorkloadReading reading = readOrNull(new String(Fixtures.bytes("modes/" + name), UTF_8));
    return reading == null ? null : reading.outcome();
  }

  private static Throughput throughputOf(WorkloadReading reading) {
    return (Throughput) Objects.requireNonNull(reading.outcome());
  }

  private static WorkloadReading readText(String text) {
    return WorkloadReading.read("changed", text.getBytes(UTF_8));
  }

  private static @Nullable WorkloadReading readOrNull(String text) {
    try {
      return readText(text);
    } catch (TraplineException refused) {
      assertThat(refused.code()).isEqualTo("WORKLOAD-OUTPUT");
      return null;
    }
  }

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("iperf3-") || name.startsWith("sockperf-"))
          .sorted()
          .toList();
    }
  }

  static WorkloadReading read(String name) {
    return WorkloadReading.read(name, Fixtures.bytes("modes/" + name));
  }

  private static String seenIn(String name) {
    WorkloadReading reading;
    try {
      reading = read(name);
    } catch (TraplineException refused) {
      return refused.rendered() + "\n";
    }
    StringBuilder seen = new StringBuilder();
    seen.append(
        String.format(
            Locale.ROOT,
            "%s, %s, %s, %s, %d lines, %d skipped%n",
            reading.format(),
            reading.side(),
            reading.test(),
            reading.protocol(),
            reading.lines(),
            reading.skipped().count()));
    seen.append(reading.parameters()).append('\n');
    Outcome outcome = reading.outcome();
    if (outcome == null) {
      reading.flows().forEach(flow -> seen.append(flow).append('\n'));
    } else {
      seen.append(outcome).append('\n');
      outcome.invariants().forEach(result -> seen.append(result).append('\n'));
    }
    if (reading.messagesHandled() != null) {
      seen.append("handled ").append(reading.messagesHandled()).append('\n');
    }
    reading.skipped().first().forEach(line -> seen.append("skipped ").append(line).append('\n'));
    if (reading.truncation() != null) {
      seen.append("truncated: ").append(reading.truncation()).append('\n');
    }
    reading.remarks().forEach(remark -> seen.append("remark: ").append(remark).append('\n'));
    return seen.toString();
  }
}
