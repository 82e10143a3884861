// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.audit.Audit;
import dev.trapline.audit.AuditReport;
import dev.trapline.study.BenchRuns;
import dev.trapline.study.Studies;
import dev.trapline.study.Study;
import dev.trapline.study.StudyOfRun;
import dev.trapline.study.StudyYaml;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AuditDocumentTest {
  private static final Study STUDY = StudyYaml.parse(Studies.publishedText(), "study.yaml");
  private static final AuditReport REPORT = Audit.of(STUDY);

  @Test
  void summaryComesFirstAndTheWorstNext() {
    List<String> lines = AuditDocument.of(REPORT, STUDY).toTerminal();

    assertThat(lines.subList(0, 8))
        .containsExactly(
            "Audit of multinode-network-syscalls",
            "17 claims: 7 confirmed, 3 corrected, 4 unsupported, 3 wrong. Invariants: 6",
            "broken, 4 hold, 5 cannot be checked.",
            "",
            "CLAIMS",
            "",
            "WRONG (3)",
            "");
    assertThat(lines.get(8)).isEqualTo("vector-halves (study.yaml:131)");
    assertThat(lines)
        .containsSubsequence("WRONG (3)", "CORRECTED (3)", "UNSUPPORTED (4)", "CONFIRMED (7)");
  }

  @Test
  void linesFitTheTerminal() {
    assertThat(AuditDocument.of(REPORT, STUDY).toTerminal())
        .allSatisfy(line -> assertThat(line.length()).as(line).isLessThanOrEqualTo(80));
  }

  @Test
  void markdownHasTheSameHeadings() {
    assertThat(AuditDocument.of(REPORT, STUDY).toMarkdown())
        .startsWith("# Audit of multinode-network-syscalls\n")
        .contains("### Wrong (3)\n", "#### vector-halves (study.yaml:131)\n")
        .contains("- finds: 88.4% less; not 90%\n");
  }

  @Test
  void jsonHasEveryFindingWithTheKeysOfTheSchema() {
    JsonNode root = JsonMapper.shared().readTree(AuditJson.of(REPORT, STUDY));

    assertThat(root.get("schema").asString()).isEqualTo("trapline.audit/1");
    assertThat(root.get("claims")).hasSize(17);
    for (JsonNode claim : root.get("claims")) {
      assertThat(claim.propertyNames())
          .contains("id", "verdict", "says", "finds", "derivation", "place", "restsOn");
    }
    assertThat(root.get("invariants")).hasSize(REPORT.invariants().size());
    for (JsonNode invariant : root.get("invariants")) {
      assertThat(invariant.propertyNames()).contains("id", "subject", "holds", "detail");
    }
    assertThat(root.at("/claims/0/found/unit").asString()).isEqualTo("kB per call");
    assertThat(root.at("/claims/9/found").isNull()).isTrue();
  }

  @Test
  void untrustedTextStaysText() {
    Study study =
        Studies.smallWith(
            """
            claims:
              - {id: "a\\e[2J", says: "<b>\\"quoted\\"</b>", kind: mechanism, needs: [x]}
            """);
    AuditReport report = Audit.of(study);

    assertThat(AuditDocument.of(report, study).toTerminal())
        .noneMatch(line -> line.contains("\u001b"));
    assertThat(AuditDocument.of(report, study).toMarkdown()).doesNotContain("<b>");
    assertThat(
            JsonMapper.shared()
                .readTree(AuditJson.of(report, study))
                .at("/claims/0/says")
                .asString())
        .isEqualTo("<b>\"quoted\"</b>");
  }

  @Test
  void runWithoutClaimsSaysSo() {
    Study study = StudyOfRun.of(BenchRuns.twoTests(), "run");

    assertThat(AuditDocument.of(Audit.of(study), study).toTerminal().get(1))
        .startsWith("No claims. Invariants: 0 broken");
  }
}
