// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.TraplineException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Iperf3Test {
  private static final Iperf3 WORKLOAD = Iperf3.ofSeconds(3);

  @TempDir private Path folder;

  @Test
  void commandsAreThoseOfTheStudy() {
    assertThat(WORKLOAD.serverCommand("10.0.0.1"))
        .containsExactly("iperf3", "-s", "-1", "-B", "10.0.0.1", "-p", "5201", "-J");
    assertThat(WORKLOAD.clientCommand("10.0.0.1"))
        .containsExactly("iperf3", "-c", "10.0.0.1", "-p", "5201", "-P", "4", "-t", "3", "-J");
    assertThat(WORKLOAD.serverEndsByItself()).isTrue();
    assertThat(WORKLOAD.readinessTransport()).isEqualTo("tcp");
    assertThat(WORKLOAD.test()).isEqualTo("throughput");
  }

  @Test
  void settingsThatIperf3RefusesAreRefusedBefore() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Iperf3(129, 3, 5201))
        .withMessage("streams is 129, and must be from 1 to 128");
    assertThatIllegalArgumentException().isThrownBy(() -> new Iperf3(4, 0, 5201));
    assertThatIllegalArgumentException().isThrownBy(() -> new Iperf3(4, 3, 65_536));
  }

  @Test
  void wholeRunIsReadFromBothSides() {
    Throughput run = parse("iperf3-client.json", "iperf3-server.json");

    assertThat(run.protocol()).isEqualTo("TCP");
    assertThat(run.goodput().gigabitsPerSecond()).isCloseTo(23.2693, within(1e-4));
    assertThat(run.received()).isEqualTo(new Bytes(8_730_705_920L));
    assertThat(run.sent()).isEqualTo(new Bytes(8_730_705_920L));
    assertThat(run.receiverSeconds()).isEqualTo(3.001624);
    assertThat(run.retransmits()).isEqualTo(1);
    assertThat(run.streams()).hasSize(4);
    assertThat(run.streams().get(2).retransmits()).isEqualTo(1);
    assertThat(run.streams().getFirst().received()).isEqualTo(new Bytes(2_183_659_520L));
    assertThat(run.sentIntervals()).hasSize(3);
    assertThat(run.receivedIntervals()).hasSize(4);
    assertThat(run.receivedIntervals().getFirst().rate().gigabitsPerSecond())
        .isCloseTo(25.6027, within(1e-4));
    assertThat(run.clientCpu())
        .isEqualTo(
            new Throughput.CpuUtilisation(99.56774108526307, 0.46260922116854, 99.1050320275602));
    assertThat(run.serverCpu()).isNotNull();
    assertThat(run.receivedAccordingToServer()).isEqualTo(new Bytes(8_730_705_920L));
    assertThat(run.unitOfWork()).isEqualTo(UnitOfWork.GIBIBYTE);
    assertThat(run.workDone()).isCloseTo(8.1311, within(1e-4));
    assertThat(run.invariants()).hasSize(3).allMatch(InvariantResult::holds);
  }

  @Test
  void withoutTheServersOutputWhatOnlyItKnowsIsUnknown() {
    Throughput run = parse("iperf3-client.json", null);
    assertThat(run.receivedIntervals()).isEmpty();
    assertThat(run.receivedAccordingToServer()).isNull();
    assertThat(run.invariants())
        .extracting(InvariantResult::name)
        .containsExactly("goodput-times-time", "streams-sum");
  }

  @Test
  void reversedRunTakesGoodputOverTimeFromTheClientWhichReceives() {
    Throughput run = parse("iperf3-reverse-client.json", "iperf3-reverse-server.json");
    assertThat(run.received()).isEqualTo(new Bytes(2_638_610_432L));
    assertThat(run.sent()).isEqualTo(new Bytes(2_642_411_520L));
    assertThat(run.retransmits()).isEqualTo(9);
    assertThat(run.receivedIntervals()).isNotEmpty();
    assertThat(run.sentIntervals()).isNotEmpty();
    assertThat(run.receivedAccordingToServer()).isNull();
    assertThat(run.invariants()).allMatch(InvariantResult::holds);
  }

  @Test
  void gibibytesReadAsGigabytesBreakTheInvariant() {
    Throughput run = parse("iperf3-client.json", null);
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
            run.clientCpu(),
            run.serverCpu(),
            null);
    InvariantResult result = wrong.invariants().getFirst();
    assertThat(result.holds()).isFalse();
    assertThat(result.relativeError()).isCloseTo(0.0737, within(1e-4));
    assertThat(result.detail())
        .isEqualTo(
            "23.269 Gbit/s x 3.002 s against 8131103516 bytes received: +7.374%, tolerance 0.1%");
  }

  @Test
  void fileThatIsCutOffIsToldApartWithItsPlace() {
    assertRefused(
        "iperf3-truncated.json",
        "iperf3-truncated.json is cut off: its JSON ends in the middle, at line ",
        "iperf3 was killed or the disk was full; run the trial again");
  }

  @Test
  void everyCutIsToldApartFromADamagedFile() {
    String whole = new String(Fixtures.bytes("iperf3-client.json"), UTF_8).strip();
    for (int length = 1; length < whole.length(); length += 7) {
      assertRefusedText(whole.substring(0, length), "is cut off");
    }
    assertRefusedText(
        whole.replaceFirst("\"socket\":", "\"socket\";"), "is not the JSON of iperf3");
  }

  @Test
  void errorsOfIperf3AreQuoted() {
    assertRefused(
        "iperf3-refused.json",
        "has no result: iperf3 says 'unable to connect to server: Connection refused'.",
        "check that the server is running");
    assertRefused(
        "iperf3-server-killed-client.json",
        "iperf3 says 'unable to write to stream socket: Connection reset by peer'.",
        "");
    assertRefused(
        "iperf3-client-killed-server.json",
        "iperf3 says 'the client has unexpectedly closed the connection'.",
        "");
    assertRefused(
        "iperf3-server-port-in-use.json",
        "unable to start listener for connections: Address already in use'.",
        "");
  }

  @Test
  void whatIperf3ComplainedOfOnStandardErrorIsQuoted() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty.json"));
    Path complaint = Fixtures.in(folder, "iperf3-bad-option.stderr").standardOutput();
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> WORKLOAD.parse(new ToolOutput(empty, complaint), null))
        .withMessage(
            empty
                + " is empty: iperf3 printed no result; on standard error: 'iperf3: parameter"
                + " error - number of parallel streams too large (maximum = 128)'.")
        .extracting(TraplineException::code)
        .isEqualTo("WORKLOAD-OUTPUT");
  }

  @Test
  void datagramsAreReadWithTheReceiversBytes() {
    Throughput run = parse("iperf3-udp-client.json", null);
    assertThat(run.protocol()).isEqualTo("UDP");
    assertThat(run.received()).isEqualTo(new Bytes(1_277_952));
    assertThat(run.streams()).isEmpty();
    assertThat(run.datagrams())
        .isEqualTo(new Throughput.Datagrams(39L, 39, 0, 0L, 11_431L, 32_768));
    assertThat(run.invariants()).hasSize(2).allMatch(InvariantResult::holds);
  }

  @Test
  void bidirectionalRunHasTheWorkOfBothDirections() {
    BidirectionalThroughput run =
        (BidirectionalThroughput)
            WORKLOAD.parse(Fixtures.in(folder, "iperf3-bidirectional-client.json"), null);
    assertThat(run.toServer().sentIntervals()).isNotEmpty();
    assertThat(run.toClient().receivedIntervals()).isNotEmpty();
    assertThat(run.workDone())
        .isEqualTo(run.toServer().received().gibibytes() + run.toClient().received().gibibytes());
    assertThat(run.unitOfWork()).isEqualTo(UnitOfWork.GIBIBYTE);
    assertThat(run.invariants())
        .extracting(InvariantResult::name)
        .containsExactly(
            "to-server-goodput-times-time",
            "to-server-streams-sum",
            "to-client-goodput-times-time",
            "to-client-streams-sum");
    assertThat(run.invariants()).allMatch(InvariantResult::holds);
  }

  @Test
  void anotherToolsOutputIsRefusedWithWhatItBeginsWith() {
    assertRefused("sockperf-client.txt", "is not the JSON of iperf3: at line 1, column ", "-J");
    assertRefusedText("[]", "has no 'start.test_start.protocol', where a string was expected");
    assertRefusedText("\u0000\u0001", "is not the JSON of iperf3");
  }

  @Test
  void missingFileIsNamed() {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> WORKLOAD.parse(new ToolOutput(folder.resolve("none.json"), null), null))
        .withMessageStartingWith(
            "cannot read the output of iperf3, " + folder.resolve("none.json"));
  }

  @Test
  void figureOfTheWrongKindIsNamedWithItsPlace() {
    String whole = new String(Fixtures.bytes("iperf3-client.json"), UTF_8);
    assertRefusedText(
        whole.replace("\"bytes\":\t8730705920", "\"bytes\":\t-1"),
        "has '-1' at 'end.sum_received.bytes', where a whole number of 0 or more was expected");
    assertRefusedText(
        whole.replace("\"sum_received\"", "\"sum_recieved\""),
        "has no 'end.sum_received.seconds', where a number was expected");
    assertRefusedText(
        whole.replace("\"bits_per_second\":\t23269286013.171535", "\"bits_per_second\":\t1e999"),
        "at 'end.sum_received.bits_per_second', where a number in the range of a double");
  }

  @Test
  void serversOutputOfAnotherRunIsRefused() {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> parse("iperf3-client.json", "iperf3-reverse-server.json"))
        .withMessageContaining("is the output of another run than")
        .withMessageContaining("'qdeaf7upng5htvf4qnptnig3qngpcivcxgyr'");
  }

  private Throughput parse(String client, @Nullable String server) {
    return (Throughput)
        WORKLOAD.parse(
            Fixtures.in(folder, client), server == null ? null : Fixtures.in(folder, server));
  }

  private void assertRefused(String fixture, String fact, String remedy) {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> parse(fixture, null))
        .withMessageContaining(fact)
        .satisfies(failure -> {
          assertThat(failure.code()).isEqualTo("WORKLOAD-OUTPUT");
          assertThat(failure.getMessage()).contains(fixture).endsWith(".");
          assertThat(failure.remedy()).contains(remedy);
        });
  }

  private void assertRefusedText(String text, String fact) {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() ->
            WORKLOAD.parse(Fixtures.written(folder, "changed.json", text.getBytes(UTF_8)), null))
        .withMessageContaining(fact);
  }
}
