// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.study.Figure;
import dev.trapline.study.Place;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|0",
        "23114.4|23,100",
        "1895163|1,900,000",
        "999.6|1,000",
        "99.96|100",
        "9.996|10.0",
        "3.0447|3.04",
        "0.9996|1.00",
        "0.006621|0.00662",
        "0.00001|1.0e-05",
        "1e20|1.0e+20",
        "-0.5|-0.500",
        "NaN|-",
        "Infinity|-",
      })
  void whatIsComputedHasThreeDigits(double value, String written) {
    assertThat(Numbers.computed(value)).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "9.60|false|9.60",
        "1895163|false|1,895,163",
        "1900000|true|about 1,900,000",
        "0|false|0",
        "123456789012345678901234|false|123,456,789,012,345,678,901,234",
      })
  void whatWasPublishedKeepsItsDigits(String value, boolean rounded, String written) {
    assertThat(Numbers.published(new Figure(new BigDecimal(value), rounded, new Place("s", 1))))
        .isEqualTo(written);
  }

  @Test
  void bytesAreWrittenInBothUnits() {
    assertThat(Numbers.bytes(64)).isEqualTo("64.0 B");
    assertThat(Numbers.bytes(46_453)).isEqualTo("46.5 kB (45.4 KiB)");
    assertThat(Numbers.decimalBytes(5e18)).isEqualTo("5,000,000 TB");
  }

  @Test
  void aRangeOfOneNumberIsNone() {
    assertThat(Numbers.range(1.001, 1.002)).isEmpty();
    assertThat(Numbers.range(0.976, 1.03)).isEqualTo(" (0.976 to 1.03 within the rounding)");
  }
}
