// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelsTest {
  @Test
  void labelOfOneFileBeatsThatOfAll() {
    Labels labels = Labels.parse("--role", List.of("client", "server=a.log"), List.of("a.log"));
    assertThat(labels.of("a.log")).isEqualTo("server");
    assertThat(labels.of("b.log")).isEqualTo("client");
  }

  @Test
  void fileWhoseNameHasAnEqualsSignIsStillNamed() {
    Labels labels = Labels.parse("--role", List.of("server=a=b.log"), List.of("a=b.log"));
    assertThat(labels.of("a=b.log")).isEqualTo("server");
  }

  @Test
  void withoutLabelsThereIsNone() {
    assertThat(Labels.parse("--test", List.of(), List.of()).of("a.log")).isNull();
  }

  @Test
  void twoLabelsForOneFileAreRefused() {
    assertThatThrownBy(() -> Labels.parse("--role", List.of("server=a", "client=a"), List.of("a")))
        .isInstanceOf(TraplineException.class)
        .hasMessageContaining("--role: a would be both server and client");
  }

  @Test
  void emptyLabelIsRefused() {
    assertThatThrownBy(() -> Labels.parse("--role", List.of("=a"), List.of("a")))
        .isInstanceOf(TraplineException.class)
        .hasMessageContaining("'=a' has an empty part");
  }
}
