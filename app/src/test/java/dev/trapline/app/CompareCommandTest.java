// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.comparison.ComparableRuns;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Comparisons of runs that were made up; the real lab's are compared where the lab is tested.
class CompareCommandTest {
  private static final int WIDTH = 80;

  private static final List<String> ROW_KEYS =
      List.of(
          "metric",
          "test",
          "subject",
          "label",
          "unit",
          "per",
          "family",
          "a",
          "b",
          "ratio",
          "interval",
          "rankInterval",
          "effect",
          "p",
          "adjustedP",
          "smallestP",
          "exact",
          "n",
          "verdict",
          "better",
          "reason",
          "explainedNanos",
          "explainedShare",
          "notes",
          "groupA",
          "groupB");

  @TempDir static Path folder;
  private static Path three;
  private static Path ten;
  private static Path slower;

  @BeforeAll
  static void keepSomeRuns() {
    three = keep("three", new ComparableRuns(1).run());
    ten = keep("ten", new ComparableRuns(2).repeats(10).run());
    slower = keep("slower", new ComparableRuns(3).repeats(10).latencyFactor(1.3).run());
  }

  private static Path keep(String name, Run run) {
    Path directory = folder.resolve(name);
    RunDirectory.create(directory).write(run);
    return directory;
  }

  private static Cli.Result compare(Object... words) {
    String[] arguments = new String[words.length + 1];
    arguments[0] = "compare";
    for (int at = 0; at < words.length; at++) {
      arguments[at + 1] = words[at].toString();
    }
    return Cli.run(arguments);
  }

  // ---- what it says --------------------------------------------------------------------

  @Test
  void theVerdictComesFirstAndFitsTheTerminal() {
    Cli.Result result = compare(ten);
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout())
        .startsWith("Trapline compare: kvm-vhost against kvm\n\nVERDICT\n")
        .contains("better, lower (n = 10, p < 0.0001")
        .contains("3 ppoll + 3 read/tun + 2")
        .contains("WHAT THIS RESTS ON");
    assertThat(result.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void threeTrialsAreToldToShowNothing() {
    assertThat(compare(three).stdout().replaceAll("\\s+", " "))
        .contains("no difference can be shown (n = 3; p is at least 0.10)")
        .contains("so few trials allow no more than 90%");
  }

  @Test
  void allRowsAreMoreRows() {
    Cli.Result result = compare(ten, "--all");
    assertThat(result.stdoutLines()).hasSizeGreaterThan(compare(ten).stdoutLines().size());
    assertThat(result.stdout()).doesNotContain("--all shows");
    assertThat(result.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void markdownSaysTheSame() {
    String markdown = compare(ten, "--markdown").stdout();
    assertThat(markdown).startsWith("# Trapline compare: kvm-vhost against kvm\n");
    assertThat(markdown).contains("## Verdict", "| outcome | kvm | kvm-vhost |");
  }

  @Test
  void beforeAndAfterCarryBothProvenances() {
    Cli.Result result = compare(ten, slower);
    assertThat(result.exitCode()).isEqualTo(0);
    String words = result.stdout().replaceAll("\\s+", " ");
    assertThat(words).contains("worse, higher (n = 10").contains("TWO RUNS: ratios are across");
    assertThat(words).contains("ten: Trapline", "slower: Trapline");
  }

  @Test
  void jsonHasEveryDocumentedKey() {
    Cli.Result result = compare(ten, "--json", "--fail-if", "latency.p99 > 1.05x");
    assertThat(result.exitCode()).isEqualTo(0);
    JsonNode json = new ObjectMapper().readTree(result.stdout());
    assertThat(json.path("schema").asString()).isEqualTo("trapline.compare/1");
    assertThat(json.propertyNames())
        .containsExactly(
            "schema",
            "form",
            "marks",
            "notes",
            "thresholds",
            "pairs",
            "associations",
            "associationNotes");
    JsonNode rows = json.path("pairs").path(0).path("rows");
    assertThat(rows.size()).isGreaterThan(50);
    rows.forEach(row -> assertThat(row.propertyNames()).containsExactlyElementsOf(ROW_KEYS));
    JsonNode mean =
        StreamSupport.stream(rows.spliterator(), false)
            .filter(row -> row.path("metric").asString().equals("latency.mean"))
            .findFirst()
            .orElseThrow();
    assertThat(mean.path("verdict").asString()).isEqualTo("lower");
    assertThat(mean.path("n").path("a").asInt()).isEqualTo(10);
    assertThat(mean.path("ratio").asDouble())
        .isBetween(
            mean.path("interval").path("low").asDouble(),
            mean.path("interval").path("high").asDouble());
    assertThat(mean.path("groupA").path("values").size()).isEqualTo(10);
    assertThat(json.path("thresholds").path(0).path("outcome").asString()).isEqualTo("passed");
    assertThat(json.path("associations").size()).isPositive();
  }

  @Test
  void everyKeyOfARowIsInTheReference() throws Exception {
    String reference = Files.readString(Repository.root().resolve("docs/reference/compare.md"));
    assertThat(ROW_KEYS).allSatisfy(key -> assertThat(reference).contains("`" + key + "`"));
  }

  // ---- conditions ----------------------------------------------------------------------

  @Test
  void aConditionThatIsShownFailsWithASentence() {
    Cli.Result result = compare(ten, slower, "--fail-if", "latency.p99 > 1.05x");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.stdout()).contains("FAILED latency.p99 > 1.05x: latency.p99 is ");
  }

  @Test
  void aConditionThatIsNotShownPasses() {
    Cli.Result result =
        compare(ten, slower, "--fail-if", "latency.p99 > 2x", "--fail-if", "goodput < -50%");
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).contains("passed latency.p99 > 2x: ", "passed goodput < -50%: ");
  }

  @Test
  void oneOfSeveralIsEnough() {
    assertThat(
            compare(
                    ten,
                    slower,
                    "--json",
                    "--fail-if",
                    "latency.mean > 2x",
                    "--fail-if",
                    "latency.mean > 1.1x")
                .exitCode())
        .isEqualTo(1);
  }

  @Test
  void whatTheseTrialsCannotDecideIsAnErrorAndNoPass() {
    Cli.Result result = compare(three, "--fail-if", "latency.mean > 60us");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr())
        .startsWith("error[COMPARE-UNDECIDABLE]: UNDECIDABLE latency.mean > 60us: ")
        .contains("--repeats 5");
  }

  @ParameterizedTest
  @ValueSource(strings = {"latency.p99", "p99 > fast", "latency.p99 > 5Gbit/s"})
  void whatIsNoConditionIsRefused(String condition) {
    assertRefused("COMPARE-THRESHOLD", ten, "--fail-if", condition);
  }

  @Test
  void aConditionOnAnUnknownMetricIsRefused() {
    assertRefused("COMPARE-METRIC", ten, "--fail-if", "latency.p42 > 2x");
  }

  // ---- refusals ------------------------------------------------------------------------

  private static void assertRefused(String code, Object... words) {
    Cli.Result result = compare(words);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderr()).startsWith("error[" + code + "]: ");
    assertThat(result.stderrLines()).hasSize(2);
    assertThat(result.stderrLines().get(1)).startsWith("hint: ");
  }

  @Test
  void everyRefusalHasItsCodeAndItsRemedy() {
    Path one = keep("one", new ComparableRuns(4).environments("netns").run());
    Path large = keep("large", new ComparableRuns(5).messageBytes(1400).run());
    Path bulk = keep("bulk", new ComparableRuns(6).environments("kvm").tests("throughput").run());
    Path ping = keep("ping", new ComparableRuns(7).environments("kvm").tests("latency").run());
    assertRefused("COMPARE-ONE-SIDE", one);
    assertRefused("COMPARE-BASELINE", three, "--baseline", "moon");
    assertRefused("COMPARE-WORKLOAD", three, large);
    assertRefused("COMPARE-NO-COMMON-TEST", bulk, ping);
    assertRefused("COMPARE-NO-COMMON-ENVIRONMENT", three, one);
    assertRefused("RUN-NOT-FOUND", three, folder.resolve("nowhere"));
    assertRefused("COMPARE-BASELINE", three, ten, "--baseline", folder.resolve("nowhere"));
    assertThat(compare(three, ten, "--baseline", ten + "/").stdout()).contains("against " + ten);
    assertRefused("USAGE");
    assertRefused("USAGE", three, "--allow", "everything");
    assertRefused("USAGE", three, "--json", "--markdown");
  }

  @Test
  void whatIsRefusedIsMarkedWhenItIsAllowed() {
    Path emulated = keep("emulated", new ComparableRuns(8).emulated("kvm").run());
    assertRefused("COMPARE-EMULATED", emulated);
    Cli.Result marked = compare(emulated, "--allow", "emulated");
    assertThat(marked.exitCode()).isEqualTo(0);
    assertThat(marked.stdout()).contains("EMULATED: kvm is emulated, not representative.");
    Path incomplete = keep("incomplete", new ComparableRuns(9).incomplete().run());
    assertRefused("COMPARE-INCOMPLETE", incomplete);
    Cli.Result allowed = compare(incomplete, "--allow", "incomplete,emulated");
    assertThat(allowed.exitCode()).isEqualTo(0);
    assertThat(allowed.stdout()).contains("INCOMPLETE: the capture of kvm lost something");
    assertThat(compare(incomplete, "--allow", "incomplete", "--json").stdout())
        .contains("\"marks\":[\"INCOMPLETE: ");
  }

  // ---- strangers -----------------------------------------------------------------------

  @Test
  void namesOfAStrangersRunAreNotObeyed() {
    String hostile = "\u001b[31mred\n|<b>`";
    Path run = keep("hostile", new ComparableRuns(10).environments("netns", hostile).run());
    Cli.Result result = compare(run, "--all");
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout().chars().filter(Character::isISOControl).filter(c -> c != '\n'))
        .isEmpty();
    assertThat(compare(run, "--markdown").stdout()).doesNotContain("\u001b", "<b>");
    String json = compare(run, "--json").stdout();
    assertThat(json).doesNotContain("\u001b");
    assertThat(
            new ObjectMapper()
                .readTree(json)
                .path("pairs")
                .path(0)
                .path("b")
                .path("name")
                .asString())
        .isEqualTo(hostile);
    assertThat(compare(run, "--baseline", hostile + "x").stderr()).doesNotContain("\u001b");
  }

  @Test
  void helpFitsATerminal() {
    Cli.Result result = compare("--help");
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }
}
