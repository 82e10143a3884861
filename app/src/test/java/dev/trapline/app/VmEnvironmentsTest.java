// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Virtual machines from start to end, with QEMU's emulator, which is everywhere: two guests on a
/// bridge and one beside its host, on both kinds of machine, in one run with network namespaces.
class VmEnvironmentsTest {
  @TempDir static Path folder;
  private static Path guests;
  private static Path host;
  private static String lease;
  private static BenchSite site;
  private static Cli.Result both;
  private static Cli.Result hostGuest;

  @BeforeAll
  static void runBothTopologies() throws Exception {
    Needs.virtualMachines();
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    guests = folder.resolve("guests");
    host = folder.resolve("host");
    try (Cli.Running running =
        site.bench(
                "--environment",
                "netns,kvm,microvm,kvm-vhost",
                "--accelerator",
                "tcg",
                "--duration",
                "1",
                "--repeats",
                "1",
                "--guest-ready-within",
                "300",
                "-o",
                guests.toString())
            .start()) {
      lease = site.awaitLease();
      both = running.await();
    }
    hostGuest =
        site.bench(
                "--environment",
                "kvm",
                "--machine",
                "microvm",
                "--topology",
                "host-guest",
                "--accelerator",
                "tcg",
                "--duration",
                "1",
                "--repeats",
                "1",
                "--guest-ready-within",
                "300",
                "-o",
                host.toString())
            .run();
  }

  private static List<JsonNode> trials(Path run, String environment) {
    List<JsonNode> trials = new ArrayList<>();
    for (JsonNode trial : ShowCommandTest.shownAsJson(run).path("trials")) {
      if (trial.path("environment").asString().equals(environment)) {
        trials.add(trial);
      }
    }
    return trials;
  }

  private static JsonNode environment(Path run, String name) {
    for (JsonNode facts : ShowCommandTest.shownAsJson(run).path("environments")) {
      if (facts.path("name").asString().equals(name)) {
        return facts;
      }
    }
    throw new AssertionError("no facts of " + name);
  }

  @Test
  void everyTrialOfEveryEnvironmentHasAnOutcome() {
    for (String environment : List.of("netns", "kvm", "microvm")) {
      assertThat(trials(guests, environment))
          .as(both.stderr())
          .hasSize(4)
          .allSatisfy(trial -> {
            assertThat(trial.path("failure").isNull()).as(trial.toString()).isTrue();
            assertThat(trial.path("outcome").isObject()).isTrue();
            assertThat(trial.path("roles").propertyNames()).containsExactly("client", "server");
          });
    }
    assertThat(hostGuest.exitCode()).as(hostGuest.stderr()).isEqualTo(0);
    assertThat(trials(host, "kvm"))
        .hasSize(4)
        .allSatisfy(trial -> assertThat(trial.path("failure").isNull()).isTrue());
  }

  @Test
  void trialsOfAllEnvironmentsAreInterleavedIntoOneRun() {
    List<String> order = new ArrayList<>();
    for (JsonNode trial : ShowCommandTest.shownAsJson(guests).path("trials")) {
      order.add(trial.path("environment").asString());
    }
    assertThat(order).hasSize(12);
    assertThat(new TreeSet<>(order.subList(0, 9)))
        .as("one block of a shuffled plan: %s", order)
        .hasSize(3);
  }

  @Test
  void emulatedEnvironmentsAreMarkedAndOthersAreNot() {
    assertThat(environment(guests, "kvm").path("emulated").asBoolean()).isTrue();
    assertThat(environment(guests, "microvm").path("emulated").asBoolean()).isTrue();
    assertThat(environment(guests, "kvm").path("settings").path("accelerator").asString())
        .isEqualTo("tcg");
    assertThat(environment(guests, "microvm").path("settings").path("machine").asString())
        .isEqualTo("microvm");
    assertThat(environment(guests, "kvm").path("settings").path("guest-kernel").asString())
        .startsWith("linux-image-");
    assertThat(environment(host, "kvm").path("settings").path("topology").asString())
        .isEqualTo("host-guest");
  }

  @Test
  void whatCannotBeMadeIsSkippedWithItsReasonAndTheOthersGoOn() {
    if (Files.exists(Path.of("/dev/vhost-net"))) {
      assertThat(trials(guests, "kvm-vhost")).hasSize(4);
      return;
    }
    // Trials are missing.
    assertThat(both.exitCode()).isEqualTo(1);
    assertThat(both.stderr().replaceAll("\\s+", " "))
        .contains("skipping kvm-vhost: /dev/vhost-net is missing");
    assertThat(environment(guests, "kvm-vhost").path("skipped").asString())
        .contains("/dev/vhost-net");
    assertThat(trials(guests, "kvm-vhost")).isEmpty();
  }

  @Test
  void aSideInAGuestHasItsMonitorsThreadsAndTheirCpuTime() {
    for (JsonNode trial : trials(guests, "kvm")) {
      for (JsonNode role : trial.path("roles")) {
        JsonNode vmm = role.path("vmm");
        assertThat(vmm.path("command").path(0).asString()).isEqualTo("qemu-system-x86_64");
        Set<String> kinds = new TreeSet<>();
        long sum = 0;
        for (JsonNode thread : vmm.path("threads")) {
          kinds.add(thread.path("kind").asString());
          sum += thread.path("cpuNanos").asLong();
        }
        assertThat(kinds).contains("main-loop", "vcpu");
        assertThat(sum).isPositive().isEqualTo(role.path("cpuNanos").asLong());
        assertThat(role.path("exitCode").asInt(-1)).isNotNegative();
      }
    }
  }

  @Test
  void onTheHostBesideAGuestOnlyTheServerHasAMonitor() {
    for (JsonNode trial : trials(host, "kvm")) {
      assertThat(trial.path("roles").path("server").path("vmm").isObject()).isTrue();
      assertThat(trial.path("roles").path("client").path("vmm").isObject()).isFalse();
    }
  }

  @Test
  void tracedTrialsHaveTheMonitorsCallsOnItsTap() {
    for (Path run : List.of(guests, host)) {
      JsonNode json = ShowCommandTest.shownAsJson(run);
      assertThat(json.path("completeness").path("verdict").asString()).isEqualTo("complete");
      Set<String> onTap = new TreeSet<>();
      for (JsonNode row : json.path("tallies")) {
        if (row.path("environment").asString().equals("kvm") && row.toString().contains("tun")) {
          onTap.add(row.path("role").asString() + " " + row.path("syscall").asString());
        }
      }
      assertThat(onTap).contains("server read", "server writev");
    }
  }

  @Test
  void whatToolsPrintedInAGuestIsKeptAsALocalToolsIs() throws IOException {
    for (JsonNode trial : trials(guests, "microvm")) {
      Path raw = guests.resolve("raw").resolve(trial.path("id").asString());
      assertThat(raw.resolve("client.stdout")).isNotEmptyFile();
      assertThat(raw.resolve("client.stderr")).isRegularFile();
      assertThat(raw.resolve("server.stdout")).isRegularFile();
    }
    assertThat(Files.readString(guests.resolve("raw/kvm/kvm-server.console")))
        .contains("TRAPLINE ", "READY ");
  }

  @Test
  void nothingIsLeft() {
    site.assertNothingLeftOf(lease);
  }
}
