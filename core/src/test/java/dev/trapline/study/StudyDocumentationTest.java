// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.tally.ObjectKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Holds `docs/reference/study.md` to what is read.
class StudyDocumentationTest {
  private static String page() throws IOException {
    return Files.readString(Path.of("../docs/reference/study.md"));
  }

  @Test
  void theExampleIsAStudy() throws IOException {
    String page = page();
    int start = page.indexOf("```yaml\n") + "```yaml\n".length();
    Study study = StudyYaml.parse(page.substring(start, page.indexOf("\n```", start)), "example");
    assertThat(study.counts()).hasSize(3);
    assertThat(study.outcomes()).hasSize(5);
    assertThat(study.claims()).hasSize(1);
    assertThat(study.assumptions()).hasSize(2);
  }

  @Test
  void everyKeyThatIsReadIsDescribed() throws IOException {
    String page = page();
    assertThat(StudyYaml.allKeys()).allSatisfy(key -> assertThat(page).contains("`" + key));
    assertThat(ClaimYaml.allWords()).allSatisfy(word -> assertThat(page).contains("`" + word));
    for (String outcome : StudyOutcome.NAMES) {
      assertThat(page).contains("| `" + outcome + "` |");
    }
    for (ObjectKind kind : ObjectKind.values()) {
      assertThat(page).contains("`" + kind.label() + "`");
    }
    assertThat(page).contains(Selector.MESSAGES_FROM_TIME);
  }
}
