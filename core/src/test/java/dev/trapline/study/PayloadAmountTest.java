// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadAmountTest {
  private static Optional<PayloadAmount> of(String tool, String more) {
    Study study =
        StudyYaml.parse(
            "study: a\ntools: {throughput: "
                + tool
                + "}\nenvironments: {one: {}}\noutcomes: {one: {"
                + more
                + "}}\n",
            "a.yaml");
    return PayloadAmount.of(study, "one", null);
  }

  @ParameterizedTest
  @CsvSource({
    "iperf3 -P 4, GB, 1073741824, 1000000000",
    "iperf3, KB, 1024, 1000",
    "netperf, GB, 1000000000, 1073741824",
    "netperf, MB, 1000000, 1048576",
    "netperf, GiB, 1073741824,",
    "iperf3, TiB, 1099511627776,",
    "iperf3, B, 1,",
  })
  void aUnitIsTakenAsItsToolMeansIt(String tool, String unit, double bytes, Double other) {
    PayloadAmount one =
        of(tool, "transferred: {value: 1, unit_as_written: " + unit + "}").orElseThrow();
    assertThat(one.bytes()).isEqualTo(bytes);
    assertThat(one.otherReading()).isEqualTo(other);
    assertThat(one.derived()).isFalse();
  }

  @Test
  void withoutAnAmountItFollowsFromTime() {
    Study study = StudyYaml.read(Studies.published());
    PayloadAmount derived = PayloadAmount.of(study, "kvm", null).orElseThrow();
    assertThat(derived.bytes()).isEqualTo(9.60 * 30 * 1e9 / 8);
    assertThat(derived.derived()).isTrue();
    assertThat(derived.derivation()).isEqualTo("9.60 Gbit/s x 30 s");
    assertThat(derived.low()).isLessThan(derived.bytes());
    assertThat(of("iperf3", "throughput_gbit_s: 9.60")).isEmpty();
  }

  @Test
  void thePublishedAmountsAgreeWithThePublishedRates() {
    // 82.2 GiB at 23.5 Gbit/s last 30.05 s; 82.2 x 10^9 bytes would last 27.98 s.
    Study study = StudyYaml.read(Studies.published());
    double bits = PayloadAmount.of(study, "baremetal", null).orElseThrow().bytes() * 8;
    assertThat(bits / 23.5e9).isBetween(29.9, 30.1);
  }
}
