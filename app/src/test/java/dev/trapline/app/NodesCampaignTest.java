// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.environment.SshNodes;
import dev.trapline.environment.SshNodes.NodeProcess;
import dev.trapline.environment.SshNodes.SshNode;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Campaigns on nodes that a real sshd each leads to: what comes of them, what of their faults, and
/// that nothing of them is left.
class NodesCampaignTest {
  private static @Nullable SshNodes machines;

  @TempDir Path folder;
  private BenchSite site;
  private Path directory;

  @BeforeAll
  static void start() throws Exception {
    SshNodes.unavailable().ifPresent(Needs::skip);
    Needs.benchmarks();
    machines = SshNodes.start(8);
  }

  @AfterAll
  static void stop() {
    if (machines != null) {
      machines.close();
    }
  }

  @BeforeEach
  void makeASite() throws IOException {
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    directory = folder.resolve("run");
  }

  private static SshNodes machines() {
    return Objects.requireNonNull(machines);
  }

  private static SshNode node(int number) {
    return machines().nodes().get(number - 1);
  }

  /// A campaign with so many of the nodes, and the lines given.
  private Path campaign(int count, String... lines) throws IOException {
    List<String> text = new ArrayList<>();
    text.add("campaign: nodes");
    text.add("nodes:");
    for (SshNode node : machines().nodes().subList(0, count)) {
      text.add(
          String.format(
              "  %s: {ssh: %s, config: %s, address: %s}",
              node.name(), node.name(), machines().sshConfig(), node.address()));
    }
    text.addAll(List.of("repeats: 1", "duration: 1s", "seed: 7"));
    text.addAll(List.of(lines));
    return Files.write(folder.resolve("campaign.yaml"), text);
  }

  private Cli.Program bench(Path campaign) {
    return site.bench("--campaign", campaign.toString(), "-o", directory.toString());
  }

  private Cli.Program resume() {
    return site.bench("--resume", directory.toString());
  }

  private List<JsonNode> trials() {
    List<JsonNode> trials = new ArrayList<>();
    ShowCommandTest.shownAsJson(directory).path("trials").forEach(trials::add);
    return trials;
  }

  private static List<JsonNode> of(List<JsonNode> trials, String environment) {
    return trials.stream()
        .filter(trial -> trial.path("environment").asString().equals(environment))
        .toList();
  }

  private static boolean hasOutcome(JsonNode trial) {
    return trial.path("outcome").isObject();
  }

  /// Each planned trial that has an outcome, under its own name.
  private static List<String> done(List<JsonNode> trials) {
    return trials.stream()
        .filter(NodesCampaignTest::hasOutcome)
        .map(trial -> trial.path("id").asString().replaceFirst("-again-[0-9]+$", ""))
        .toList();
  }

  private static void awaitNothingOnNodes(int count) throws InterruptedException {
    for (SshNode node : machines().nodes().subList(0, count)) {
      Cli.await(
          "nothing of ours runs on " + node.name(), () -> machines().processesOf(node).isEmpty());
    }
  }

  private static JsonNode invariant(JsonNode trial, String name) {
    return trial
        .path("invariants")
        .valueStream()
        .filter(invariant -> invariant.path("name").asString().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " in " + trial.path("invariants")));
  }

  @Test
  void aPairOfNodesTakesTurnsWithNamespaces() throws Exception {
    Path file =
        campaign(
            2,
            "environments: [netns, {kind: hosts, server: node1, clients: node2}]",
            "tests: [{tool: iperf3, streams: 1}, {tool: sockperf}]");
    Cli.Result result = bench(file).run();
    assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(0);
    assertThat(result.stderr().replaceAll("\\s+", " "))
        .contains("nodes node1, node2 are one machine, by its boot id");
    JsonNode run = ShowCommandTest.shownAsJson(directory);
    List<JsonNode> trials = trials();
    assertThat(done(of(trials, "hosts"))).hasSize(4);
    assertThat(done(of(trials, "netns"))).hasSize(4);
    for (JsonNode trial : of(trials, "hosts")) {
      assertThat(trial.path("roles").path("server").path("node").asString()).isEqualTo("node1");
      assertThat(trial.path("roles").path("client").path("node").asString()).isEqualTo("node2");
      assertThat(trial.path("roles").path("client").path("cpuNanos").asLong()).isPositive();
      assertThat(trial.path("machine").path("contextSwitches").asLong()).isPositive();
      assertThat(trial.path("completeness").path("verdict").asString()).isEqualTo("complete");
    }
    // The figures of a trial are those of calls on the nodes, and of no other.
    List<JsonNode> traced =
        of(trials, "hosts").stream()
            .filter(trial -> trial.path("traced").asBoolean() && hasOutcome(trial))
            .toList();
    assertThat(traced).hasSize(2);
    for (JsonNode trial : traced) {
      List<JsonNode> rows =
          run.path("tallies")
              .valueStream()
              .filter(row -> row.path("trial").asString().equals(trial.path("id").asString()))
              .toList();
      assertThat(rows)
          .extracting(row -> row.path("role").asString() + " " + row.path("node").asString())
          .contains("server node1", "client node2")
          .isSubsetOf("server node1", "client node2");
      if (trial.path("test").asString().equals("latency")) {
        long sent = trial.path("outcome").path("totalMessagesSent").asLong();
        assertThat(calls(rows, "client", "sendto")).isBetween(sent, sent + 100);
      }
    }
    JsonNode provenance = run.path("provenance");
    assertThat(provenance.path("machine").path("node1.kernel").asString())
        .isEqualTo(provenance.path("machine").path("kernel").asString());
    assertThat(provenance.path("tools").path("node2.sockperf").asString()).contains("sockperf");
    assertThat(provenance.path("settings").path("nodes").asString()).isEqualTo("node1+node2");
    assertThat(Files.readString(directory.resolve("report.md"))).contains("Nodes node1, node2: ");
    awaitNothingOnNodes(2);
    assertThat(site.leases()).isEmpty();
  }

  private static long calls(List<JsonNode> rows, String role, String syscall) {
    return rows.stream()
        .filter(row -> row.path("role").asString().equals(role))
        .filter(row -> row.path("syscall").asString().equals(syscall))
        .mapToLong(row -> row.path("calls").asLong())
        .sum();
  }

  @Test
  void thisMachineTakesPartBesideANode() throws Exception {
    // The bridge that joins the nodes ends here.
    String here = node(1).address().replaceFirst("[0-9]+$", "1");
    Path file =
        campaign(
            1,
            "environments: [{kind: hosts, server: here, clients: [node1, here]}]",
            "tests: [{tool: sockperf, clients: 2}]",
            "controls: 0");
    Files.writeString(
        file,
        Files.readString(file).replace("nodes:\n", "nodes:\n  here: {address: " + here + "}\n"));
    Cli.Result result = bench(file).run();
    assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(0);
    JsonNode trial =
        trials().stream().filter(NodesCampaignTest::hasOutcome).findFirst().orElseThrow();
    assertThat(trial.path("roles").path("server").path("node").asString()).isEqualTo("here");
    assertThat(trial.path("roles").path("client").path("node").asString()).isEqualTo("node1+here");
    assertThat(trial.path("completeness").path("verdict").asString()).isEqualTo("complete");
    List<JsonNode> rows =
        ShowCommandTest.shownAsJson(directory)
            .path("tallies")
            .valueStream()
            .filter(row -> row.path("trial").asString().equals(trial.path("id").asString()))
            .toList();
    long sent = trial.path("outcome").path("totalMessagesSent").asLong();
    // Calls of both clients, one counted here and one there.
    assertThat(calls(rows, "client", "sendto")).isBetween(sent, sent + 200);
    assertThat(invariant(trial, "synchronised-start").path("detail").asString())
        .startsWith("2 clients started within ");
    awaitNothingOnNodes(1);
  }

  @Test
  void oneServerServesClientsOnSevenNodesThatBeginTogether() throws Exception {
    Path file =
        campaign(
            8,
            "environments:",
            "  - {kind: hosts, server: node1,"
                + " clients: [node2, node3, node4, node5, node6, node7, node8]}",
            "tests: [{tool: sockperf, clients: 14}, {tool: iperf3, streams: 1, clients: 7}]");
    Cli.Result result = bench(file).run();
    List<JsonNode> trials = trials();
    // Of 42 programs on two CPUs one may fail, which its trial says; most must not.
    assertThat(result.exitCode()).as(result.stderr() + failures(trials)).isIn(0, 1);
    assertThat(done(trials)).as("%s", failures(trials)).hasSizeGreaterThanOrEqualTo(3);
    for (JsonNode trial : trials.stream().filter(NodesCampaignTest::hasOutcome).toList()) {
      assertThat(trial.path("roles").path("client").path("node").asString())
          .isEqualTo("node2+node3+node4+node5+node6+node7+node8");
      boolean latency = trial.path("test").asString().equals("latency");
      assertThat(invariant(trial, "synchronised-start").path("detail").asString())
          .startsWith((latency ? 14 : 7) + " clients started within ")
          .contains(" +- ");
      JsonNode outcome = trial.path("outcome");
      if (latency) {
        assertThat(outcome.path("clients").path("count").asInt()).isEqualTo(14);
        assertThat(outcome.path("messagesHandledByServer").asLong())
            .isEqualTo(outcome.path("totalMessagesSent").asLong());
        assertThat(outcome.path("clients").path("slowestMeanNanos").asLong())
            .isGreaterThanOrEqualTo(outcome.path("clients").path("fastestMeanNanos").asLong());
      } else {
        assertThat(outcome.path("streams").size()).isEqualTo(7);
      }
    }
    Path raw = directory.resolve("raw/hosts-latency-control-1");
    assertThat(raw).isDirectoryNotContaining(file1 -> file1.endsWith("server-2.stdout"));
    awaitNothingOnNodes(8);
  }

  @Test
  void killedAndInterruptedItGoesOnAndLeavesNothingOnTheNodes() throws Exception {
    Path file =
        campaign(
            2,
            "environments: [{kind: hosts, server: node1, clients: node2}]",
            "tests: [{tool: iperf3, streams: 1}, {tool: sockperf}]");
    try (Cli.Running running = bench(file).start()) {
      running.awaitStderr("[ 2/4]");
      running.signal("INT");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr())
          .contains("error[INTERRUPTED]: ", "go on: trapline bench --resume " + directory)
          .doesNotContain("BUG");
    }
    awaitNothingOnNodes(2);
    try (Cli.Running running = resume().start()) {
      running.awaitStderr(" kept from before");
      Cli.await(
          "a program runs on node1",
          () ->
              !running.isAlive()
                  || machines().processesOf(node(1)).stream()
                      .map(NodeProcess::name)
                      .anyMatch(name -> name.equals("iperf3") || name.equals("sockperf")));
      running.signal("KILL");
      running.await();
    }
    awaitNothingOnNodes(2);
    assertThat(directory.resolve("run.json")).doesNotExist();
    Path plan = directory.resolve("plan.json");
    String text = Files.readString(plan);
    Files.writeString(
        plan,
        text.replaceFirst("\"node2.kernel\": \"[^\"]*\"", "\"node2.kernel\": \"5.4.0-other\""));
    Cli.Result refused = resume().run();
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.stderr().replaceAll("\\s+", " "))
        .contains("error[CAMPAIGN-CHANGED]: ", "node2.kernel was 5.4.0-other, is ");
    Files.writeString(plan, text);
    Cli.Result last = resume().run();
    assertThat(last.exitCode()).as(last.stderr() + last.stdout()).isEqualTo(0);
    assertThat(done(trials()))
        .containsExactlyInAnyOrder(
            "hosts-throughput-traced-1",
            "hosts-throughput-control-1",
            "hosts-latency-traced-1",
            "hosts-latency-control-1");
    awaitNothingOnNodes(2);
    assertThat(site.leases()).isEmpty();

    Cli.Result untrusted = site.program("reproduce", directory.toString()).run();
    assertThat(untrusted.exitCode()).isEqualTo(2);
    assertThat(untrusted.stderr()).contains("error[REPRODUCE-FILES]: ", "config of node node1");
    Path again = folder.resolve("again");
    Cli.Result reproduced =
        site.program("reproduce", "--use-files", directory.toString(), "-o", again.toString())
            .run();
    assertThat(reproduced.exitCode()).as(reproduced.stderr()).isEqualTo(0);
    assertThat(reproduced.stdout()).contains("Nothing that is recorded: machine, kernel");
  }

  @Test
  void aNodeThatIsLostAndComesBackCostsTheTrialInFlight() throws Exception {
    Path file =
        campaign(
            2,
            "environments: [{kind: hosts, server: node1, clients: node2}]",
            "tests: [{tool: sockperf, duration: 3s}]");
    try (Cli.Running running = bench(file).start()) {
      Cli.await(
          "a client runs on node2",
          () ->
              machines().processesOf(node(2)).stream()
                  .anyMatch(process -> process.command().contains("ping-pong")));
      machines().cut(node(2));
      running.awaitStderr("FAILED");
      machines().mend(node(2));
      Cli.Result result = running.await();
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(1);
      assertThat(result.stderr().replaceAll("\\s+", " "))
          .contains("node node2 was lost", "node node2 is back")
          .doesNotContain("BUG");
    } finally {
      machines().mend(node(2));
    }
    List<JsonNode> trials = trials();
    assertThat(trials.getFirst().path("failure").asString()).startsWith("NODE-LOST: ");
    assertThat(done(trials)).hasSize(1);
    awaitNothingOnNodes(2);
  }

  @Test
  void oneNodeThatIsGoneAndOnePortThatIsTakenLeaveTheOtherTrials() throws Exception {
    Path file =
        campaign(
            3,
            "environments: [netns, {kind: hosts, server: node1, clients: [node2, node3]}]",
            "tests:",
            "  - {tool: sockperf}",
            "  - {tool: sockperf, name: both, clients: 2}",
            "  - {tool: iperf3, streams: 1}",
            "controls: 0");
    machines().stopSshd(node(3));
    Path log = folder.resolve("taken.log");
    Process taken =
        new ProcessBuilder(
                "ip", "netns", "exec", node(1).namespace(), "iperf3", "-s", "-B", node(1).address())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      Cli.await(
          "somebody else has iperf3's port",
          () ->
              Tool.runOrFail(List.of("ip", "netns", "exec", node(1).namespace(), "ss", "-Hlnt"))
                  .contains(":5201 "));
      Cli.Result result = bench(file).run();
      assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(1);
      assertThat(result.stderr().replaceAll("\\s+", " "))
          .contains("trials on node node3 will fail: ")
          .doesNotContain("BUG");
    } finally {
      taken.destroyForcibly();
      taken.waitFor();
      machines().startSshd(node(3));
    }
    List<JsonNode> trials = trials();
    assertThat(done(of(trials, "netns"))).hasSize(3);
    assertThat(done(of(trials, "hosts"))).containsExactly("hosts-latency-traced-1");
    assertThat(failures(trials))
        .anySatisfy(failure -> assertThat(failure).startsWith("NODE-UNREACHABLE: "))
        .anySatisfy(failure -> assertThat(failure).startsWith("SERVER-NOT-READY: iperf3"));
    awaitNothingOnNodes(3);
  }

  private static List<String> failures(List<JsonNode> trials) {
    return trials.stream()
        .filter(trial -> !hasOutcome(trial))
        .map(trial -> trial.path("failure").asString())
        .collect(Collectors.toList());
  }

  @Test
  void aServerThatCannotBeReachedSkipsItsEnvironmentAlone() throws Exception {
    Path file =
        campaign(
            2,
            "environments: [netns, {kind: hosts, server: node2, clients: node1}]",
            "tests: [{tool: sockperf}]",
            "controls: 0");
    machines().stopSshd(node(2));
    try {
      Cli.Result result = bench(file).run();
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(1);
      assertThat(result.stderr().replaceAll("\\s+", " ")).contains("skipping hosts: ");
      assertThat(done(trials())).containsExactly("netns-latency-traced-1");
      try (Stream<String> lines = Files.lines(directory.resolve("report.md"))) {
        assertThat(lines.filter(line -> line.contains("hosts"))).isNotEmpty();
      }
    } finally {
      machines().startSshd(node(2));
    }
    awaitNothingOnNodes(2);
  }
}
