// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether counts and an outcome that the user put into one trial can be of one run. Labels can be
/// wrong; bytes, messages and time must agree all the same.
final class CountTies {
  /// Calls that send and return how many bytes they sent.
  private static final Set<String> SENDING =
      Set.of("write", "writev", "sendto", "sendmsg", "sendfile", "splice", "pwritev2");

  private static final Set<String> RECEIVING =
      Set.of("read", "readv", "recvfrom", "recvmsg", "splice", "preadv2");

  /// Warm-up that a tool leaves out of its figures, and its control connection, come on top; less
  /// than what was sent cannot be.
  private static final double LEAST = 0.97;

  private static final double MOST = 1.5;

  private CountTies() {}

  /// @param byRole counts of the trial
  /// @param spans time that the counts of a role are over, where told
  /// @param seconds that the run lasted; null if not told
  static List<InvariantResult> of(
      Outcome outcome,
      Map<String, Tally> byRole,
      Map<String, Long> spans,
      @Nullable Double seconds) {
    List<InvariantResult> results = new ArrayList<>();
    byRole.forEach((role, tally) -> {
      switch (outcome) {
        case Throughput throughput when isReliable(throughput) ->
            addBytes(results, role, tally, throughput);
        case Latency latency when role.equals("client") ->
            addMessages(results, tally, latency.totalMessagesSent());
        case MessageRate rate when role.equals("client") ->
            addMessages(results, tally, rate.messagesSent());
        default -> {
          // Two directions, lost datagrams, a part of a run, or a side that is not told: the sums
          // may differ for good reasons.
        }
      }
      Long span = spans.get(role);
      if (span != null && seconds != null) {
        addSpan(results, role, span, seconds);
      }
    });
    return results;
  }

  private static boolean isReliable(Throughput outcome) {
    return !outcome.protocol().equals("UDP")
        && !outcome.partial()
        && outcome.received().count() > 0;
  }

  /// Whichever direction the data went, one of the two sums of a side is that of the payload.
  private static void addBytes(
      List<InvariantResult> results, String role, Tally tally, Throughput outcome) {
    if (!role.equals("client") && !role.equals("server")) {
      return;
    }
    Long sent = bytes(tally, SENDING);
    Long received = bytes(tally, RECEIVING);
    if (sent == null || received == null) {
      return;
    }
    long moved = Math.max(sent, received);
    double ratio = (double) moved / outcome.received().count();
    results.add(
        new InvariantResult(
            Trial.COUNTED + "bytes-" + role,
            ratio >= LEAST && ratio <= MOST,
            String.format(
                Locale.ROOT,
                "the %s's calls moved %,d bytes, the outcome has %,d received: x%.3f, where"
                    + " %.2f to %.1f can be",
                role,
                moved,
                outcome.received().count(),
                ratio,
                LEAST,
                MOST),
            ratio - 1));
  }

  private static @Nullable Long bytes(Tally tally, Set<String> names) {
    long sum = 0;
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      if (names.contains(entry.getKey().syscall())) {
        Long bytes = entry.getValue().bytes();
        if (bytes == null) {
          return null;
        }
        sum += bytes;
      }
    }
    return sum;
  }

  private static void addMessages(List<InvariantResult> results, Tally tally, long messages) {
    if (messages == 0) {
      return;
    }
    long sends = 0;
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      if (SENDING.contains(entry.getKey().syscall())) {
        sends += entry.getValue().calls() - entry.getValue().failedCalls();
      }
    }
    double ratio = (double) sends / messages;
    results.add(
        new InvariantResult(
            Trial.COUNTED + "messages",
            ratio >= LEAST && ratio <= MOST,
            String.format(
                Locale.ROOT,
                "the client's calls sent %,d times, the outcome has %,d messages: x%.3f, where"
                    + " %.2f to %.1f can be",
                sends,
                messages,
                ratio,
                LEAST,
                MOST),
            ratio - 1));
  }

  private static void addSpan(
      List<InvariantResult> results, String role, long spanNanos, double seconds) {
    double ratio = spanNanos / 1e9 / seconds;
    results.add(
        new InvariantResult(
            Trial.COUNTED + "span-" + role,
            ratio >= LEAST,
            String.format(
                Locale.ROOT,
                "the %s's counts are over %.2f s, the run lasted %.2f s",
                role,
                spanNanos / 1e9,
                seconds),
            ratio - 1));
  }
}
