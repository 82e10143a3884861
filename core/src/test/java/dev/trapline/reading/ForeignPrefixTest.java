// SPDX-License-Identifier: Apache-2.0
package dev.trapline.reading;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ForeignPrefixTest {
  @Test
  void whatARunnerWroteBeforeALineIsTakenOff() {
    for (String prefix :
        List.of(
            "",
            "[STDOUT] ",
            "2026-11-01T12:00:00Z ",
            "2026-11-01 12:00:00.123 INFO ",
            "Nov  1 12:00:00 host iperf3[4711]: ",
            "Sun Nov  1 12:00:00 2026 ",
            "server-1  | ")) {
      assertThat(ForeignPrefix.strip(prefix + "[  5] local")).isEqualTo("[  5] local");
    }
  }

  @Test
  void whatToolsWriteThemselvesIsNoPrefix() {
    for (String line :
        List.of("[ ID] Interval", "[pid 4711] read(3", "12:00:00 read(3", "Connecting to host a")) {
      assertThat(ForeignPrefix.end(line)).isZero();
    }
  }
}
