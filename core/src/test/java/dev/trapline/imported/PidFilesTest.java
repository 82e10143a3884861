// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PidFilesTest {
  @Test
  void filesOfOneNameWithNumbersAreOneLog() {
    List<PidFiles> groups = PidFiles.grouped(List.of("d/log.12", "c.json", "d/log.7", "e/log.9"));
    assertThat(groups).extracting(PidFiles::name).containsExactly("d/log.*", "c.json", "e/log.9");
    assertThat(groups.getFirst().byPid()).containsOnlyKeys(7, 12);
    assertThat(groups).extracting(PidFiles::isOneFile).containsExactly(false, true, true);
  }

  @Test
  void numberTooLargeForAThreadIsPartOfTheName() {
    assertThat(PidFiles.grouped(List.of("log.20261101120000", "log.20261101120001"))).hasSize(2);
  }
}
