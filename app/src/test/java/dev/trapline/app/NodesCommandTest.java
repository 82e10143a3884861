// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.app.nodes.NodesSchema;
import dev.trapline.environment.SshNodes;
import dev.trapline.environment.SshNodes.SshNode;
import dev.trapline.host.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// `nodes check` and `nodes clean` over real ssh to real sshds.
class NodesCommandTest {
  /// `SIOCETHTOOL` with `ETHTOOL_STSO`, of linux/ethtool.h: what `ethtool -K eth0 tso off` does.
  private static final String SWITCH_TSO_OFF =
      """
      import array, fcntl, socket, struct
      value = array.array('I', [0x1f, 0])
      request = struct.pack('16sP16x', b'eth0', value.buffer_info()[0])
      fcntl.ioctl(socket.socket(), 0x8946, request)
      """;

  @TempDir Path folder;

  private String file(SshNodes machines) throws Exception {
    StringBuilder yaml = new StringBuilder("campaign: some-nodes\nnodes:\n");
    for (SshNode node : machines.nodes()) {
      yaml.append("  ")
          .append(node.name())
          .append(": {ssh: " + node.name() + ", config: " + machines.sshConfig())
          .append(", address: " + node.address() + "}\n");
    }
    yaml.append("environments: [{kind: hosts, server: node1, clients: [node2, node3]}]\n");
    yaml.append("tests: [{tool: iperf3}, {tool: sockperf}]\n");
    return Files.writeString(folder.resolve("campaign.yaml"), yaml).toString();
  }

  @Test
  void nodesAreAskedAtOnceToldApartAndCleaned() throws Exception {
    SshNodes.unavailable().ifPresent(Needs::skip);
    for (String tool : List.of("iperf3", "sockperf", "python3")) {
      Needs.tool(tool);
    }
    try (SshNodes machines = SshNodes.start(3)) {
      String file = file(machines);
      SshNode other = machines.nodes().get(1);
      SshNode stopped = machines.nodes().get(2);
      Tool.runOrFail(List.of("ip", "-n", other.namespace(), "link", "set", "eth0", "mtu", "1400"));
      Tool.runOrFail(
          List.of("ip", "netns", "exec", other.namespace(), "python3", "-c", SWITCH_TSO_OFF));
      machines.stopSshd(stopped);

      Cli.Result some = Cli.run("nodes", "check", file, "--deadline", "600");
      assertThat(some.exitCode()).as(some.stdout() + some.stderr()).isEqualTo(1);
      assertThat(some.stdoutLines())
          .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80))
          .contains(
              "Nodes of some-nodes: 2 of 3 are usable.",
              "  usable",
              "  way to node1: answers, by eth0",
              "node1, node2 are one machine: they share its CPUs, and no wire is between them.");
      assertThat(some.stdout())
          .containsPattern("NOT REACHED: [^\\[]*node3[^\\[]*Connection\\s+refused")
          .containsPattern("card\\.mtu +1500 bytes +node1\n +1400 bytes +node2\n")
          .containsPattern("offload\\.tso +on +node1\n +off +node2\n")
          .containsPattern("clock: .*(ours|behind|ahead)");

      Cli.Result json = Cli.run("nodes", "check", file, "--deadline", "600", "--json");
      assertThat(json.exitCode()).isEqualTo(1);
      assertThat(NodesSchema.errors(json.stdout())).isEmpty();
      JsonNode root = new ObjectMapper().readTree(json.stdout());
      assertThat(root.at("/nodes/0/facts/uid").asString()).isEqualTo("0");
      assertThat(root.at("/nodes/1/facts/card.driver").asString()).isEqualTo("veth");
      assertThat(root.at("/nodes/2/fault/code").asString()).isEqualTo("NODE-UNREACHABLE");

      machines.startSshd(stopped);
      assertThat(Cli.run("nodes", "check", file, "--deadline", "600").exitCode()).isZero();

      machines.nodes().forEach(node -> assertThat(node.cacheHome()).isNotEmptyDirectory());
      machines.cut(stopped);
      Cli.Result cleaned = Cli.run("nodes", "clean", file);
      assertThat(cleaned.exitCode()).as(cleaned.stdout()).isEqualTo(1);
      assertThat(cleaned.stdout())
          .containsPattern("(?m)^  node1: removed [0-9.]+ MiB,\\s+/")
          .containsPattern("(?m)^  node2: removed ")
          .containsPattern("(?m)^  node3: NOT CLEANED: ");
      assertThat(machines.nodes().get(0).cacheHome()).isEmptyDirectory();
      machines.mend(stopped);
      Cli.Result again = Cli.run("nodes", "clean", file);
      assertThat(again.exitCode()).as(again.stdout()).isZero();
      assertThat(again.stdoutLines()).startsWith("  node1: nothing of Trapline is kept there");
      assertThat(stopped.cacheHome()).isEmptyDirectory();

      for (SshNode node : machines.nodes()) {
        machines.stopSshd(node);
      }
      Cli.Result none = Cli.run("nodes", "check", file);
      assertThat(none.exitCode()).isEqualTo(2);
      assertThat(none.stdout()).startsWith("Nodes of some-nodes: 0 of 3 are usable.");
    }
  }

  @Test
  void aWrongFileIsRefusedBeforeAnybodyIsAsked() throws Exception {
    String file =
        Files.writeString(
                folder.resolve("bad.yaml"),
                "campaign: c\nnodes: {a: {shs: h, address: 192.0.2.1}}\nenvironments: [netns]\n"
                    + "tests: [{tool: iperf3}]\n")
            .toString();
    for (String verb : List.of("check", "clean")) {
      Cli.Result result = Cli.run("nodes", verb, file);
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr()).contains("error[CAMPAIGN-INVALID]", "bad.yaml:2:");
    }
  }
}
