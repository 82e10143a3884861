// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A guest whose returns are known. Where KVM cannot run one, the reason is printed.
class TinyGuestTest {
  @BeforeEach
  void skipWithoutKvm() {
    TinyGuest.unavailable()
        .ifPresent(reason -> {
          System.out.println("skipped: " + reason);
          abort("skipped: " + reason);
        });
  }

  @Test
  void everyWriteToAPortIsOneReturnAndTheHaltIsOneMore() {
    try (TinyGuest guest = TinyGuest.open()) {
      for (int writes : new int[] {1, 997, 70_001}) {
        TinyGuest.Run run = guest.run(writes);
        assertThat(run.ioReturns()).isEqualTo(writes);
        assertThat(run.haltReturns()).isOne();
        assertThat(run.nanosPerReturn()).isPositive();
      }
    }
  }

  @Test
  void aGuestWritesAtLeastOnce() {
    try (TinyGuest guest = TinyGuest.open()) {
      assertThatThrownBy(() -> guest.run(0)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
