// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.XZInputStream;

/// Kept runs of `strace -C`: see README.md beside them.
class StraceFixtureOracleTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "attached",
        "curl",
        "curl-wall",
        "iperf3",
        "iperf3-decorated",
        "jvm",
        "jvm-decorated",
        "pipeline",
        "pipeline-alone",
        "pipeline-decorated",
        "signals",
        "signals-wall",
        "sockperf",
        "sockperf-decorated",
      })
  void theTableOfTheLogIsThatOfStrace(String name) throws IOException {
    try (InputStream packed = getClass().getResourceAsStream(name + ".log.xz")) {
      String file =
          new String(new XZInputStream(packed).readAllBytes(), StandardCharsets.ISO_8859_1);
      LogAndTable both = LogAndTable.of(file);
      both.agree(name);
      assertThat(LogTally.of(both.log()).completeness().notes()).isEmpty();
    }
  }
}
