// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A bench that is killed, at moments that a seed chooses, and goes on: no trial that ended is
/// lost, and nothing is left on the machine.
class BenchSurvivalTest {
  private static final long SEED = 20261128;

  /// More of them prove more, and take longer.
  private static final int KILLS = Integer.getInteger("trapline.kills", 6);

  private static final String CAMPAIGN =
      """
      campaign: survival
      environments: [netns]
      tests:
        - {tool: iperf3, streams: 1}
        - {tool: sockperf}
      repeats: 2
      duration: 1s
      seed: 7
      """;

  @TempDir Path folder;
  private BenchSite site;
  private Path directory;
  private Path file;

  @BeforeEach
  void makeASite() throws IOException {
    Needs.benchmarks();
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    directory = folder.resolve("run");
    file = Files.writeString(folder.resolve("campaign.yaml"), CAMPAIGN);
  }

  private Cli.Running start() throws IOException {
    return site.bench("--campaign", file.toString(), "-o", directory.toString()).start();
  }

  private Cli.Program resume() {
    return site.bench("--resume", directory.toString());
  }

  /// The finished trials on the disk with what their files hold.
  private Map<String, String> kept() throws IOException {
    Map<String, String> kept = new TreeMap<>();
    Path trials = directory.resolve("trials");
    if (Files.isDirectory(trials)) {
      try (Stream<Path> files = Files.list(trials)) {
        for (Path trial : files.filter(one -> one.toString().endsWith(".json")).toList()) {
          if (!trial.getFileName().toString().startsWith(".")) {
            kept.put(trial.getFileName().toString(), Files.readString(trial));
          }
        }
      }
    }
    return kept;
  }

  private static List<JsonNode> trials(Path run) {
    List<JsonNode> trials = new ArrayList<>();
    ShowCommandTest.shownAsJson(run).path("trials").forEach(trials::add);
    return trials;
  }

  @Test
  void killedAgainAndAgainItLosesTheTrialInFlightAndNoOther() throws Exception {
    Random random = new Random(SEED);
    Set<String> leases = new LinkedHashSet<>();
    Map<String, String> before = Map.of();
    for (int kill = 0; kill < KILLS && !Files.exists(directory.resolve("run.json")); kill++) {
      try (Cli.Running running = kill == 0 ? start() : resume().start()) {
        Cli.await(
            "the plan is on the disk, and a lease is held",
            () ->
                !running.isAlive()
                    || (Files.exists(directory.resolve("plan.json")) && !site.leases().isEmpty()));
        leases.addAll(site.leases());
        TimeUnit.MILLISECONDS.sleep(random.nextInt(5000));
        leases.addAll(site.leases());
        if (running.isAlive()) {
          running.signal("KILL");
        }
        running.await();
      }
      if (!Files.exists(directory.resolve("run.json"))) {
        Map<String, String> after = kept();
        assertThat(after).as("kill %d", kill).containsAllEntriesOf(before);
        before = after;
        Cli.Result shown = Cli.run("show", directory.toString());
        assertThat(shown.exitCode()).isEqualTo(2);
        assertThat(shown.stderr())
            .startsWith("error[RUN-UNFINISHED]: ")
            .contains("hint: trapline bench --resume " + directory);
      }
    }
    if (!Files.exists(directory.resolve("run.json"))) {
      Cli.Result last = resume().run();
      assertThat(last.exitCode()).as(last.stderr() + last.stdout()).isEqualTo(0);
      assertThat(last.stdout()).contains("Kept in " + directory);
    }
    List<JsonNode> trials = trials(directory);
    assertThat(trials)
        .filteredOn(trial -> trial.path("outcome").isObject())
        .extracting(trial -> trial.path("id").asString().replaceFirst("-again-[0-9]+$", ""))
        .containsExactlyInAnyOrder(
            "netns-throughput-traced-1",
            "netns-throughput-control-1",
            "netns-throughput-traced-2",
            "netns-throughput-control-2",
            "netns-latency-traced-1",
            "netns-latency-control-1",
            "netns-latency-traced-2",
            "netns-latency-control-2");
    assertThat(trials)
        .extracting(trial -> trial.path("order").asInt())
        .doesNotHaveDuplicates()
        .isSorted();
    assertThat(directory.resolve("trials")).doesNotExist();
    site.assertNothingLeftOf(leases.toArray(String[]::new));
  }

  @Test
  void afterAnInterruptItGoesOnWithItsOwnPlanAndSeed() throws Exception {
    try (Cli.Running running = start()) {
      running.awaitStderr("[ 2/8]");
      running.signal("INT");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr())
          .contains("error[INTERRUPTED]: ", "go on: trapline bench --resume " + directory);
    }
    int kept = kept().size();
    assertThat(kept).isBetween(1, 7);
    // What the file says now is not what the run was begun with.
    Files.delete(file);
    Cli.Result resumed = resume().run();
    assertThat(resumed.exitCode()).as(resumed.stderr()).isEqualTo(0);
    assertThat(resumed.stderr()).contains("trials kept from before: " + kept);
    JsonNode run = ShowCommandTest.shownAsJson(directory);
    assertThat(run.path("provenance").path("seed").asLong()).isEqualTo(7);
    assertThat(run.path("provenance").path("settings").path("campaign-file").asString())
        .isEqualTo(CAMPAIGN);
    Cli.Result again = resume().run();
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.stderr()).startsWith("error[RUN-FINISHED]: ");
  }

  @Test
  void itDoesNotGoOnOnAnotherMachine() throws Exception {
    try (Cli.Running running = start()) {
      running.awaitStderr("[ 2/8]");
      running.signal("KILL");
      running.await();
    }
    Path plan = directory.resolve("plan.json");
    String text = Files.readString(plan);
    Files.writeString(
        plan, text.replaceFirst("\"kernel\": \"[^\"]*\"", "\"kernel\": \"5.4.0-other\""));
    Map<String, String> before = kept();
    Cli.Result resumed = resume().run();
    assertThat(resumed.exitCode()).isEqualTo(2);
    assertThat(resumed.stderr())
        .contains("error[CAMPAIGN-CHANGED]: ", "kernel was 5.4.0-other, is ");
    assertThat(kept()).isEqualTo(before);
    Files.writeString(plan, text);
    assertThat(resume().run().exitCode()).isEqualTo(0);
    assertThat(site.leases()).isEmpty();
  }
}
