// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {
  @Test
  void unknownIsADashAndNeverAZero() {
    assertThat(Quantity.count(null)).isEqualTo("-");
    assertThat(Quantity.nanos((Long) null)).isEqualTo("-");
    assertThat(Quantity.count(0L)).isEqualTo("0");
    assertThat(Quantity.nanos(0L)).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1.00 ns",
    "184, 184 ns",
    "999, 999 ns",
    "999.4, 999 ns",
    "999.9, 1.00 us",
    "1000, 1.00 us",
    "12060, 12.1 us",
    "999900, 1.00 ms",
    "3456789, 3.46 ms",
    "2040000000, 2.04 s",
    "90000000000, 90.0 s",
    "0.5, 0.500 ns",
  })
  void durationsHaveThreeDigitsAndAUnit(double nanos, String words) {
    assertThat(Quantity.nanos(nanos)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "64, 64.0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "131072, 128 KiB",
    "1048576, 1.00 MiB",
    "1073741824, 1.00 GiB",
  })
  void bytesAreBinary(double bytes, String words) {
    assertThat(Quantity.bytes(bytes)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "1000, 1.00 kbit/s",
    "1000000, 1.00 Mbit/s",
    "23500000000, 23.5 Gbit/s",
    "999999999, 1.00 Gbit/s",
  })
  void ratesAreDecimal(double bitsPerSecond, String words) {
    assertThat(Quantity.bitRate(bitsPerSecond)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0%",
    "0.0001, <0.1%",
    "0.001, 0.1%",
    "0.036, 3.6%",
    "0.0999, 10%",
    "0.5, 50%",
    "1, 100%",
  })
  void sharesArePercentages(double share, String words) {
    assertThat(Quantity.percent(share)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "0; 0.00",
        "1; 1.00",
        "0.9996; 1.00",
        "0.9994; 0.999",
        "9.994; 9.99",
        "9.996; 10.0",
        "99.94; 99.9",
        "99.96; 100",
        "8855.4; 8855",
        "1234567; 1,234,567",
        "0.01; 0.010",
        "0.000024; 2.4e-05",
        "-1.5; -1.50",
      })
  void threeDigitsAreSignificant(double value, String words) {
    assertThat(Quantity.significant(value)).isEqualTo(words);
  }

  @Test
  void countsHaveThousandsSeparators() {
    assertThat(Quantity.count(1234567L)).isEqualTo("1,234,567");
  }
}
