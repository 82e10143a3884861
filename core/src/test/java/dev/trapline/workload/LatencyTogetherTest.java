// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Several clients' latencies against those of all their messages pooled, which a made-up sample
/// gives exactly.
class LatencyTogetherTest {
  private static final long SEED = 20261128;
  private static final double[] PERCENTILES = {25, 50, 75, 90, 99, 99.9};

  /// What sockperf would print of such messages.
  private static Latency of(long[] messages) {
    long[] sorted = messages.clone();
    Arrays.sort(sorted);
    double mean = Arrays.stream(sorted).average().orElseThrow();
    double squares =
        Arrays.stream(sorted).mapToDouble(nanos -> (nanos - mean) * (nanos - mean)).sum();
    SortedMap<Double, Long> percentiles = new TreeMap<>();
    for (double percentile : PERCENTILES) {
      percentiles.put(percentile, exact(sorted, percentile));
    }
    double seconds = 2 * mean * sorted.length / 1e9;
    return new Latency(
        "UDP",
        Math.round(mean),
        Math.round(Math.sqrt(squares / (sorted.length - 1))),
        sorted[0],
        sorted[sorted.length - 1],
        percentiles,
        seconds,
        sorted.length,
        sorted.length,
        seconds,
        sorted.length,
        sorted.length,
        0,
        0,
        0,
        (long) sorted.length);
  }

  /// The least message that this part of them is not above.
  private static long exact(long[] sorted, double percentile) {
    return sorted[Math.max(0, (int) Math.ceil(percentile / 100 * sorted.length) - 1)];
  }

  private static long[] messages(Random random) {
    int count = 2 + random.nextInt(3000);
    double scale = 1000 * Math.exp(3 * random.nextDouble());
    long[] messages = new long[count];
    for (int at = 0; at < count; at++) {
      // A long tail, now and then much longer, and sometimes few values that many have.
      double nanos = scale * Math.exp(0.4 * random.nextGaussian());
      messages[at] =
          random.nextInt(500) == 0 ? (long) (nanos * 100) : (long) nanos / 100 * 100 + 100;
    }
    return messages;
  }

  @Test
  void equalPartsGiveTheirOwnFigures() {
    Random random = new Random(SEED);
    for (int round = 0; round < 200; round++) {
      Latency part = of(messages(random));
      Latency together = Latency.together(Collections.nCopies(1 + random.nextInt(8), part));
      assertThat(together.percentilesNanos()).isEqualTo(part.percentilesNanos());
      assertThat(together.meanNanos()).isEqualTo(part.meanNanos());
      assertThat(together.minimumNanos()).isEqualTo(part.minimumNanos());
      assertThat(together.maximumNanos()).isEqualTo(part.maximumNanos());
      assertThat(together.totalRunSeconds()).isEqualTo(part.totalRunSeconds());
      assertThat(together.invariants()).allMatch(InvariantResult::holds);
    }
  }

  @Test
  void pooledMessagesLieWithinTheBoundsAndMeanAndDeviationAreTheirs() {
    Random random = new Random(SEED);
    for (int round = 0; round < 200; round++) {
      List<Latency> parts = new ArrayList<>();
      long[] pooled = {};
      int clients = 2 + random.nextInt(7);
      for (int client = 0; client < clients; client++) {
        long[] messages = messages(random);
        parts.add(of(messages));
        int before = pooled.length;
        pooled = Arrays.copyOf(pooled, before + messages.length);
        System.arraycopy(messages, 0, pooled, before, messages.length);
      }
      Arrays.sort(pooled);
      Latency together = Latency.together(parts);
      Latency exact = of(pooled);
      assertThat(together.meanNanos()).isCloseTo(exact.meanNanos(), within(2L));
      assertThat((double) Objects.requireNonNull(together.standardDeviationNanos()))
          .isCloseTo(Objects.requireNonNull(exact.standardDeviationNanos()), within(3.0));
      assertThat(together.minimumNanos()).isEqualTo(pooled[0]);
      assertThat(together.maximumNanos()).isEqualTo(pooled[pooled.length - 1]);
      assertThat(together.validMessagesReceived()).isEqualTo(pooled.length);
      assertThat(together.messagesHandledByServer()).isEqualTo(pooled.length);
      Latency.Clients told = Objects.requireNonNull(together.clients());
      assertThat(told.count()).isEqualTo(clients);
      long previous = together.minimumNanos();
      for (double percentile : PERCENTILES) {
        Latency.Clients.Bounds bounds =
            Objects.requireNonNull(told.percentileBounds().get(percentile));
        long estimate = Objects.requireNonNull(together.percentilesNanos().get(percentile));
        assertThat(estimate).isBetween(bounds.lowestNanos(), bounds.highestNanos());
        assertThat(exact(pooled, percentile))
            .isBetween(bounds.lowestNanos(), bounds.highestNanos());
        assertThat(estimate).isGreaterThanOrEqualTo(previous);
        previous = estimate;
      }
      assertThat(together.maximumNanos()).isGreaterThanOrEqualTo(previous);
    }
  }

  /// Of two clients, one of which is all below the other: half of the messages are the first one's.
  @Test
  void theMedianOfTwoThatDoNotOverlapIsTheBoundaryBetweenThem() {
    Latency fast = of(range(1000, 2000));
    Latency slow = of(range(5000, 6000));
    Latency together = Latency.together(List.of(fast, slow));
    assertThat(together.percentilesNanos().get(50.0)).isEqualTo(1999);
    assertThat(together.percentilesNanos().get(25.0)).isCloseTo(1499L, within(2L));
    assertThat(together.percentilesNanos().get(75.0)).isCloseTo(5499L, within(2L));
  }

  private static long[] range(int from, int to) {
    long[] messages = new long[to - from];
    Arrays.setAll(messages, at -> from + at);
    return messages;
  }

  @Test
  void percentilesThatNotAllHaveAreLeftOut() {
    Latency whole = of(range(1, 1000));
    SortedMap<Double, Long> fewer = new TreeMap<>(whole.percentilesNanos());
    fewer.remove(99.9);
    Latency other =
        new Latency(
            "UDP", 500, null, 1, 999, fewer, 1, 999, 999, 1, 999, 999, 0, 0, 0, null, false, true,
            null);
    Latency together = Latency.together(List.of(whole, other));
    assertThat(together.percentilesNanos()).containsOnlyKeys(25.0, 50.0, 75.0, 90.0, 99.0);
    assertThat(together.standardDeviationNanos()).isNull();
    assertThat(together.messagesHandledByServer()).isNull();
  }

  @Test
  void whatIsNotOfOneKindIsRefused() {
    Latency pingPong = of(range(1, 1000));
    Latency paced =
        new Latency(
            "UDP",
            500,
            null,
            1,
            999,
            new TreeMap<>(),
            1,
            9,
            9,
            1,
            9,
            9,
            0,
            0,
            0,
            null,
            false,
            false,
            null);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Latency.together(List.of(pingPong, paced)));
    assertThatIllegalArgumentException().isThrownBy(() -> Latency.together(List.of()));
  }

  @Test
  void messageRatesAreAddedOverTheLongestTime() {
    MessageRate one =
        new MessageRate("UDP", 1000, 1.0, 1000, new BitRate(512_000), 64, null, 1000L);
    MessageRate other =
        new MessageRate("UDP", 3000, 2.0, 1500, new BitRate(768_000), 64, null, 2900L);
    MessageRate together = MessageRate.together(List.of(one, other));
    assertThat(together)
        .isEqualTo(
            new MessageRate("UDP", 4000, 2.0, 2000, new BitRate(1_024_000), 64, null, 3900L));
    assertThat(together.invariants()).allMatch(InvariantResult::holds);
  }
}
