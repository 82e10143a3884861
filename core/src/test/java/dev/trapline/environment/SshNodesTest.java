// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.environment.SshNodes.SshNode;
import dev.trapline.host.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What other tests rest on.
class SshNodesTest {
  @BeforeEach
  void skipWithoutSshd() {
    String obstacle = SshNodes.unavailable().orElse("");
    if (!obstacle.isEmpty()) {
      System.out.println("skipped: " + obstacle);
    }
    assumeTrue(obstacle.isEmpty(), obstacle);
  }

  @Test
  void eachNodeIsReachedBySshAndHasItsOwnNetworkAndFolders() throws Exception {
    List<SshNode> nodes;
    try (SshNodes machines = SshNodes.start(3)) {
      nodes = machines.nodes();
      for (SshNode node : nodes) {
        Tool.Result answer =
            ssh(
                machines,
                node,
                "echo $SSH_CONNECTION $XDG_CACHE_HOME $TRAPLINE_STATE; ls /sys/class/net");
        assertThat(answer.output())
            .contains(node.address() + " " + node.port())
            .contains(node.cacheHome() + " " + node.state())
            .containsPattern("(?m)^eth0$")
            .doesNotContain("tn");
        assertThat(answer.exitCode()).isZero();
      }
      // They reach each other, which is what a benchmark between them needs.
      Tool.Result way =
          ssh(
              machines,
              nodes.get(1),
              "exec 3<>/dev/tcp/" + nodes.get(2).address() + "/2222 && head -c 4 <&3");
      assertThat(way.output()).isEqualTo("SSH-");
    }
    for (SshNode node : nodes) {
      assertThat(Path.of("/run/netns", node.namespace())).doesNotExist();
      assertThat(node.folder().getParent()).doesNotExist();
    }
    assertThat(Tool.runOrFail(List.of("ip", "-o", "address")))
        .doesNotContain(nodes.getFirst().address().replaceAll("[0-9]+$", ""));
  }

  @Test
  void aCutNodeIsNotReachedUntilItIsMended() throws Exception {
    try (SshNodes machines = SshNodes.start(2)) {
      SshNode cut = machines.nodes().get(0);
      machines.cut(cut);
      Tool.Result silence = ssh(machines, cut, "true");
      assertThat(silence.exitCode()).isEqualTo(255);
      assertThat(silence.output()).containsAnyOf("timed out", "No route to host");
      assertThat(ssh(machines, machines.nodes().get(1), "true").exitCode()).isZero();
      machines.mend(cut);
      assertThat(ssh(machines, cut, "true", 30).exitCode()).isZero();
    }
  }

  @Test
  void aStoppedSshdRefusesAndAStartedOneTakesConnectionsAgain() throws Exception {
    try (SshNodes machines = SshNodes.start(1)) {
      SshNode node = machines.nodes().getFirst();
      machines.stopSshd(node);
      assertThat(ssh(machines, node, "true").output()).contains("Connection refused");
      machines.startSshd(node);
      assertThat(ssh(machines, node, "true").exitCode()).isZero();
    }
  }

  @Test
  void whatRunsOnANodeIsFoundAndEndsWithIt() throws Exception {
    int pid;
    try (SshNodes machines = SshNodes.start(2)) {
      SshNode busy = machines.nodes().get(0);
      ssh(machines, busy, "sleep 4711 >/dev/null 2>&1 </dev/null &");
      List<SshNodes.NodeProcess> found =
          machines.processesOf(busy).stream()
              .filter(process -> process.command().equals("sleep 4711"))
              .toList();
      assertThat(found).hasSize(1);
      assertThat(machines.processesOf(machines.nodes().get(1))).isEmpty();
      pid = found.getFirst().pid();
    }
    long deadline = System.nanoTime() + 30_000_000_000L;
    Path command = Path.of("/proc", Integer.toString(pid), "cmdline");
    while (Files.exists(command)
        && Files.readString(command).startsWith("sleep")
        && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
    assertThat(Files.exists(command) && Files.readString(command).startsWith("sleep")).isFalse();
  }

  private static Tool.Result ssh(SshNodes machines, SshNode node, String command) {
    return ssh(machines, node, command, 5);
  }

  private static Tool.Result ssh(
      SshNodes machines, SshNode node, String command, int patienceSeconds) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "ssh",
                "-T",
                "-o",
                "BatchMode=yes",
                "-o",
                "ConnectTimeout=" + patienceSeconds,
                "-F",
                machines.sshConfig().toString(),
                "--",
                node.name(),
                command));
    return Tool.run(words);
  }
}
