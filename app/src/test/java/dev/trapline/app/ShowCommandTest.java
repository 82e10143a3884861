// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// A recording that is kept, and shown again in every way.
class ShowCommandTest {
  private static final int WIDTH = 80;

  /// As published in `docs/reference/run-directory.md`; `timedCalls` is the one addition to the
  /// schema as it was asked for.
  private static final List<String> TALLY_FIELDS =
      List.of(
          "trial",
          "environment",
          "test",
          "node",
          "role",
          "process",
          "pid",
          "thread",
          "tid",
          "syscall",
          "category",
          "object",
          "request",
          "calls",
          "timedCalls",
          "errors",
          "bytes",
          "wallNanos",
          "workNanos",
          "blockedNanos",
          "runnableNanos",
          "guestNanos",
          "latencyNanos");

  @TempDir static Path folder;
  private static Path recorded;
  private static Cli.Result recording;

  @BeforeAll
  static void record() throws Exception {
    recorded = folder.resolve("recorded");
    recording =
        Cli.program(
                "record",
                "-o",
                recorded.toString(),
                "--",
                "sh",
                "-c",
                "cat /etc/passwd | wc -l; sleep 0.01; cat /nonexistent; exit 3")
            .run();
  }

  @Test
  void theRecordingSaysWhereItIsAndHasTheCodeOfItsCommand() {
    assertThat(recording.exitCode()).isEqualTo(3);
    assertThat(recording.stderr()).endsWith("trapline: kept in " + recorded + "\n");
    assertThat(recorded).isDirectoryContaining("glob:**/run.json");
    assertThat(recorded).isDirectoryContaining("glob:**/tallies.parquet");
  }

  @Test
  void theTableIsTheOneThatTheRecordingPrinted() {
    Cli.Result shown = Cli.run("show", recorded.toString());
    assertThat(shown.exitCode()).isEqualTo(0);
    assertThat(shown.stderr()).isEmpty();
    String table = recording.stderr().substring(recording.stderr().indexOf("  syscall"));
    assertThat(table).startsWith(table(shown.stdout()));
  }

  /// The rows, without the sentences below them.
  private static String table(String text) {
    return text.substring(0, text.indexOf(" calls by "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"thread", "process", "syscall", "category", "object", "OBJECT"})
  void everyGroupingHasTheSameTotal(String grouping) {
    Cli.Result shown = Cli.run("show", recorded.toString(), "--by", grouping);
    assertThat(shown.exitCode()).isEqualTo(0);
    assertThat(shown.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
    assertThat(shown.stdoutLines().getFirst())
        .contains(grouping.toLowerCase(java.util.Locale.ROOT));
    assertThat(totalCalls(shown)).isEqualTo(totalCalls(Cli.run("show", recorded.toString())));
  }

  private static String totalCalls(Cli.Result shown) {
    return shown.stdoutLines().stream()
        .filter(line -> line.strip().startsWith("total "))
        .map(line -> line.strip().split("\\s+", -1)[1])
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theJsonHasThePublishedShape() {
    JsonNode run = shownAsJson(recorded);
    assertThat(run.propertyNames())
        .containsExactly(
            "schema", "provenance", "completeness", "environments", "trials", "tallies");
    assertThat(run.path("schema").asString()).isEqualTo("trapline.run/1");
    assertThat(run.path("provenance").path("kind").asString()).isEqualTo("record");
    assertThat(run.path("provenance").path("commandLine").get(0).asString()).isEqualTo("record");
    assertThat(run.path("completeness").path("verdict").asString()).isEqualTo("complete");
    assertThat(run.path("trials").size()).isEqualTo(1);
    assertThat(run.path("tallies").size()).isPositive();
    for (JsonNode row : run.path("tallies")) {
      assertThat(row.propertyNames()).containsExactlyElementsOf(TALLY_FIELDS);
      if (!row.path("latencyNanos").isNull()) {
        assertThat(row.path("latencyNanos").propertyNames())
            .containsExactly("p50", "p90", "p99", "p999", "max");
      }
    }
  }

  @Test
  void whatIsUnknownIsNullAndNotZero() {
    JsonNode run = shownAsJson(recorded);
    for (JsonNode row : run.path("tallies")) {
      assertThat(row.path("test").isNull()).isTrue();
      if (row.path("syscall").asString().equals("brk")) {
        assertThat(row.path("object").isNull()).isTrue();
        assertThat(row.path("request").isNull()).isTrue();
        assertThat(row.path("bytes").isNull()).isTrue();
      }
    }
    assertThat(run.path("trials").get(0).path("outcome").isNull()).isTrue();
    assertThat(run.path("provenance").path("seed").isNull()).isTrue();
  }

  @Test
  void whatALightCaptureCannotKnowIsNull() throws Exception {
    Needs.capture("ebpf");
    Cli.Result result =
        Cli.program("record", "--capture", "ebpf", "--level", "light", "--json", "--", "true")
            .run();
    JsonNode run = new ObjectMapper().readTree(RecordCommandTest.json(result.stderr()));
    assertThat(run.path("tallies").size()).isPositive();
    for (JsonNode row : run.path("tallies")) {
      for (String unknown :
          List.of("wallNanos", "workNanos", "blockedNanos", "runnableNanos", "latencyNanos")) {
        assertThat(row.path(unknown).isNull()).as(unknown).isTrue();
      }
    }
  }

  @Test
  void failedCallsAreToldByErrno() {
    long missing = 0;
    for (JsonNode row : shownAsJson(recorded).path("tallies")) {
      if (row.path("process").asString().equals("cat")) {
        missing += row.path("errors").path("ENOENT").asLong();
      }
    }
    assertThat(missing).isPositive();
  }

  @Test
  void anExplanationAddsWhatTheRunSaw() {
    Cli.Result result = Cli.run("explain", "read", "--run", recorded.toString());
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout())
        .startsWith(Cli.run("explain", "read").stdout())
        .containsIgnoringCase("Seen in " + recorded)
        .contains("read/file", "read/pipe");
    assertThat(result.stdoutLines())
        .allSatisfy(
            line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH + folder.toString().length()));
  }

  @Test
  void anExplanationSaysWhenTheRunSawNothing() {
    Cli.Result result = Cli.run("explain", "io_uring_enter", "--run", recorded.toString());
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).contains("Not once.");
  }

  @Test
  void aDirectoryThatIsNotThereIsAnError() {
    assertFails("RUN-NOT-FOUND", folder.resolve("nowhere"));
  }

  @Test
  void aFileIsNoRun() throws IOException {
    assertFails("RUN-NOT-FOUND", Files.writeString(folder.resolve("file"), "text"));
  }

  @Test
  void anEmptyDirectoryIsNoRun() throws IOException {
    assertFails("RUN-NOT-FOUND", Files.createDirectory(folder.resolve("empty")));
  }

  @Test
  void aRunThatWasCutShortIsNotShownAsWhole() throws IOException {
    Path cut = copyOf(recorded, "cut");
    Files.delete(cut.resolve("run.json"));
    assertFails("RUN-UNFINISHED", cut);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "[]", "null", "{}", "garbage", "{\"schema\":\"trapline.run/1\"}"})
  void garbageInsteadOfARunIsCalledDamaged(String garbage) throws IOException {
    Path damaged = copyOf(recorded, "damaged-" + Integer.toHexString(garbage.hashCode()));
    Files.writeString(damaged.resolve("run.json"), garbage);
    Cli.Result result = Cli.run("show", damaged.toString());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderr()).containsPattern("^error\\[RUN-(CORRUPT|SCHEMA)\\]: ");
    assertThat(result.stderrLines()).hasSize(2);
  }

  @Test
  void garbageInsteadOfTalliesIsCalledDamaged() throws IOException {
    Path damaged = copyOf(recorded, "damaged-tallies");
    Files.writeString(damaged.resolve("tallies.parquet"), "PAR1 garbage PAR1");
    assertFails("RUN-CORRUPT", damaged);
  }

  @Test
  void aRunOfAnotherSchemaIsRefused() throws IOException {
    Path future = copyOf(recorded, "future");
    String run = Files.readString(future.resolve("run.json"));
    Files.writeString(
        future.resolve("run.json"), run.replace("trapline.run/1", "trapline.run/999"));
    assertFails("RUN-SCHEMA", future);
  }

  private static void assertFails(String code, Path directory) {
    for (String[] arguments :
        new String[][] {
          {"show", directory.toString()},
          {"show", directory.toString(), "--json"},
          {"show", directory.toString(), "--by", "thread"},
          {"explain", "read", "--run", directory.toString()}
        }) {
      Cli.Result result = Cli.run(arguments);
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr()).startsWith("error[" + code + "]: ").contains("\nhint: ");
      assertThat(result.stderrLines()).hasSize(2);
      if (arguments[0].equals("show")) {
        assertThat(result.stdout()).isEmpty();
      }
    }
  }

  static JsonNode shownAsJson(Path directory) {
    Cli.Result shown = Cli.run("show", directory.toString(), "--json");
    assertThat(shown.stderr()).isEmpty();
    assertThat(shown.exitCode()).isEqualTo(0);
    return new ObjectMapper().readTree(shown.stdout());
  }

  private static Path copyOf(Path directory, String name) throws IOException {
    Path copy = Files.createDirectory(folder.resolve(name));
    try (var files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }
}
