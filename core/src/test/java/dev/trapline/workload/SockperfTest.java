// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.TraplineException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SockperfTest {
  private static final Sockperf WORKLOAD = Sockperf.ofSeconds(3);

  @TempDir private Path folder;

  @Test
  void commandsAreThoseOfTheStudy() {
    assertThat(WORKLOAD.serverCommand("10.0.0.1"))
        .containsExactly("sockperf", "server", "-i", "10.0.0.1", "-p", "11111");
    assertThat(WORKLOAD.clientCommand("10.0.0.1"))
        .containsExactly(
            "sockperf", "ping-pong", "-i", "10.0.0.1", "-p", "11111", "-m", "64", "-t", "3");
    assertThat(WORKLOAD.serverEndsByItself()).isFalse();
    assertThat(WORKLOAD.readinessTransport()).isEqualTo("udp");
    assertThat(WORKLOAD.test()).isEqualTo("latency");
  }

  @Test
  void tcpIsAskedForOnBothSides() {
    Sockperf tcp = new Sockperf(64, 3, 11_111, Sockperf.Protocol.TCP);
    assertThat(tcp.serverCommand("10.0.0.1")).contains("--tcp");
    assertThat(tcp.clientCommand("10.0.0.1")).contains("--tcp");
    assertThat(tcp.readinessTransport()).isEqualTo("tcp");
  }

  @Test
  void settingsThatSockperfRefusesAreRefusedBefore() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sockperf(13, 3, 11_111, Sockperf.Protocol.UDP))
        .withMessage("messageBytes is 13, and must be from 14 to 65507");
  }

  @Test
  void wholeRunIsReadFromBothSides() {
    Latency run = parse("sockperf-client.txt", "sockperf-server.txt");

    assertThat(run.protocol()).isEqualTo("UDP");
    assertThat(run.meanNanos()).isEqualTo(29_795);
    assertThat(run.standardDeviationNanos()).isNotNull();
    assertThat(run.percentilesNanos())
        .containsOnlyKeys(25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999);
    assertThat(run.minimumNanos()).isLessThan(run.percentilesNanos().get(25.0));
    assertThat(run.maximumNanos()).isGreaterThanOrEqualTo(run.percentilesNanos().get(99.999));
    assertThat(run.totalRunSeconds()).isEqualTo(3.0);
    assertThat(run.totalMessagesSent()).isEqualTo(65_686);
    assertThat(run.totalMessagesReceived()).isEqualTo(65_685);
    assertThat(run.validRunSeconds()).isEqualTo(2.55);
    assertThat(run.validMessagesSent()).isEqualTo(42_761);
    assertThat(run.validMessagesReceived()).isEqualTo(42_761);
    assertThat(run.droppedMessages()).isZero();
    assertThat(run.messagesHandledByServer()).isEqualTo(65_686);
    assertThat(run.unitOfWork()).isEqualTo(UnitOfWork.MESSAGE);
    assertThat(run.workDone()).isEqualTo(65_686);
    assertThat(run.invariants()).hasSize(2).allMatch(InvariantResult::holds);
    assertThat(run.invariants().getFirst().relativeError()).isCloseTo(-0.00073, within(1e-5));
    assertThat(run.invariants().getFirst().detail())
        .isEqualTo(
            "42761 messages x 2 x 29.795 us = 2.548 s against 2.550 s of valid run time:"
                + " -0.073%, tolerance 2%");
  }

  @Test
  void severalClientsOfOneServerAreOneOutcome() {
    Latency together =
        (Latency)
            WORKLOAD.parseTogether(
                List.of(
                    Fixtures.in(folder, "sockperf-shared-client-1.txt"),
                    Fixtures.in(folder, "sockperf-shared-client-2.txt"),
                    Fixtures.in(folder, "sockperf-shared-client-3.txt")),
                List.of(Fixtures.in(folder, "sockperf-shared-server.txt")));
    assertThat(together.totalMessagesSent()).isEqualTo(59_750 + 61_819 + 62_120);
    assertThat(together.messagesHandledByServer()).isEqualTo(183_689);
    assertThat(together.meanNanos())
        .isEqualTo(
            Math.round((45_999 * 16_839.0 + 48_916 * 15_805.0 + 49_266 * 15_685.0) / 144_181));
    assertThat(together.minimumNanos()).isEqualTo(5508);
    assertThat(together.maximumNanos()).isEqualTo(2_439_786);
    assertThat(together.percentilesNanos().get(99.9)).isBetween(206_591L, 429_394L);
    Latency.Clients clients = Objects.requireNonNull(together.clients());
    assertThat(clients.count()).isEqualTo(3);
    assertThat(clients.fastestMeanNanos()).isEqualTo(15_685);
    assertThat(clients.slowestMeanNanos()).isEqualTo(16_839);
    assertThat(together.invariants())
        .extracting(InvariantResult::name)
        .containsExactly("half-rtt", "server-messages");
    assertThat(together.invariants()).allMatch(InvariantResult::holds);
    assertThat(together.invariants().getFirst().detail()).contains("of 3 clients");
  }

  @Test
  void overTcpEachClientNeedsAServer() {
    assertThat(WORKLOAD.servesManyClients()).isTrue();
    assertThat(new Sockperf(64, 3, 11_111, Sockperf.Protocol.TCP).servesManyClients()).isFalse();
    assertThat(Iperf3.ofSeconds(3).servesManyClients()).isFalse();
  }

  @Test
  void tcpRunIsReadAlike() {
    Latency run = parse("sockperf-tcp-client.txt", "sockperf-tcp-server.txt");
    assertThat(run.protocol()).isEqualTo("TCP");
    assertThat(run.percentilesNanos()).contains(entry(99.99, 62_321L), entry(50.0, 3_454L));
    assertThat(run.minimumNanos()).isEqualTo(2_141);
    assertThat(run.invariants()).hasSize(2).allMatch(InvariantResult::holds);
  }

  @Test
  void serverEndedWithSigtermHasNoTotalAndThatIsUnknownNotZero() {
    Latency run = parse("sockperf-client.txt", "sockperf-server-sigterm.txt");
    assertThat(run.messagesHandledByServer()).isNull();
    assertThat(run.invariants()).extracting(InvariantResult::name).containsExactly("half-rtt");
  }

  @Test
  void damagedTrafficIsReadAndBreaksTheInvariant() {
    // No run with loss could be made on the loopback here, so the figures of one are written in.
    Latency run =
        parseText(
            clientText()
                .replace(
                    "# dropped messages = 0; # duplicated messages = 0; # out-of-order messages = 0",
                    "\u001b[0;31m# dropped messages = 7; # duplicated messages = 2; # out-of-order"
                        + " messages = 1\u001b[0m")
                .replace("avg-latency=29.795", "avg-latency=27.100"));
    assertThat(run.droppedMessages()).isEqualTo(7);
    assertThat(run.duplicatedMessages()).isEqualTo(2);
    assertThat(run.outOfOrderMessages()).isEqualTo(1);
    assertThat(run.invariants().getFirst().holds()).isFalse();
  }

  @Test
  void serverThatHandledOtherMessagesBreaksTheInvariant() {
    Latency run = parse("sockperf-client.txt", "sockperf-tcp-server.txt");
    InvariantResult result = run.invariants().getLast();
    assertThat(result.name()).isEqualTo("server-messages");
    assertThat(result.holds()).isFalse();
    assertThat(result.detail()).isEqualTo("server handled 270002 of 65686 messages sent");
  }

  @Test
  void laterVersionsMoreStatisticsAreNoHindrance() {
    // sockperf 3.8 and later print more than the deviation in the same brackets.
    Latency run =
        parseText(
            clientText().replaceFirst("\\(std-dev=([0-9.]+)\\)", "(std-dev=$1, mean-ad=1.234)"));
    assertThat(run.standardDeviationNanos()).isNotNull();
    assertThat(
            parseText(clientText().replaceFirst(" \\(std-dev=[0-9.]+\\)", ""))
                .standardDeviationNanos())
        .isNull();
  }

  @Test
  void missingServerIsToldThoughTheExitCodeIsZero() {
    assertRefused(
        "sockperf-no-server.txt",
        "has no result: in line 9 sockperf says 'No messages were received from the server. Is the"
            + " server down?'.");
    assertRefused(
        "sockperf-tcp-refused.txt",
        "sockperf says 'Can`t connect socket (errno=111 Connection refused)'.");
  }

  @Test
  void portInUseIsToldWithItsErrno() {
    assertRefused(
        "sockperf-server-port-in-use.txt",
        "Can`t bind socket, IP to bind: 127.0.0.1:11391 (errno=98 Address already in use)'.");
  }

  @Test
  void usageInPlaceOfAResultIsToldWithItsReason() {
    assertRefused(
        "sockperf-invalid-address.txt",
        "has no result: sockperf printed its usage, after 'sockperf: '-i' Invalid address: ::1'.");
  }

  @Test
  void fullRoundTripsAreNotTakenForHalfOnes() {
    assertRefused("sockperf-full-rtt.txt", "has full round trips or bursts in line 12, ");
  }

  @Test
  void everyCutOffBeforeTheLastFigureIsNoticed() {
    String whole = clientText();
    int lastFigure = whole.lastIndexOf("<MIN> observation");
    for (int length = 0; length < lastFigure; length += 7) {
      String cut = whole.substring(0, length);
      assertThatExceptionOfType(TraplineException.class)
          .as("cut after %s characters", length)
          .isThrownBy(() -> parseText(cut));
    }
    assertRefusedText(
        whole.substring(0, whole.indexOf("sockperf: ---> percentile 99.900")),
        "is cut off or of another mode than ping-pong: no line has '<MIN> observation', the last"
            + " one is line 18, 'sockperf: ---> percentile 99.990 =");
  }

  @Test
  void damagedFigureIsNamedWithItsLine() {
    assertRefusedText(
        clientText().replace("[Valid Duration] RunTime=2.550", "[Valid Duration] RunTime=2,550"),
        "has in line 11 'sockperf: [Valid Duration] RunTime=2,550 sec;");
  }

  @Test
  void anotherToolsOutputIsRefusedWithWhatItBeginsWith() {
    assertRefused(
        "iperf3-client.json",
        "is not the output of sockperf: no line begins with 'sockperf', the first one is '{'");
    assertRefusedText(" \n", "is empty: sockperf printed no result");
  }

  @Test
  void twoRunsInOneFileAreRefused() {
    assertRefusedText(clientText() + clientText(), "has 2 lines with '[Total Run]'");
  }

  private static String clientText() {
    return new String(Fixtures.bytes("sockperf-client.txt"), UTF_8);
  }

  private Latency parse(String client, @Nullable String server) {
    return (Latency)
        WORKLOAD.parse(
            Fixtures.in(folder, client), server == null ? null : Fixtures.in(folder, server));
  }

  private Latency parseText(String text) {
    return (Latency)
        WORKLOAD.parse(Fixtures.written(folder, "changed.txt", text.getBytes(UTF_8)), null);
  }

  private void assertRefused(String fixture, String fact) {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> parse(fixture, null))
        .withMessageContaining(fact)
        .satisfies(failure -> {
          assertThat(failure.code()).isEqualTo("WORKLOAD-OUTPUT");
          assertThat(failure.getMessage()).contains(fixture).endsWith(".");
          assertThat(failure.remedy()).isNotBlank();
        });
  }

  private void assertRefusedText(String text, String fact) {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> parseText(text))
        .withMessageContaining(fact);
  }
}
