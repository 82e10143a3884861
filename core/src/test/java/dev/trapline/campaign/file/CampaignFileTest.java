// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Sockperf;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CampaignFileTest {
  static final List<String> KINDS = List.of("netns", "loopback", "kvm", "kvm-vhost", "microvm");

  private static final String SMALL =
      """
      campaign: small
      environments: [netns]
      tests:
        - {tool: iperf3}
        - {tool: sockperf}
      """;

  static CampaignFile parse(String text) {
    return CampaignFile.parse(text, "c.yaml", KINDS);
  }

  static TraplineException failure(String text) {
    TraplineException failure = catchThrowableOfType(TraplineException.class, () -> parse(text));
    assertThat(failure).as(text).isNotNull();
    assertThat(failure.code()).isEqualTo("CAMPAIGN-INVALID");
    return failure;
  }

  private static List<String> names(CampaignFile file) {
    return file.tests().stream().map(PlannedWorkload::name).toList();
  }

  @Test
  void theSmallestFileHasTheStudysTestsAndUsualValues() {
    CampaignFile file = parse(SMALL);
    assertThat(names(file)).containsExactly("throughput", "latency");
    assertThat(file.tests().get(0).workload()).isEqualTo(new Iperf3(4, 10, 5201));
    assertThat(file.tests().get(1).workload())
        .isEqualTo(new Sockperf(64, 10, 11_111, Sockperf.Protocol.UDP));
    assertThat(file.repeats()).isEqualTo(3);
    assertThat(file.controls()).isEqualTo(3);
    assertThat(file.seed()).isNull();
    assertThat(file.stop()).isNull();
    assertThat(file.text()).isEqualTo(SMALL);
    assertThat(file.trials()).isEqualTo(12);
  }

  @Test
  void theExampleIsAFileThatCanBeRun() {
    CampaignFile file = parse(CampaignTemplates.example());
    assertThat(names(file))
        .containsExactly("throughput-1-stream", "throughput-4-streams", "latency");
  }

  @Test
  void aSweepIsATestForEachOfItsPoints() {
    CampaignFile file =
        parse(
            """
            campaign: sweep
            environments: [loopback]
            tests:
              - {tool: iperf3, name: bulk, streams: [1, 8], length: [1KiB, 1400], clients: [1, 4]}
              - {tool: sockperf, mode: under-load, message-size: [64, 1024],
                 messages-per-second: [1000, max], reply-every: 10}
            """);
    assertThat(names(file))
        .hasSize(12)
        .startsWith(
            "bulk-1-stream-1kib-1-client",
            "bulk-1-stream-1kib-4-clients",
            "bulk-1-stream-1400b-1-client")
        .endsWith("latency-under-load-1kib-1000-per-s", "latency-under-load-1kib-max");
    assertThat(file.tests().getLast().workload().clientCommand("192.0.2.1"))
        .containsExactly(
            "sockperf",
            "under-load",
            "-i",
            "192.0.2.1",
            "-p",
            "11111",
            "-m",
            "1024",
            "-t",
            "10",
            "--mps",
            "max",
            "--reply-every",
            "10");
    assertThat(file.tests().get(7).clients()).isEqualTo(4);
  }

  @Test
  void everyOptionOfATestIsOnItsCommandLine() {
    CampaignFile file =
        parse(
            """
            campaign: options
            environments: [loopback]
            duration: 2min
            tests:
              - {tool: iperf3, protocol: udp, streams: 2, reverse: true, length: 1400, rate: 2.5Gbit/s}
              - {tool: iperf3, name: all, protocol: udp, rate: unlimited, duration: 5}
              - {tool: sockperf, mode: throughput, protocol: tcp, message-size: 14}
            """);
    assertThat(file.tests().get(0).workload().clientCommand("192.0.2.1"))
        .containsExactly(
            "iperf3",
            "-c",
            "192.0.2.1",
            "-p",
            "5201",
            "-P",
            "2",
            "-t",
            "120",
            "-u",
            "-R",
            "-l",
            "1400",
            "-b",
            "2500000000",
            "-J");
    assertThat(file.tests().get(1).workload().clientCommand("192.0.2.1"))
        .containsSubsequence("-t", "5", "-u", "-b", "0");
    assertThat(file.tests().get(2).workload().clientCommand("192.0.2.1"))
        .startsWith("sockperf", "throughput")
        .contains("--tcp");
    assertThat(file.tests().get(2).workload().test()).isEqualTo("message-rate");
  }

  @Test
  void nodesAndEnvironmentsAreReadWithTheirOptions() {
    CampaignFile file =
        parse(
            """
            campaign: lan
            nodes:
              here: {address: 192.0.2.9}
              alpha: {ssh: alpha.example, user: root, port: 2222, key: ~/.ssh/bench, config: ~/lab, address: 192.0.2.1}
            environments:
              - {kind: hosts, server: alpha, clients: [here]}
              - {kind: kvm, vcpus: 2, memory: 1GiB, topology: host-guest}
            tests: [{tool: sockperf}]
            stop: {within: 5%}
            repeats: 20
            seed: 7
            capture: {source: perf, level: light}
            cool-down: 500ms
            warm-up: 2s
            cpus: "0-3:4-7"
            """);
    assertThat(file.nodes())
        .containsExactly(
            new CampaignNode("here", null, "192.0.2.9"),
            new CampaignNode(
                "alpha",
                new CampaignNode.Ssh("alpha.example", "root", 2222, "~/.ssh/bench", "~/lab"),
                "192.0.2.1"));
    assertThat(file.environments().get(0).server()).isEqualTo("alpha");
    assertThat(file.environments().get(1).options())
        .containsEntry("vcpus", "2")
        .containsEntry("memory", "1024")
        .containsEntry("topology", "host-guest");
    assertThat(file.stop()).hasToString("within 5% with 95% confidence");
    assertThat(file.coolDownMillis()).isEqualTo(500);
    assertThat(file.warmUpSeconds()).isEqualTo(2);
    assertThat(file.captureLevel()).isEqualTo("light");
  }

  // ---- what is wrong -------------------------------------------------------------------

  @Test
  void everythingThatIsWrongIsToldAtOnceWithItsPlaceAndTheNearestWord() {
    TraplineException failure =
        failure(
            """
            campaign: Bad Name
            environments: [netns, kwm]
            reapeats: 3
            tests:
              - {tool: iperf3, streams: [1, 200], rte: 1Gbit/s}
              - {tool: sockperf, message-size: 64KB}
            duration: soon
            """);
    assertThat(failure.rendered().lines().toList().subList(0, 8))
        .startsWith("error[CAMPAIGN-INVALID]: c.yaml has 7 errors:")
        .anySatisfy(
            line -> assertThat(line).contains("c.yaml:3:1: `reapeats`", "did you mean `repeats`?"))
        .anySatisfy(line -> assertThat(line).contains("c.yaml:1:11: `Bad Name` is no name"))
        .anySatisfy(line -> assertThat(line).contains("c.yaml:2:23: `kwm`", "did you mean `kvm`?"))
        .anySatisfy(
            line -> assertThat(line).contains("c.yaml:5:33: `streams` must be from 1 to 128"))
        .anySatisfy(line -> assertThat(line).contains("c.yaml:5:39: `rte`", "did you mean `rate`?"))
        .anySatisfy(
            line -> assertThat(line).contains("c.yaml:6:36: `message-size`", "KB is not taken"))
        .anySatisfy(
            line -> assertThat(line).contains("c.yaml:7:11: `duration` must be whole seconds"));
    assertThat(failure.remedy()).contains("docs/reference/campaign-file.md");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tests: [{tool: iperf3, message-size: 64}]|is no key of a test with iperf3",
        "tests: [{tool: iperf3, protocol: udp}]|a UDP test needs `rate`",
        "tests: [{tool: sockperf, messages-per-second: 5}]|not for ping-pong",
        "tests: [{tool: sockperf}, {tool: sockperf}]|two tests are called `latency`",
        "tests: [{tool: sockperf, clients: 65}]|from 1 to 64, and is `65`",
        "tests: []|needs `tests`, and has none",
        "environments: [netns, netns]|stands twice",
        "environments: [{kind: netns, vcpus: 2}]|is for virtual machines",
        "environments: [{kind: hosts, server: a, clients: b}]|`a` is no value of `server`",
        "nodes: {a: {ssh: -oProxyCommand=x, address: 192.0.2.1}}|must be one word without blanks",
        "nodes: {a: {ssh: h, password: x, address: 192.0.2.1}}|`password` is no key of a node",
        "nodes: {a: {ssh: h, address: h.example}}|must be a numeric address",
        "nodes: {a: {user: root, address: 192.0.2.1}}|is reached by ssh, and `ssh` is missing",
        "nodes: {a: {config: lab, address: 192.0.2.1}}|is reached by ssh, and `ssh` is missing",
        "stop: {within: 200%}|from 0.1% to 99.99%",
        "stop: 5%|must be a mapping",
        "cpus: 0|`cpus` must be split, any, or two lists",
        "seed: -1|must be a number",
        "duration: 0s|measures nothing",
        "duration: 1500ms|whole seconds",
        "repeats: 101|from 0 to 100",
      })
  void whatIsWrongIsTold(String line, String words) {
    String key = line.substring(0, line.indexOf(':'));
    String rest =
        SMALL
            .lines()
            .filter(other -> !key.equals("tests") || !other.contains("tool"))
            .filter(other -> !other.startsWith(key + ":"))
            .reduce("", (before, next) -> before + next + "\n");
    assertThat(failure(rest + line + "\n").getMessage()).contains(words);
  }

  @Test
  void aFileThatIsNoYamlIsToldWithItsPlace() {
    assertThat(failure("campaign: [").getMessage()).contains("c.yaml:1:", "not well-formed YAML");
    assertThat(failure("").getMessage()).contains("is empty: it holds no campaign");
    assertThat(failure("- a").getMessage()).contains("c.yaml:1:1: a campaign must be a mapping");
    assertThat(failure("campaign: &a b").getMessage()).contains("anchors are refused");
  }
}
