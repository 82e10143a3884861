// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.trapline.TraplineException;
import dev.trapline.workload.Latency;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutcomeJsonTest {
  @Test
  void whatWasWrittenComesBack() {
    for (long seed = 0; seed < 400; seed++) {
      Outcome outcome = new RandomRuns(seed).outcome();
      String json = Json.oneLine(generator -> OutcomeJson.write(generator, outcome));
      assertThat(read(json)).as(json).isEqualTo(outcome);
    }
    assertThat(read("null")).isNull();
  }

  @Test
  void throughputOfAnEarlierReleaseIsExactWholeAndWithoutDatagrams() {
    Throughput old = new RandomRuns(7).throughput();
    Throughput expected =
        new Throughput(
            old.protocol(),
            old.goodput(),
            old.received(),
            old.sent(),
            old.receiverSeconds(),
            old.retransmits(),
            old.streams(),
            old.sentIntervals(),
            old.receivedIntervals(),
            old.clientCpu(),
            old.serverCpu(),
            old.receivedAccordingToServer());
    assertThat(read(without(expected, ",\"datagrams\":null,\"rounding\":null,\"partial\":false")))
        .isEqualTo(expected);
  }

  @Test
  void latencyOfAnEarlierReleaseIsOfHalfRoundTripsBackToBack() {
    Latency old = new RandomRuns(7).latency();
    Latency expected =
        new Latency(
            old.protocol(),
            old.meanNanos(),
            old.standardDeviationNanos(),
            old.minimumNanos(),
            old.maximumNanos(),
            old.percentilesNanos(),
            old.totalRunSeconds(),
            old.totalMessagesSent(),
            old.totalMessagesReceived(),
            old.validRunSeconds(),
            old.validMessagesSent(),
            old.validMessagesReceived(),
            old.droppedMessages(),
            old.duplicatedMessages(),
            old.outOfOrderMessages(),
            old.messagesHandledByServer());
    assertThat(
            read(
                without(
                    expected, ",\"fullRoundTrips\":false,\"backToBack\":true,\"clients\":null")))
        .isEqualTo(expected);
  }

  @Test
  void typeThatIsNotKnownIsNamedWithThoseThatAre() {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(() -> read("{\"type\": \"telepathy\"}"))
        .withMessageContaining(
            "\"telepathy\" where throughput or bidirectional or latency or messageRate belongs");
  }

  private static String without(Outcome outcome, String fields) {
    String json = Json.oneLine(generator -> OutcomeJson.write(generator, outcome));
    assertThat(json).contains(fields);
    return json.replace(fields, "");
  }

  private static @Nullable Outcome read(String json) {
    JsonFields fields = JsonFields.parse(Path.of("run.json"), "{\"outcome\": " + json + "}");
    return OutcomeJson.outcome(fields.objectOrNull("outcome"));
  }
}
