// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// `bench` from start to end with the real tools, as short as it can be.
class BenchCommandTest {
  private static final int WIDTH = 80;
  private static final String SEED = "20261101";

  @TempDir static Path folder;
  private static Path directory;
  private static String lease;
  private static BenchSite site;
  private static Cli.Result bench;

  @BeforeAll
  static void runTheShortestBench() throws Exception {
    Needs.benchmarks();
    directory = folder.resolve("run");
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    try (Cli.Running running =
        site.bench("--duration", "1", "--repeats", "1", "--seed", SEED, "-o", directory.toString())
            .start()) {
      lease = site.awaitLease();
      bench = running.await();
    }
  }

  @Test
  void itSucceedsAndFitsATerminal() {
    assertThat(bench.exitCode()).as(bench.stderr()).isEqualTo(0);
    assertThat(bench.stdoutLines())
        .filteredOn(line -> !line.contains(directory.toString()))
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
    assertThat(bench.stderrLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void theVerdictComesFirstAndHasTheSignatureOfAMessage() {
    assertThat(bench.stdoutLines().get(0)).startsWith("Trapline bench: quick");
    assertThat(bench.stdoutLines().get(2)).isEqualTo("VERDICT");
    assertThat(unwrapped(bench.stdout()))
        .contains("server 1 recvfrom/udp + 1 sendto/udp")
        .containsPattern("client 1 (sendto/udp \\+ 1 recvfrom|recvfrom/udp \\+ 1 sendto)/udp")
        .contains("Capture complete", "goodput", "half-RTT", "TCP retransmissions");
  }

  private static String unwrapped(String text) {
    return text.replaceAll("\\s+", " ");
  }

  @Test
  void progressTellsTheTrialAndTheTimeLeft() {
    assertThat(bench.stderr()).contains("trapline: 4 trials", "[ 1/4] netns-", "[ 4/4]", " left");
  }

  @Test
  void theRunDirectoryHasEverything() throws IOException {
    assertThat(directory.resolve("run.json")).isRegularFile();
    assertThat(directory.resolve("tallies.parquet")).isRegularFile();
    assertThat(Files.readString(directory.resolve("report.md")))
        .startsWith("# Trapline bench")
        .contains("| call |");
    for (JsonNode trial : ShowCommandTest.shownAsJson(directory).path("trials")) {
      Path raw = directory.resolve("raw").resolve(trial.path("id").asString());
      for (String side : List.of("client", "server")) {
        assertThat(raw.resolve(side + ".stdout")).isNotEmptyFile();
        assertThat(raw.resolve(side + ".stderr")).isRegularFile();
      }
    }
  }

  @Test
  void theRunIsCompleteAndHasBothTestsTracedAndNot() {
    JsonNode run = ShowCommandTest.shownAsJson(directory);
    assertThat(run.path("schema").asString()).isEqualTo("trapline.run/1");
    assertThat(run.path("completeness").path("verdict").asString()).isEqualTo("complete");
    assertThat(run.path("provenance").path("kind").asString()).isEqualTo("bench");
    assertThat(run.path("provenance").path("campaign").asString()).isEqualTo("quick");
    assertThat(run.path("provenance").path("seed").asString()).isEqualTo(SEED);
    assertThat(run.path("provenance").path("tools").propertyNames())
        .containsExactly("iperf3", "sockperf");
    List<String> kinds = new ArrayList<>();
    for (JsonNode trial : run.path("trials")) {
      kinds.add(trial.path("test").asString() + " " + trial.path("traced").asBoolean());
      assertThat(trial.path("failure").isNull()).isTrue();
      assertThat(trial.path("outcome").isObject()).isTrue();
      assertThat(trial.path("roles").propertyNames()).containsExactly("client", "server");
      for (JsonNode invariant : trial.path("invariants")) {
        assertThat(invariant.path("holds").asBoolean()).as(invariant.toString()).isTrue();
      }
    }
    assertThat(kinds)
        .containsExactlyInAnyOrder(
            "throughput true", "throughput false", "latency true", "latency false");
  }

  @Test
  void onlyTracedTrialsHaveTalliesAndBothSidesOfThemDo() {
    JsonNode run = ShowCommandTest.shownAsJson(directory);
    List<String> sides = new ArrayList<>();
    for (JsonNode row : run.path("tallies")) {
      String side = row.path("trial").asString() + " " + row.path("role").asString();
      if (!sides.contains(side)) {
        sides.add(side);
      }
    }
    assertThat(sides)
        .containsExactlyInAnyOrder(
            "netns-latency-traced-1 client",
            "netns-latency-traced-1 server",
            "netns-throughput-traced-1 client",
            "netns-throughput-traced-1 server");
  }

  @Test
  void nothingIsLeft() {
    site.assertNothingLeftOf(lease);
  }

  @Test
  void showPrintsTheReportAgain() {
    Cli.Result shown = Cli.run("show", directory.toString());
    assertThat(shown.exitCode()).isEqualTo(0);
    assertThat(bench.stdout()).startsWith(shown.stdout());
  }

  @ParameterizedTest
  @ValueSource(strings = {"thread", "process", "syscall", "category", "object"})
  void showHasTheTablesOfEachSide(String grouping) {
    Cli.Result shown = Cli.run("show", directory.toString(), "--by", grouping);
    assertThat(shown.exitCode()).isEqualTo(0);
    assertThat(shown.stdout()).contains("latency in netns, client", "throughput in netns, server");
    assertThat(shown.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void explainTellsTheCallsPerMessage() {
    Cli.Result result = Cli.run("explain", "recvfrom", "--run", directory.toString());
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).containsPattern("recvfrom/udp +latency +server .* 1\\.00 ");
  }

  @Test
  void theSameDirectoryIsNotUsedTwice() throws Exception {
    String before = Files.readString(directory.resolve("run.json"));
    Cli.Result again = site.bench("--duration", "1", "-o", directory.toString()).run();
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.stderr()).startsWith("error[RUN-EXISTS]: ");
    assertThat(directory.resolve("run.json")).hasContent(before);
  }

  @Test
  void onLoopbackWithStraceTheSameSeedGivesTheSameOrder() throws Exception {
    Needs.capture("strace");
    BenchSite other = new BenchSite(Files.createDirectory(folder.resolve("loopback-state")));
    Path loopback = folder.resolve("loopback");
    Cli.Result result =
        other
            .bench(
                "--environment",
                "loopback,loopback",
                "--capture",
                "strace",
                "--duration",
                "1",
                "--repeats",
                "1",
                "--seed",
                SEED,
                "-o",
                loopback.toString())
            .run();
    assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(0);
    assertThat(unwrapped(result.stdout()))
        .contains("server 1 recvfrom/udp + 1 sendto/udp", "strace");
    assertThat(order(loopback)).isEqualTo(order(directory));
  }

  /// The trials as they ran, whatever the environment.
  private static List<String> order(Path run) {
    List<JsonNode> trials = new ArrayList<>();
    ShowCommandTest.shownAsJson(run).path("trials").forEach(trials::add);
    trials.sort(Comparator.comparingInt(trial -> trial.path("order").asInt()));
    return trials.stream()
        .map(trial -> trial.path("test").asString() + " " + trial.path("traced").asBoolean())
        .toList();
  }

  @Test
  void aUserWithoutRightsGetsAnAnswerToo() throws Exception {
    Needs.root();
    Needs.tool("setpriv");
    Needs.capture("strace");
    Path place = Files.createTempDirectory("trapline-unprivileged-");
    try {
      List<String> classPath = readableCopy(place);
      Cli.Result given = Processes.run("chown", "-R", "65534:65534", place.toString());
      assertThat(given.exitCode()).as(given.stdout()).isEqualTo(0);
      String[] asNobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"};
      Cli.Result java =
          Processes.run(
              "setpriv",
              "--reuid=65534",
              "--regid=65534",
              "--clear-groups",
              "--",
              Cli.java(),
              "-version");
      if (java.exitCode() != 0) {
        Needs.skip("another user cannot start " + Cli.java());
      }
      Path run = place.resolve("run");
      Cli.Result result =
          Cli.program("bench", "--duration", "1", "--repeats", "1", "--json", "-o", run.toString())
              .environment("TRAPLINE_STATE", place.resolve("state").toString())
              .withClassPath(classPath)
              .startedBy(asNobody)
              .run();
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
      assertThat(result.stderr()).contains("using loopback, since");
      JsonNode json = new ObjectMapper().readTree(result.stdout());
      assertThat(json.path("provenance").path("captureSource").asString()).isIn("strace", "perf");
      assertThat(json.path("trials"))
          .allSatisfy(trial -> assertThat(trial.path("failure").isNull()).isTrue());
    } finally {
      Processes.run("rm", "-rf", place.toString());
    }
  }

  /// The class path of the tests may lie where only its owner may look.
  private static List<String> readableCopy(Path place) throws IOException, InterruptedException {
    List<String> copies = new ArrayList<>();
    int number = 0;
    for (String entry : Cli.classPath()) {
      if (!Files.exists(Path.of(entry)) || entry.matches(".*(duckdb|archunit|assertj|junit).*")) {
        continue;
      }
      number++;
      Path copy = place.resolve(number + "-" + Path.of(entry).getFileName());
      Cli.Result result = Processes.run("cp", "-r", entry, copy.toString());
      assertThat(result.exitCode()).as(result.stdout()).isEqualTo(0);
      copies.add(copy.toString());
    }
    return copies;
  }
}
