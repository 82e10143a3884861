// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.run.Run;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.parquet.schema.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Holds `docs/reference/run-directory.md` to what is written: every name, and every query.
class RunDirectoryDocumentationTest {
  /// Objects whose keys are data, not schema.
  private static final Set<String> FREE_KEYS =
      Set.of(
          "machine",
          "tools",
          "settings",
          "roles",
          "errors",
          "ioUringOperations",
          "kernelThreadCpuNanos",
          "percentilesNanos",
          "lowestPercentilesNanos",
          "highestPercentilesNanos",
          "exits",
          "returns",
          "injections",
          "networkCounters");

  @TempDir Path folder;

  @Test
  void everyColumnIsExplained() throws IOException {
    String documentation = documentation();
    for (Type column : TallyColumns.SCHEMA.getFields()) {
      assertThat(documentation).contains("| `" + column.getName() + "` |");
    }
  }

  @Test
  void everyObjectKindIsNamed() throws IOException {
    String documentation = documentation();
    for (ObjectKind kind : ObjectKind.values()) {
      assertThat(documentation).contains("`" + kind.label() + "`");
    }
  }

  @Test
  void everyJsonFieldIsExplained() throws IOException {
    Set<String> names = new TreeSet<>();
    for (long seed = 0; seed < 40; seed++) {
      Run run = new RandomRuns(seed).run();
      collectNames(Json.READER.readTree(RunJson.withTallies(run)), false, names);
      Path path = folder.resolve("run-" + seed);
      RunDirectory.create(path).write(run);
      collectNames(Json.READER.readTree(Files.readString(path.resolve("run.json"))), false, names);
    }
    assertThat(names).contains("sha256", "p999", "validRunSeconds", "userPercent", "exitCode");
    String documentation = documentation();
    for (String name : names) {
      assertThat(documentation).contains("`" + name + "`");
    }
  }

  @Test
  void everyCodeIsListed() throws IOException {
    String source = Files.readString(Path.of("src/main/java/dev/trapline/store/StoreFailure.java"));
    Matcher codes = Pattern.compile("\"(RUN-[A-Z-]+)\"").matcher(source);
    Set<String> found = new TreeSet<>();
    while (codes.find()) {
      found.add(codes.group(1));
      assertThat(documentation()).contains("| `" + codes.group(1) + "` |");
    }
    assertThat(found).hasSize(7);
  }

  @Test
  void everyQueryRunsAndHasRows() throws IOException {
    Path path = folder.resolve("run");
    RunDirectory.create(path).write(SmallRuns.run());
    Matcher queries = Pattern.compile("(?s)```sql\n(.*?);\n```").matcher(documentation());
    List<List<List<String>>> answers = new ArrayList<>();
    while (queries.find()) {
      answers.add(DuckDb.rows(queries.group(1).replace("'run", "'" + folder + "/run")));
    }
    assertThat(answers).hasSize(6).noneMatch(List::isEmpty);
    assertThat(answers.get(0).getFirst()).containsExactly("sendto", "tcp", "3", "0.004");
    assertThat(answers.get(2)).containsExactly(List.of("sendto", "EAGAIN", "1"));
    // The three durations of SmallRuns: 1000, 2000 and 5000 ns.
    assertThat(answers.get(3))
        .containsExactly(List.of("960", "1"), List.of("1920", "1"), List.of("4608", "1"));
  }

  @Test
  void bucketsBeginWhereTheDocumentationSays() {
    for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
      long documented = bucket < 8 ? bucket : (8L + bucket % 8) << (bucket / 8 - 1);
      assertThat(LatencyHistogram.lowerBoundNanos(bucket)).isEqualTo(documented);
    }
    assertThat(LatencyHistogram.BUCKETS - 1).isEqualTo(303);
  }

  private static void collectNames(JsonNode node, boolean keysAreData, Set<String> names) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!keysAreData) {
        names.add(entry.getKey());
      }
      // A trial's machine has fixed keys, the one of the provenance has not.
      boolean data =
          FREE_KEYS.contains(entry.getKey()) && !entry.getValue().has("kernelThreadCpuNanos");
      collectNames(entry.getValue(), data && !keysAreData, names);
    }
    if (node.isArray()) {
      node.values().forEach(element -> collectNames(element, false, names));
    }
  }

  private static String documentation() throws IOException {
    return Files.readString(Path.of("../docs/reference/run-directory.md"));
  }
}
