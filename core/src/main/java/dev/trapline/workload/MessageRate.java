// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a client that sends messages and awaits no answer achieved (`sockperf throughput`). It is
/// what was SENT: the client does not know what arrived, so this is no goodput, and over UDP it can
/// be far more than that. What arrived is told by the server only.
///
/// @param protocol `UDP` or `TCP`
/// @param messagesSent in the whole run
/// @param seconds of the whole run, rounded to a millisecond
/// @param messagesPerSecond sent, rounded to a whole one
/// @param payload rate of the messages' bytes, without headers. sockperf prints it in units of 2^20
///   bytes per second, which it calls `MBps`, and of 2^20 x 8 bits, which it calls `Mbps`; with
///   `--giga-size` in 1000 of these
/// @param messageBytes size of a message, or the mean of a range; null if not known
/// @param skippedMessages that were due and not sent, for want of time; null if none was told
/// @param messagesHandledByServer as the server says at its end; null if its output was not read
public record MessageRate(
    String protocol,
    long messagesSent,
    double seconds,
    long messagesPerSecond,
    BitRate payload,
    @Nullable Integer messageBytes,
    @Nullable Long skippedMessages,
    @Nullable Long messagesHandledByServer)
    implements Outcome {
  /// Times are rounded to a millisecond, which is 0.1% of a run of half a second.
  private static final double TOLERANCE = 0.002;

  /// The payload's rate is printed with three decimals in units of 2^20 bytes per second.
  private static final double PAYLOAD_ROUNDING_BITS = 0.0005 * (1 << 20) * 8;

  /// What several clients sent at the same time. Messages are added; the rates are all of them over
  /// the time of the longest, which is never more than the sum of the clients' own rates.
  ///
  /// @throws IllegalArgumentException if there is none, or their protocols differ
  public static MessageRate together(List<MessageRate> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("no message rate");
    }
    MessageRate first = parts.getFirst();
    long sent = 0;
    double longest = 0;
    double payloadBits = 0;
    Long skipped = 0L;
    Long handled = 0L;
    Integer messageBytes = first.messageBytes;
    for (MessageRate part : parts) {
      if (!part.protocol.equals(first.protocol)) {
        throw new IllegalArgumentException("these are not added: " + first + " and " + part);
      }
      sent += part.messagesSent;
      longest = Math.max(longest, part.seconds);
      payloadBits += part.payload.bitsPerSecond() * part.seconds;
      skipped = sum(skipped, part.skippedMessages);
      handled = sum(handled, part.messagesHandledByServer);
      messageBytes = Objects.equals(messageBytes, part.messageBytes) ? messageBytes : null;
    }
    return new MessageRate(
        first.protocol,
        sent,
        longest,
        longest == 0 ? 0 : Math.round(sent / longest),
        new BitRate(longest == 0 ? 0 : payloadBits / longest),
        messageBytes,
        skipped,
        handled);
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    return one == null || other == null ? null : Long.valueOf(one + other);
  }

  @Override
  public UnitOfWork unitOfWork() {
    return UnitOfWork.MESSAGE;
  }

  @Override
  public double workDone() {
    return messagesSent;
  }

  /// `rate-times-time`: messages per second x seconds are the messages sent, within 0.2%.
  /// `payload-rate`: messages per second x their size are the payload's rate, within 0.2% and what
  /// its rounding explains; only where the size is known. `server-messages`: over TCP the server
  /// handled as many messages as were sent, exactly; over UDP no more than that, since what
  /// overflows a socket is lost without anyone's fault. Only where the server's total is known.
  @Override
  public List<InvariantResult> invariants() {
    List<InvariantResult> results = new ArrayList<>();
    results.add(
        InvariantResult.compare(
            "rate-times-time",
            messagesPerSecond * seconds,
            messagesSent,
            TOLERANCE,
            String.format(
                Locale.ROOT,
                "%d messages/s x %.3f s against %d messages sent",
                messagesPerSecond,
                seconds,
                messagesSent)));
    if (messageBytes != null) {
      double expected = payload.bitsPerSecond();
      double rounding = expected > 0 ? PAYLOAD_ROUNDING_BITS / expected : 0;
      results.add(
          InvariantResult.compare(
              "payload-rate",
              (double) messagesPerSecond * messageBytes * 8,
              expected,
              TOLERANCE + rounding,
              String.format(
                  Locale.ROOT,
                  "%d messages/s x %d bytes against %.6f Gbit/s",
                  messagesPerSecond,
                  messageBytes,
                  payload.gigabitsPerSecond())));
    }
    if (messagesHandledByServer != null) {
      results.add(
          InvariantResult.serverMessages(
              messagesHandledByServer, messagesSent, protocol.equals("UDP")));
    }
    return results;
  }

  /// The same with what the server said.
  MessageRate withMessagesHandledByServer(@Nullable Long handled) {
    return new MessageRate(
        protocol,
        messagesSent,
        seconds,
        messagesPerSecond,
        payload,
        messageBytes,
        skippedMessages,
        handled);
  }
}
