// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NameDistanceTest {
  private static final List<String> KEYS =
      List.of("environment", "test", "role", "syscall", "calls", "rounded");

  @ParameterizedTest
  @CsvSource({
    "sycall,syscall",
    "enviroment,environment",
    "tets,test",
    "call,calls",
    "round,rounded",
    "rol,role",
  })
  void aMisspeltNameIsFound(String typed, String meant) {
    assertThat(NameDistance.nearest(typed, KEYS)).isEqualTo(meant);
  }

  @Test
  void whatIsLikeNothingIsNotGuessed() {
    assertThat(NameDistance.nearest("bandwidth", KEYS)).isNull();
    assertThat(NameDistance.nearest("", KEYS)).isNull();
    assertThat(NameDistance.nearest("x", List.of())).isNull();
  }
}
