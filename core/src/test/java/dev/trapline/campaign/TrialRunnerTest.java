// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.capture.CaptureLevel;
import dev.trapline.environment.Environment;
import dev.trapline.environment.Site;
import dev.trapline.host.Lease;
import dev.trapline.host.Tool;
import dev.trapline.run.Trial;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Latency;
import dev.trapline.workload.Sockperf;
import dev.trapline.workload.Workload;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Untraced trials on loopback: what goes wrong with the tools is a trial that failed, in words.
class TrialRunnerTest {
  private static final Environment LOOPBACK = new Environment.Loopback();

  @TempDir Path folder;

  private Trial run(Workload workload) throws Exception {
    return run(workload, 1);
  }

  private Trial run(Workload workload, int clients) throws Exception {
    if (Tool.find(workload.requiredTool()).isEmpty()) {
      String reason =
          workload.requiredTool()
              + " is not on PATH: apt-get install "
              + Tool.packageOf(workload.requiredTool());
      System.out.println("skipped: " + reason);
      abort(reason);
    }
    Path raw = Files.createDirectories(folder.resolve("raw"));
    try (Lease lease = Lease.take(folder.resolve("state"));
        Environment.Prepared place = LOOPBACK.prepare(new Site(lease, raw))) {
      TrialRunner runner =
          new TrialRunner(
              new TrialRunner.Counting(
                  target -> {
                    throw new AssertionError("an untraced trial starts no capture");
                  },
                  "none",
                  CaptureLevel.LIGHT),
              lease.id(),
              new Campaign("test", List.of(LOOPBACK), List.of(workload), 1, 1, 1, 1, CpuSets.ANY));
      return runner
          .run(
              new Campaign.PlannedTrial(
                  "t", LOOPBACK, new PlannedWorkload("t", workload, clients), 1, false),
              1,
              place,
              raw)
          .trial();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0);
        DatagramSocket udp = new DatagramSocket(tcp.getLocalPort())) {
      return udp.getLocalPort();
    }
  }

  @Test
  void aTrialThatGoesWellHasAnOutcomeAndBothSides() throws Exception {
    Trial trial = run(new Sockperf(64, 1, freePort(), Sockperf.Protocol.UDP));
    assertThat(trial.failure()).isNull();
    assertThat(trial.outcome()).isNotNull();
    assertThat(trial.roles()).containsOnlyKeys("client", "server");
    assertThat(trial.traced()).isFalse();
    assertThat(trial.completeness().isComplete()).isTrue();
  }

  @Test
  void severalClientsOfOneSockperfServerAreOneOutcome() throws Exception {
    Trial trial = run(new Sockperf(64, 1, freePort(), Sockperf.Protocol.UDP), 3);
    assertThat(trial.failure()).isNull();
    Latency latency = (Latency) Objects.requireNonNull(trial.outcome());
    assertThat(Objects.requireNonNull(latency.clients()).count()).isEqualTo(3);
    assertThat(latency.messagesHandledByServer()).isEqualTo(latency.totalMessagesSent());
    assertThat(folder.resolve("raw"))
        .isDirectoryContaining(file -> file.endsWith("client-3.stdout"))
        .isDirectoryNotContaining(file -> file.endsWith("server-2.stdout"));
  }

  @Test
  void aTcpPortInUseFailsTheTrialAndNobodyElseIsMeasured() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Trial trial = run(new Iperf3(1, 1, taken.getLocalPort()));
      assertThat(trial.outcome()).isNull();
      assertThat(trial.failure())
          .startsWith("SERVER-NOT-READY: iperf3 (server) ended with ")
          .contains("before it listened on port " + taken.getLocalPort());
      assertThat(trial.roles()).isEmpty();
    }
  }

  @Test
  void anUdpPortInUseFailsTheTrialAndNobodyElseIsMeasured() throws Exception {
    try (DatagramSocket taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      Trial trial = run(new Sockperf(64, 1, taken.getLocalPort(), Sockperf.Protocol.UDP));
      assertThat(trial.outcome()).isNull();
      assertThat(trial.failure()).startsWith("SERVER-NOT-READY: sockperf (server) ended with ");
    }
  }

  @Test
  void anInterruptedTrialThrowsAfterEndingWhatItStarted() throws Exception {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> run(new Iperf3(1, 30, freePort())))
        .isInstanceOf(InterruptedException.class);
    assertThat(folder.resolve("state")).isEmptyDirectory();
  }
}
