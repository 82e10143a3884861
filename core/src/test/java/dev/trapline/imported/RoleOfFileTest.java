// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoleOfFileTest {
  @Test
  void labelBeatsEverything() {
    assertThat(RoleOfFile.of("server.log", "client", true))
        .isEqualTo(new RoleOfFile("client", "label"));
  }

  @ParameterizedTest
  @CsvSource({
    "logs/bm_Server-1.strace, server",
    "client.log, client",
    "srv.txt.gz, server",
    "cli, client",
    "server/trace.log, observed",
    "observer.log, observed",
    "client-to-server.log, observed",
    "-, observed"
  })
  void sideIsTakenFromWholeWordsOfTheFilesName(String file, String role) {
    assertThat(roleOf(file, null, true)).isEqualTo(role);
  }

  @Test
  void filesWithoutASideAreKeptApart() {
    assertThat(roleOf("d/a.log", null, false)).isEqualTo("a.log");
    assertThat(roleOf("d/b.log", null, false)).isEqualTo("b.log");
  }

  private static String roleOf(String file, @Nullable String label, boolean alone) {
    return RoleOfFile.of(file, label, alone).role();
  }
}
