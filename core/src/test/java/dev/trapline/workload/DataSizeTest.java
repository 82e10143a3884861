// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class DataSizeTest {
  @Test
  void gibibytesAndGigabytesAreTwoFigures() {
    assertThat(new Bytes(1L << 30).gibibytes()).isEqualTo(1);
    assertThat(new Bytes(1L << 30).gigabytes()).isEqualTo(1.073741824);
  }

  @Test
  void bitRatesUsePowersOfTen() {
    assertThat(new BitRate(2.5e9).gigabitsPerSecond()).isEqualTo(2.5);
  }

  @Test
  void amountsThatCannotBeAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Bytes(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> new BitRate(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> new BitRate(Double.NaN));
    assertThatIllegalArgumentException().isThrownBy(() -> new BitRate(Double.POSITIVE_INFINITY));
  }
}
