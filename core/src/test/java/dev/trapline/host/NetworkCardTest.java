// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class NetworkCardTest {
  @Test
  void theLoopbackTellsWhatTheKernelSaysOfIt() {
    SortedMap<String, String> facts = NetworkCard.holding("127.0.0.1").orElseThrow().facts();
    assertThat(facts)
        .containsEntry("card", "lo")
        .containsEntry("card.link", "up")
        // The loopback checks nothing, so its checksums are always "computed".
        .containsEntry("offload.rx-checksum", "on")
        .containsEntry("offload.tx-checksum", "on")
        .containsEntry("offload.lro", "off")
        // It is no hardware: nothing of that kind is made up.
        .doesNotContainKeys("card.speed", "card.firmware", "card.queues", "card.coalescing");
    assertThat(facts.get("card.mtu")).endsWith(" bytes");
  }

  @Test
  void anAddressThatNoCardHasIsNotFound() {
    // RFC 5737: no machine has it.
    assertThat(NetworkCard.holding("192.0.2.77")).isEmpty();
    assertThat(NetworkCard.holding("a.name")).isEmpty();
  }
}
