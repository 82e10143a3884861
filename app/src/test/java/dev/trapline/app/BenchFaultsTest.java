// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CpuSets;
import dev.trapline.environment.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What goes wrong in the middle of a bench: a clear error or a right result, never a half-written
/// run that reads as whole, and nothing left on the machine.
class BenchFaultsTest {
  private static final String[] ONE_LONG_TRIAL = {"--duration", "30", "--repeats", "1"};

  @TempDir Path folder;
  private BenchSite site;
  private Path directory;

  @BeforeEach
  void makeASite() throws IOException {
    Needs.benchmarks();
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    directory = folder.resolve("run");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bench", "doctor"})
  void whatAKilledBenchLeavesTheNextStartRemoves(String next) throws Exception {
    String lease = killInTheMiddle();
    assertThat(BenchSite.namespaces(lease)).hasSize(2);
    assertThat(Processes.marked(lease)).isNotEmpty();
    assertUnfinished();
    if (next.equals("bench")) {
      Path second = folder.resolve("second");
      Cli.Result result =
          site.bench("--duration", "1", "--repeats", "1", "-o", second.toString()).run();
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
      assertThat(warningsOfOthers(ShowCommandTest.shownAsJson(second))).isZero();
    } else {
      assertThat(site.program("doctor").run().exitCode()).isEqualTo(0);
    }
    site.assertNothingLeftOf(lease);
    assertUnfinished();
  }

  private String killInTheMiddle() throws Exception {
    try (Cli.Running running = start(ONE_LONG_TRIAL)) {
      String lease = awaitTraffic();
      running.signal("KILL");
      assertThat(running.await().exitCode()).isEqualTo(137);
      return lease;
    }
  }

  private Cli.Running start(String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("-o");
    all.add(directory.toString());
    return site.bench(all.toArray(String[]::new)).start();
  }

  /// Until client and server of some trial run.
  private String awaitTraffic() throws InterruptedException {
    String lease = site.awaitLease();
    Cli.await("two programs run", () -> Processes.marked(lease).size() >= 2);
    return lease;
  }

  private void assertUnfinished() {
    Cli.Result shown = Cli.run("show", directory.toString());
    assertThat(shown.exitCode()).isEqualTo(2);
    assertThat(shown.stderr()).startsWith("error[RUN-UNFINISHED]: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalEndsTheBenchAndLeavesNothing(String signal) throws Exception {
    try (Cli.Running running = start(ONE_LONG_TRIAL)) {
      String lease = awaitTraffic();
      running.signal(signal);
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr()).contains("error[INTERRUPTED]: ", "hint: ").doesNotContain("BUG");
      assertThat(result.stdout()).isEmpty();
      site.assertNothingLeftOf(lease);
      assertUnfinished();
    }
  }

  @Test
  void anImpatientUserDoesNotCutTheCleanUpShort() throws Exception {
    try (Cli.Running running = start(ONE_LONG_TRIAL)) {
      String lease = awaitTraffic();
      for (int times = 0; times < 20 && running.isAlive(); times++) {
        try {
          running.signal("INT");
        } catch (AssertionError gone) {
          // It ended between the look and the signal.
          Cli.await("it ended", () -> !running.isAlive());
        }
        Thread.sleep(25);
      }
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr()).contains("error[INTERRUPTED]: ").doesNotContain("BUG");
      site.assertNothingLeftOf(lease);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50, 150, 300})
  void aSignalWhileThePlaceIsBeingMadeLeavesNothing(int millis) throws Exception {
    try (Cli.Running running = start(ONE_LONG_TRIAL)) {
      String lease = site.awaitLease();
      Thread.sleep(millis);
      running.signal("INT");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr()).contains("error[INTERRUPTED]: ").doesNotContain("BUG");
      site.assertNothingLeftOf(lease);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"throughput", "latency"})
  void aKilledClientOrServerFailsItsTrialAndNoOther(String clientDiesIn) throws Exception {
    List<Campaign.PlannedTrial> plan = planBeginningWith(clientDiesIn);
    try (Cli.Running running =
        start("--duration", "2", "--repeats", "1", "--seed", Long.toString(seedOf(plan)))) {
      String lease = site.awaitLease();
      kill(lease, plan.get(0).workload().requiredTool(), clientDiesIn, true);
      running.awaitStderr("FAILED");
      kill(lease, plan.get(1).workload().requiredTool(), plan.get(1).workload().test(), false);
      Cli.Result result = running.await();
      // Trials are missing.
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(1);
      assertThat(result.stderr()).doesNotContain("error[BUG]");
      List<JsonNode> trials = new ArrayList<>();
      ShowCommandTest.shownAsJson(directory).path("trials").forEach(trials::add);
      assertThat(trials.get(0).path("failure").asString())
          .startsWith("CLIENT-FAILED: ")
          .contains("137");
      assertThat(trials.get(1).path("failure").asString()).startsWith("SERVER-DIED: ");
      for (JsonNode trial : trials.subList(2, 4)) {
        assertThat(trial.path("failure").isNull()).as(trial.toString()).isTrue();
        assertThat(trial.path("outcome").isObject()).isTrue();
      }
      assertThat(result.stdout()).contains("CLIENT-FAILED");
      Cli.Result shown = Cli.run("show", directory.toString());
      assertThat(shown.exitCode()).isEqualTo(0);
      assertThat(shown.stdout()).contains("CLIENT-FAILED");
      site.assertNothingLeftOf(lease);
    }
  }

  private void kill(String lease, String tool, String test, boolean client) throws Exception {
    String word =
        test.equals("throughput") ? (client ? "-c" : "-s") : (client ? "ping-pong" : "server");
    // The server is killed under a client that is there, and not before.
    String other = test.equals("throughput") ? "-c" : "ping-pong";
    site.awaitProcess(lease, tool, other);
    Thread.sleep(500);
    Processes.signal(site.awaitProcess(lease, tool, word), "KILL");
  }

  /// A plan whose first trial is of one test, and whose second is of the other.
  private static List<Campaign.PlannedTrial> planBeginningWith(String test) {
    for (long seed = 1; ; seed++) {
      List<Campaign.PlannedTrial> plan = campaign(seed).plan();
      if (plan.get(0).workload().test().equals(test)
          && !plan.get(1).workload().test().equals(test)) {
        return plan;
      }
    }
  }

  private static long seedOf(List<Campaign.PlannedTrial> plan) {
    for (long seed = 1; ; seed++) {
      if (campaign(seed).plan().equals(plan)) {
        return seed;
      }
    }
  }

  private static Campaign campaign(long seed) {
    return new Campaign(
        "quick",
        List.of(new Environment.NetnsPair()),
        Campaign.studyWorkloads(2),
        1,
        1,
        2,
        seed,
        CpuSets.ANY);
  }

  /// The machine may be busy besides, and a run warns of that too.
  private static long warningsOfOthers(JsonNode json) {
    return json.path("provenance")
        .path("warnings")
        .valueStream()
        .filter(warning -> warning.asString().contains("other trapline bench"))
        .count();
  }

  @Test
  void twoBenchesAtOnceAreBothRightAndBothWarn() throws Exception {
    Path second = folder.resolve("second");
    try (Cli.Running first = start("--duration", "2", "--repeats", "1");
        Cli.Running other =
            site.bench("--duration", "2", "--repeats", "1", "-o", second.toString()).start()) {
      Cli.await("both hold a lease", () -> site.leases().size() == 2);
      List<String> leases = site.leases();
      for (Cli.Running running : List.of(first, other)) {
        Cli.Result result = running.await();
        assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(0);
        assertThat(result.stdout().replaceAll("\\s+", " ")).contains("at the same time");
      }
      for (Path run : List.of(directory, second)) {
        JsonNode json = ShowCommandTest.shownAsJson(run);
        assertThat(json.path("completeness").path("verdict").asString()).isEqualTo("complete");
        assertThat(warningsOfOthers(json)).isEqualTo(1);
      }
      site.assertNothingLeftOf(leases.toArray(String[]::new));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 64})
  void aFullDiskIsAnErrorAndNoRun(int kibibytes) throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Cli.Result mounted =
        Processes.run(
            "mount",
            "-t",
            "tmpfs",
            "-o",
            "size=" + kibibytes + "k",
            "trapline-test",
            disk.toString());
    if (mounted.exitCode() != 0) {
      Needs.skip("mount says '" + mounted.stdout().strip() + "'");
    }
    try {
      directory = disk.resolve("run");
      Cli.Result result =
          site.bench("--duration", "1", "--repeats", "1", "-o", directory.toString()).run();
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(2);
      assertThat(result.stderr()).contains("error[RUN-NOT-WRITTEN]: ").contains("\nhint: ");
      assertThat(directory.resolve("run.json")).doesNotExist();
      Cli.Result shown = Cli.run("show", directory.toString());
      assertThat(shown.exitCode()).isEqualTo(2);
      assertThat(shown.stderr()).containsPattern("^error\\[RUN-(UNFINISHED|NOT-FOUND)\\]: ");
      assertThat(site.leases()).isEmpty();
    } finally {
      assertThat(Processes.run("umount", disk.toString()).exitCode()).isEqualTo(0);
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsAnErrorBeforeAnythingIsStarted() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    Cli.Result result = site.bench("-o", file.resolve("run").toString()).run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[RUN-NOT-WRITTEN]: ");
    assertThat(site.leases()).isEmpty();
  }
}
