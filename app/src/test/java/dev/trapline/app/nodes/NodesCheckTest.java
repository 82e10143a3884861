// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.environment.ClockReading;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// With answers that are made up here: what real nodes answer is tested over ssh.
class NodesCheckTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private static final String CAMPAIGN =
      """
      campaign: two-stacks
      nodes:
        here: {address: 192.0.2.9}
        alpha: {ssh: alpha.example, user: root, port: 2222, address: 192.0.2.1}
        beta: {ssh: beta.example, address: 192.0.2.2}
        gamma: {ssh: gamma.example, address: 192.0.2.3}
      environments: [{kind: hosts, server: alpha, clients: [beta, gamma]}]
      tests: [{tool: iperf3}, {tool: sockperf}]
      """;

  private static CampaignFile campaign(String text) {
    return CampaignFile.parse(text, "campaign.yaml", List.of("netns"));
  }

  private static SortedMap<String, String> good() {
    SortedMap<String, String> facts = new TreeMap<>();
    facts.putAll(
        Map.of(
            "kernel", "6.1.0-40-amd64",
            "architecture", "amd64",
            "cpus", "16",
            "cpu", "AMD EPYC 7313P",
            "governor", "performance",
            "mitigation.spectre_v2", "Mitigation: Retpolines; STIBP: disabled; RSB filling",
            "memory-kib", "65796644",
            "uid", "0",
            "boot-id", "11111111-1111-1111-1111-111111111111"));
    facts.putAll(
        Map.of(
            "card", "eth1",
            "card.driver", "mlx5_core",
            "card.mtu", "9000 bytes",
            "card.speed", "25000 Mbit/s",
            "card.link", "up",
            "offload.tso", "on",
            "offload.lro", "off"));
    facts.putAll(
        Map.of(
            "tool.iperf3", "iperf 3.12 (cJSON 1.7.15)",
            "tool.sockperf", "sockperf, version 3.7-no.git",
            "capture.ebpf", "works",
            "capture.perf", "works",
            "capture.strace", "works",
            "path.192.0.2.1", "answers, by eth1"));
    return facts;
  }

  /// A node that answers so.
  private static NodesCheck.Asked answering(
      SortedMap<String, String> facts, @Nullable ClockReading clock) {
    return new NodesCheck.Asked() {
      @Override
      public SortedMap<String, String> examine(String address, List<String> peers) {
        return facts;
      }

      @Override
      public @Nullable ClockReading clock() {
        return clock;
      }

      @Override
      public void close() {}
    };
  }

  private static NodesCheck someCheck() throws InterruptedException {
    SortedMap<String, String> beta = good();
    beta.put("boot-id", "22222222-2222-2222-2222-222222222222");
    beta.put("card.mtu", "1500 bytes");
    beta.put("mitigation.spectre_v2", "Vulnerable");
    // As its kernel reserves a little more.
    beta.put("memory-kib", "65796600");
    beta.put("path.192.0.2.1", "no answer within 2 s, by eth0");
    beta.put("uid", "1000");
    beta.put("capture.ebpf", "effective uid is not 0, and loading eBPF programs needs root");
    beta.remove("tool.sockperf");
    return NodesCheck.of(
        campaign(CAMPAIGN),
        (node, news) ->
            switch (node.name()) {
              case "here" -> answering(good(), null);
              case "alpha" -> answering(good(), new ClockReading(12_000, 35_000));
              case "beta" -> answering(beta, new ClockReading(-1_500_000_000, 40_000));
              default ->
                  throw new TraplineException(
                      "NODE-UNREACHABLE",
                      "node gamma cannot be reached: ssh: connect to host gamma.example port 22:"
                          + " Connection refused",
                      "ssh gamma.example true");
            },
        DEADLINE,
        news -> {});
  }

  @Test
  void eachNodeIsToldWithWhatWorksAndThenWhatDiffers() throws Exception {
    List<String> lines = NodesDocument.of(someCheck()).toTerminal();
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    assertThat(String.join("\n", lines) + "\n")
        .isEqualTo(
            """
            Nodes of two-stacks: 2 of 4 are usable.

            here (this machine; under test: 192.0.2.9)
              usable
              machine: Linux 6.1.0-40-amd64, amd64, 16 CPUs AMD EPYC 7313P, governor
                performance
              card: eth1; driver mlx5_core; link up; mtu 9000 bytes; speed 25000 Mbit/s
              offloads off: lro
              offloads on: tso
              tools: iperf 3.12 (cJSON 1.7.15); sockperf, version 3.7-no.git
              captures: ebpf, perf, strace
              clock: ours

            alpha (ssh root@alpha.example port 2222; under test: 192.0.2.1)
              usable
              machine: Linux 6.1.0-40-amd64, amd64, 16 CPUs AMD EPYC 7313P, governor
                performance
              card: eth1; driver mlx5_core; link up; mtu 9000 bytes; speed 25000 Mbit/s
              offloads off: lro
              offloads on: tso
              tools: iperf 3.12 (cJSON 1.7.15); sockperf, version 3.7-no.git
              captures: ebpf, perf, strace
              clock: the same as ours, to within 35.0 us

            beta (ssh beta.example; under test: 192.0.2.2)
              NOT USABLE: it has no sockperf, which the tests need. Remedy: apt-get install
                sockperf
              NOT USABLE: it does not reach alpha (192.0.2.1): no answer within 2 s, by
                eth0. Remedy: ping 192.0.2.1; a route or a firewall may be in the way
              but: Trapline is not root there (uid 1000). Remedy: let ssh log in as root:
                `user: root`
              but: no capture by ebpf: effective uid is not 0, and loading eBPF programs
                needs root.
              machine: Linux 6.1.0-40-amd64, amd64, 16 CPUs AMD EPYC 7313P, governor
                performance
              card: eth1; driver mlx5_core; link up; mtu 1500 bytes; speed 25000 Mbit/s
              offloads off: lro
              offloads on: tso
              tools: iperf 3.12 (cJSON 1.7.15)
              captures: perf, strace
              clock: 1.50 s behind ours, at most 40.0 us more or less
              way to alpha: no answer within 2 s, by eth0

            gamma (ssh gamma.example; under test: 192.0.2.3)
              NOT REACHED: node gamma cannot be reached: ssh: connect to host gamma.example
                port 22: Connection refused [NODE-UNREACHABLE] Remedy: ssh gamma.example
                true

            WHAT DIFFERS
              fact                   value                           nodes
              capture.ebpf           works                           here, alpha
                                     effective uid is not 0, and     beta
                                     loading eBPF programs needs
                                     root
              card.mtu               9000 bytes                      here, alpha
                                     1500 bytes                      beta
              mitigation.spectre_v2  Mitigation: Retpolines; STIBP:  here, alpha
                                     disabled; RSB filling
                                     Vulnerable                      beta
              tool.sockperf          sockperf, version 3.7-no.git    here, alpha
                                     -                               beta
              uid                    0                               here, alpha
                                     1000                            beta
            Alike on all: 14 facts.
            here, alpha are one machine: they share its CPUs, and no wire is between them.
            """);
  }

  @Test
  void theJsonIsWhatItsSchemaSays() throws Exception {
    String json = NodesJson.of(someCheck());
    assertThat(NodesSchema.errors(json)).isEmpty();
    // The schema does refuse something.
    assertThat(NodesSchema.errors(json.replace("\"reached\" : false", "\"reached\" : true")))
        .isNotEmpty();

    JsonNode root = new ObjectMapper().readTree(json);
    assertThat(root.at("/schema").asString()).isEqualTo("trapline.nodes/1");
    assertThat(root.at("/nodes/2/clock/offsetNanos").asLong()).isEqualTo(-1_500_000_000L);
    assertThat(root.at("/nodes/0/clock").isNull()).isTrue();
    assertThat(root.at("/nodes/3/fault/code").asString()).isEqualTo("NODE-UNREACHABLE");
    assertThat(root.at("/nodes/2/obstacles").size()).isEqualTo(2);
    assertThat(root.at("/oneMachine/0/0").asString()).isEqualTo("here");
  }

  @Test
  void aNodeThatSaysNothingKeepsNoOtherWaiting() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger closed = new AtomicInteger();
    NodesCheck check =
        NodesCheck.of(
            campaign(CAMPAIGN),
            (node, news) -> {
              if (node.name().equals("beta")) {
                try {
                  never.await();
                } finally {
                  closed.incrementAndGet();
                }
              }
              return answering(good(), null);
            },
            Duration.ofSeconds(2),
            news -> {});
    assertThat(check.reached()).hasSize(3);
    assertThat(check.usable()).isEqualTo(3);
    assertThat(check.answers().get(2).fault())
        .isInstanceOfSatisfying(
            TraplineException.class, fault -> assertThat(fault.code()).isEqualTo("NODE-DEADLINE"));
    // It was told to give up, and did.
    while (closed.get() == 0) {
      Thread.sleep(10);
    }
  }

  @Test
  void theSourceThatTheFileNamesMustWork() throws Exception {
    SortedMap<String, String> facts = good();
    facts.put("capture.ebpf", "no BTF");
    NodesCheck check = all("capture: {source: ebpf}\n" + CAMPAIGN, facts);
    assertThat(check.answers().getFirst().obstacles())
        .extracting(NodeAnswer.Remark::fact)
        .containsExactly("capture by ebpf does not work: no BTF");
    assertThat(all(CAMPAIGN, facts).usable()).isEqualTo(4);
    // Where nothing is counted, nothing is needed for it.
    assertThat(all("capture: {source: ebpf}\nrepeats: 0\ncontrols: 1\n" + CAMPAIGN, facts).usable())
        .isEqualTo(4);
  }

  @Test
  void aWayByAnotherCardThanTheOneUnderTestIsDoubted() throws Exception {
    SortedMap<String, String> facts = good();
    facts.put("path.192.0.2.1", "answers, by eth0");
    NodesCheck check = all(CAMPAIGN, facts);
    assertThat(check.usable()).isEqualTo(4);
    assertThat(check.answers().get(2).doubts())
        .extracting(NodeAnswer.Remark::fact)
        .containsExactly(
            "its way to alpha is not by eth1, which has its address under test: answers, by eth0");
  }

  @Test
  void whatANodeSaysIsNotObeyedByTheTerminal() throws Exception {
    SortedMap<String, String> facts = good();
    facts.put("card.driver", "\u001b[31mred\u202e");
    String text = String.join("\n", NodesDocument.of(all(CAMPAIGN, facts)).toTerminal());
    assertThat(text).contains("?[31mred?").doesNotContain("\u001b");
  }

  @Test
  void withoutNodesThereIsNothingToCheck() {
    assertThatThrownBy(
            () -> all("campaign: c\nenvironments: [netns]\ntests: [{tool: iperf3}]\n", good()))
        .isInstanceOfSatisfying(
            TraplineException.class, failure -> assertThat(failure.code()).isEqualTo("NODES-NONE"));
  }

  private static NodesCheck all(String campaign, SortedMap<String, String> facts)
      throws InterruptedException {
    return NodesCheck.of(
        campaign(campaign), (node, news) -> answering(facts, null), DEADLINE, news -> {});
  }
}
