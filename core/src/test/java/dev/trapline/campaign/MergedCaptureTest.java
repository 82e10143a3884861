// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureResult.ContextSwitches;
import dev.trapline.capture.KernelActivity;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MergedCaptureTest {
  private static CaptureResult captured(String role, long softirqs, long operations) {
    SortedMap<String, Long> ring = new TreeMap<>();
    ring.put("SEND", operations);
    SortedMap<String, Tally> tallies = new TreeMap<>();
    tallies.put(role, Tally.EMPTY);
    SortedMap<String, ContextSwitches> switches = new TreeMap<>();
    switches.put(role, new ContextSwitches(10, 1));
    SortedMap<String, CallRate> rates = new TreeMap<>();
    rates.put(role, new CallRate(1000, List.of(1L, 2L)));
    return new CaptureResult(
        tallies,
        new Completeness(1, 0, 0, 0, 0, 0, List.of()),
        new KernelActivity(softirqs * 100, softirqs, null, null, 2L, ring),
        switches,
        new TreeMap<>(),
        rates);
  }

  @Test
  void whatIsOfAMachineIsAddedOverMachinesAndOnceForEach() {
    CaptureResult merged =
        MergedCapture.of(
            List.of(
                new MergedCapture.Part("one", captured("server", 5, 1)),
                new MergedCapture.Part("one", captured("client", 6, 2)),
                new MergedCapture.Part("two", captured("client", 7, 4))));
    assertThat(merged.activity().netReceiveSoftirqs()).isEqualTo(5 + 7);
    assertThat(merged.activity().netReceiveSoftirqNanos()).isEqualTo(1200);
    assertThat(merged.activity().tcpRetransmissions()).isEqualTo(4);
    assertThat(merged.activity().netTransmitSoftirqs()).isNull();
    assertThat(merged.activity().ioUringOperations()).containsEntry("SEND", 7L);
    assertThat(merged.completeness().lostEvents()).isEqualTo(3);
    assertThat(merged.contextSwitches())
        .containsEntry("server", new ContextSwitches(10, 1))
        .containsEntry("client", new ContextSwitches(20, 2));
    assertThat(merged.rates()).containsOnlyKeys("server");
    assertThat(merged.byRole()).containsOnlyKeys("server", "client");
  }
}
