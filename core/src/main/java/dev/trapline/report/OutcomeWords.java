// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What a workload achieved, in sentences: the figures of one trial, with what they are not.
final class OutcomeWords {
  private OutcomeWords() {}

  static String sentence(Outcome outcome) {
    return switch (outcome) {
      case Throughput throughput -> throughput(throughput);
      case BidirectionalThroughput both ->
          "To the server: "
              + throughput(both.toServer())
              + " To the client: "
              + throughput(both.toClient());
      case Latency latency -> latency(latency);
      case MessageRate rate -> messageRate(rate);
    };
  }

  private static String throughput(Throughput outcome) {
    StringBuilder text = new StringBuilder();
    text.append(outcome.protocol())
        .append(": ")
        .append(Quantity.bitRate(outcome.goodput().bitsPerSecond()))
        .append(" goodput, ")
        .append(Quantity.bytes(outcome.received().count()))
        .append(" received in ")
        .append(seconds(outcome.receiverSeconds()));
    if (outcome.retransmits() != null) {
      text.append(", ").append(Words.counted(outcome.retransmits(), "retransmission"));
    }
    Throughput.Datagrams datagrams = outcome.datagrams();
    if (datagrams != null) {
      text.append(", ")
          .append(Quantity.count(datagrams.lost()))
          .append(" of ")
          .append(Words.counted(datagrams.expected(), "datagram"))
          .append(" lost");
    }
    text.append('.');
    if (outcome.rounding() != null) {
      text.append(" The text that it was read from is rounded: +-")
          .append(Quantity.bytes(outcome.rounding().received().count()))
          .append(", +-")
          .append(Quantity.bitRate(outcome.rounding().goodput().bitsPerSecond()))
          .append('.');
    }
    if (outcome.partial()) {
      text.append(" PARTIAL: the output was cut; these are its whole intervals only.");
    }
    return text.toString();
  }

  private static String latency(Latency outcome) {
    List<String> parts = new ArrayList<>();
    outcome
        .percentilesNanos()
        .forEach((percentile, nanos) -> {
          if (percentile == 50 || percentile == 99 || percentile == 99.9) {
            parts.add("p" + Quantity.plain(percentile) + " " + Quantity.nanos(nanos.doubleValue()));
          }
        });
    StringBuilder text = new StringBuilder();
    text.append(outcome.protocol())
        .append(": ")
        .append(Quantity.nanos(outcome.meanNanos()))
        .append(outcome.fullRoundTrips() ? " mean FULL round trip" : " mean half-RTT")
        .append(parts.isEmpty() ? "" : " (" + String.join(", ", parts) + ")")
        .append(", ")
        .append(Words.counted(outcome.totalMessagesSent(), "message"))
        .append(" in ")
        .append(seconds(outcome.totalRunSeconds()));
    if (outcome.droppedMessages() > 0) {
      text.append(", ").append(Quantity.count(outcome.droppedMessages())).append(" dropped");
    }
    text.append('.');
    if (outcome.clients() != null) {
      text.append(" These are ")
          .append(outcome.clients().count())
          .append(" clients at once, with means from ")
          .append(Quantity.nanos(outcome.clients().fastestMeanNanos()))
          .append(" to ")
          .append(Quantity.nanos(outcome.clients().slowestMeanNanos()))
          .append("; percentiles are estimates from those of each.");
    }
    if (!outcome.backToBack()) {
      text.append(" Messages were paced, in bursts or under load: not the latency of a ping-pong.");
    }
    return text.toString();
  }

  private static String messageRate(MessageRate outcome) {
    return outcome.protocol()
        + ": "
        + Quantity.count(outcome.messagesPerSecond())
        + " messages/s SENT, "
        + Quantity.bitRate(outcome.payload().bitsPerSecond())
        + " of payload, "
        + Words.counted(outcome.messagesSent(), "message")
        + " in "
        + seconds(outcome.seconds())
        + ". What arrived, "
        + (outcome.messagesHandledByServer() == null
            ? "only the server knows."
            : "as the server says: " + Quantity.count(outcome.messagesHandledByServer()) + ".");
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.2f s", seconds);
  }
}
