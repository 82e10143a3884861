// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.host.Lease;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What goes wrong with virtual machines in the middle of a bench. What is said of each fault is
/// tested with the guests themselves.
class VmFaultsTest {
  private static final String QEMU = "qemu-system-x86_64";

  @TempDir Path folder;
  private BenchSite site;
  private Path directory;

  @BeforeEach
  void setUp() throws Exception {
    Needs.virtualMachines();
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    directory = folder.resolve("run");
  }

  private Cli.Program bench(Path output, String... more) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--environment",
                "microvm",
                "--topology",
                "host-guest",
                "--accelerator",
                "tcg",
                "--repeats",
                "1",
                "--guest-ready-within",
                "300",
                "-o",
                output.toString()));
    options.addAll(Arrays.asList(more));
    return site.bench(options.toArray(String[]::new));
  }

  /// The client of a first trial is on the host, and so can be seen.
  private void awaitClient(String lease) throws InterruptedException {
    Cli.await(
        "a client runs",
        () ->
            BenchSite.process(lease, "iperf3", "-c").isPresent()
                || BenchSite.process(lease, "sockperf", "ping-pong").isPresent());
  }

  @Test
  void aKilledMonitorFailsItsTrialAndTheNextHasANewOne() throws Exception {
    try (Cli.Running running = bench(directory, "--duration", "4").start()) {
      String lease = site.awaitLease();
      awaitClient(lease);
      Processes.signal(site.awaitProcess(lease, QEMU), "KILL");
      Cli.Result result = running.await();
      // A trial is missing.
      assertThat(result.exitCode()).as(result.stderr()).isEqualTo(1);
      assertThat(result.stderr()).doesNotContain("error[BUG]");
      List<JsonNode> trials = new ArrayList<>();
      ShowCommandTest.shownAsJson(directory).path("trials").forEach(trials::add);
      assertThat(trials).hasSize(4);
      assertThat(trials.get(0).path("failure").asString())
          .startsWith("VMM-DIED: ")
          .contains("microvm-server", "console");
      assertThat(trials.subList(1, 4))
          .allSatisfy(trial -> {
            assertThat(trial.path("failure").isNull()).as(trial.toString()).isTrue();
            assertThat(trial.path("outcome").isObject()).isTrue();
          });
      site.assertNothingLeftOf(lease);
    }
  }

  @Test
  void afterAKilledBenchTheNextStartRemovesItsMachines() throws Exception {
    try (Cli.Running running = bench(directory, "--duration", "30").start()) {
      String lease = site.awaitLease();
      awaitClient(lease);
      running.signal("KILL");
      running.await();
      assertThat(BenchSite.process(lease, QEMU)).isPresent();
      assertThat(Lease.removeOrphans(site.state())).containsExactly(lease);
      Cli.await("the machine is gone", () -> BenchSite.process(lease, QEMU).isEmpty());
      site.assertNothingLeftOf(lease);
    }
  }

  @Test
  void twoBenchesAtOnceHaveMachinesOfTheirOwn() throws Exception {
    Path second = folder.resolve("second");
    try (Cli.Running first = bench(directory, "--duration", "1").start();
        Cli.Running other = bench(second, "--duration", "1").start()) {
      Cli.await("both hold a lease", () -> site.leases().size() == 2);
      List<String> leases = site.leases();
      for (Cli.Running running : List.of(first, other)) {
        Cli.Result result = running.await();
        assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(0);
      }
      site.assertNothingLeftOf(leases.toArray(String[]::new));
    }
  }

  @Test
  void aKernelThatIsNoneIsAnErrorBeforeAnythingIsStarted() throws Exception {
    Path file = Files.writeString(folder.resolve("notes.txt"), "no kernel at all\n");
    Cli.Result result = bench(directory, "--guest-kernel", file.toString()).run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).contains("error[GUEST-KERNEL]: ").contains("notes.txt");
    assertThat(directory).doesNotExist();
    assertThat(site.leases()).isEmpty();
  }

  @Test
  void optionsOutOfRangeAreErrorsBeforeAnythingIsStarted() throws Exception {
    for (List<String> wrong :
        List.of(
            List.of("--vcpus", "0"),
            List.of("--queues", "2"),
            List.of("--memory", "7"),
            List.of("--machine", "toaster"),
            List.of("--accelerator", "hope"))) {
      Cli.Result result =
          site.bench(
                  "--environment",
                  "microvm",
                  "-o",
                  directory.toString(),
                  wrong.getFirst(),
                  wrong.getLast())
              .run();
      assertThat(result.exitCode()).as(wrong + result.stderr()).isEqualTo(2);
      assertThat(result.stderr()).contains(wrong.getFirst(), wrong.getLast());
    }
    assertThat(directory).doesNotExist();
    assertThat(site.leases()).isEmpty();
  }
}
