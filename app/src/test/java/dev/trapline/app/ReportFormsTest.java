// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.report.Quantity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// One model: whatever a report's form, its figures are the same.
class ReportFormsTest {
  @TempDir static Path folder;
  private static String run;
  private static String terminal;
  private static String markdown;
  private static String html;
  private static String csv;
  private static JsonNode json;

  @BeforeAll
  static void writeEveryForm() {
    run = KeptRun.original().toString();
    terminal = Cli.run("show", run).stdout();
    markdown = output("--format", "md");
    html = output("--format", "html", "-o", "-");
    csv = output("--format", "csv");
    json = new ObjectMapper().readTree(output("--format", "json"));
  }

  private static String output(String... options) {
    List<String> arguments = new ArrayList<>(List.of("report", run));
    arguments.addAll(List.of(options));
    Cli.Result result = Cli.run(arguments.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
    return result.stdout();
  }

  /// Without line ends of the terminal, and without what Markdown and HTML need to escape.
  private static String words(String text) {
    return text.replace("\\", "")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replaceAll("\\s+", " ");
  }

  @Test
  void everySentenceOfTheVerdictIsInEveryForm() {
    assertThat(json.path("schema").asString()).isEqualTo("trapline.report/1");
    assertThat(json.path("verdict")).isNotEmpty();
    for (JsonNode sentence : json.path("verdict")) {
      String text = words(sentence.asString());
      assertThat(words(terminal)).contains(text);
      assertThat(words(markdown)).contains(text);
      assertThat(words(html)).contains(text);
    }
  }

  @Test
  void outcomesAndTheirIntervalsAgree() {
    assertThat(json.path("tests")).isNotEmpty();
    for (JsonNode test : json.path("tests")) {
      for (String kind : List.of("control", "traced")) {
        JsonNode interval = test.path("outcome").path(kind);
        if (interval.isNull()) {
          continue;
        }
        for (String figure : List.of("median", "low", "high")) {
          if (interval.path(figure).isNull()) {
            continue;
          }
          double value = interval.path(figure).asDouble();
          String text =
              test.path("outcome").path("unit").asString().equals("ns")
                  ? Quantity.nanos(value)
                  : Quantity.bitRate(value);
          assertThat(terminal).contains(text);
          assertThat(markdown).contains(text);
          assertThat(html).contains(text);
        }
        String row = test.path("environment").asString() + ",";
        assertThat(csv.lines())
            .anySatisfy(line ->
                assertThat(line)
                    .contains(row, "," + test.path("test").asString() + ",,", "," + kind + ","));
      }
    }
  }

  @Test
  void theDearestCallOfEachSideHasTheSameCostEverywhere() {
    for (JsonNode test : json.path("tests")) {
      for (JsonNode role : test.path("roles")) {
        if (role.path("calls").isEmpty()) {
          continue;
        }
        JsonNode total = role.path("total");
        String calls = Quantity.significant(total.path("callsPerUnit").asDouble());
        assertThat(terminal).contains(calls);
        assertThat(markdown).contains(calls);
        assertThat(html).contains(">" + calls + "<");
      }
    }
  }

  @Test
  void emulatedEnvironmentsAreMarkedInEveryForm() {
    assertThat(json.path("environments"))
        .anySatisfy(facts -> assertThat(facts.path("emulated").asBoolean()).isTrue());
    String mark = "emulated, not representative";
    assertThat(List.of(words(terminal), words(markdown), html, csv, json.toString()))
        .allSatisfy(text -> assertThat(text).contains(mark));
  }

  @Test
  void everyRowOfTheCsvHasEveryColumn() {
    List<String> lines = csv.lines().toList();
    assertThat(lines.getFirst()).startsWith("run,environment,mark,test,role,subject,metric,unit");
    assertThat(lines).hasSizeGreaterThan(20);
    int columns = lines.getFirst().split(",", -1).length;
    for (String line : lines) {
      assertThat(line.replaceAll("\"[^\"]*\"", "").split(",", -1)).hasSize(columns);
    }
  }

  @Test
  void aFileIsWrittenOnceAndNothingIsLeftOfAFailure() throws Exception {
    Path file = folder.resolve("report.html");
    assertThat(Cli.run("report", run, "-o", file.toString()).exitCode()).isEqualTo(0);
    String first = Files.readString(file);
    Cli.Result again = Cli.run("report", run, "-o", file.toString());
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.stderr()).startsWith("error[REPORT-NOT-WRITTEN]: ");
    assertThat(file).hasContent(first);
    Cli.Result nowhere = Cli.run("report", run, "-o", folder.resolve("none/x.html").toString());
    assertThat(nowhere.exitCode()).isEqualTo(2);
    assertThat(nowhere.stderr()).startsWith("error[REPORT-NOT-WRITTEN]: ");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void oneDocumentIsOfOneRun() {
    Cli.Result result = Cli.run("report", run, run, "--format", "json");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[USAGE]: ");
    assertThat(result.stdout()).isEmpty();
  }

  @Test
  void csvTakesSeveralRuns() {
    Cli.Result result = Cli.run("report", run, run, "--format", "csv");
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdoutLines()).hasSize(2 * (int) csv.lines().count() - 1);
  }
}
