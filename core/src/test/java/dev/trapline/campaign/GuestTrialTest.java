// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.environment.Environment;
import dev.trapline.environment.Node;
import dev.trapline.environment.Site;
import dev.trapline.environment.guest.GuestImage;
import dev.trapline.environment.guest.MachineSettings;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.environment.qemu.QemuDriver;
import dev.trapline.host.Lease;
import dev.trapline.host.Tool;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Trial;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Sockperf;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Untraced trials between a real guest under QEMU's emulator and its host, in both directions.
class GuestTrialTest {
  private static final MachineSettings SETTINGS =
      new MachineSettings(
          MachineSettings.Topology.HOST_GUEST,
          1,
          192,
          1,
          null,
          null,
          null,
          // A deadline against hanging, not an expectation.
          Duration.ofMinutes(3));

  private static final Environment ENVIRONMENT =
      new VmEnvironment(
          "microvm",
          new QemuDriver("tcg", QemuDriver.Machine.MICROVM, false),
          SETTINGS,
          new GuestImage(SETTINGS, System.out::println),
          true);

  @TempDir static Path folder;
  private static Lease lease;
  private static Environment.Prepared place;
  private static int number;

  @BeforeAll
  static void bootOneGuest() throws Exception {
    ENVIRONMENT.unavailable().ifPresent(GuestTrialTest::skip);
    for (String tool : List.of("iperf3", "sockperf")) {
      if (Tool.find(tool).isEmpty()) {
        skip(tool + " is not on PATH: apt-get install " + Tool.packageOf(tool));
      }
    }
    lease = Lease.take(Files.createDirectory(folder.resolve("state")));
    try {
      place = ENVIRONMENT.prepare(new Site(lease, Files.createDirectory(folder.resolve("kept"))));
    } catch (TraplineException failure) {
      if (failure.code().equals("GUEST-KERNEL-DOWNLOAD")) {
        skip(String.valueOf(failure.getMessage()));
      }
      throw failure;
    }
  }

  private static void skip(String reason) {
    System.out.println("skipped: " + reason);
    abort(reason);
  }

  @AfterAll
  static void endIt() {
    if (place != null) {
      place.close();
    }
    if (lease != null) {
      lease.close();
    }
  }

  /// The same two places, with the server on the host.
  private record Turned(Environment.Prepared other) implements Environment.Prepared {
    @Override
    public Node server() {
      return other.client();
    }

    @Override
    public Node client() {
      return other.server();
    }

    @Override
    public void ready() throws InterruptedException {
      other.ready();
    }

    @Override
    public void rest() throws InterruptedException {
      other.rest();
    }

    @Override
    public void close() {
      other.close();
    }
  }

  private static Trial run(Workload workload, int clients, Environment.Prepared between)
      throws InterruptedException {
    TrialRunner runner =
        new TrialRunner(
            new TrialRunner.Counting(
                target -> {
                  throw new AssertionError("an untraced trial starts no capture");
                },
                "none",
                CaptureLevel.LIGHT),
            lease.id(),
            new Campaign("test", List.of(ENVIRONMENT), List.of(workload), 1, 1, 1, 1, CpuSets.ANY));
    number++;
    Path raw = folder.resolve("raw-" + number);
    try {
      Files.createDirectory(raw);
    } catch (java.io.IOException impossible) {
      throw new AssertionError(impossible);
    }
    return runner
        .run(
            new Campaign.PlannedTrial(
                "t" + number,
                ENVIRONMENT,
                new PlannedWorkload("test", workload, clients),
                1,
                false),
            1,
            between,
            raw)
        .trial();
  }

  private static void assertCarried(Trial trial, String guest, String local) {
    assertThat(trial.failure()).isNull();
    assertThat(trial.outcome()).isNotNull();
    RoleUse inGuest = Objects.requireNonNull(trial.roles().get(guest));
    assertThat(inGuest.vmm()).isNotNull();
    assertThat(inGuest.cpuNanos()).isPositive();
    RoleUse onHost = Objects.requireNonNull(trial.roles().get(local));
    assertThat(onHost.vmm()).isNull();
    assertThat(onHost.exitCode()).isZero();
  }

  @Test
  void aServerInAGuestIsAskedByAClientOnItsHost() throws Exception {
    assertCarried(run(new Iperf3(1, 1, 5301), 1, place), "server", "client");
    assertCarried(
        run(new Sockperf(64, 1, 5302, Sockperf.Protocol.UDP), 1, place), "server", "client");
  }

  @Test
  void aClientInAGuestAsksAServerOnItsHost() throws Exception {
    Environment.Prepared turned = new Turned(place);
    assertCarried(run(new Iperf3(1, 1, 5303), 1, turned), "client", "server");
    assertCarried(
        run(new Sockperf(64, 1, 5304, Sockperf.Protocol.UDP), 1, turned), "client", "server");
  }

  @Test
  void severalClientsInAGuestGoTogetherAndTheirMonitorIsCountedOnce() throws Exception {
    Trial trial = run(new Iperf3(1, 1, 5310), 3, new Turned(place));
    assertCarried(trial, "client", "server");
    assertThat(((Throughput) Objects.requireNonNull(trial.outcome())).received().count())
        .isPositive();
    RoleUse client = Objects.requireNonNull(trial.roles().get("client"));
    assertThat(Objects.requireNonNull(client.vmm()).threads())
        .extracting(thread -> thread.tid())
        .doesNotHaveDuplicates();
    for (String name : List.of("client", "client-2", "client-3", "server-3")) {
      assertThat(folder.resolve("raw-" + number).resolve(name + ".stdout")).isNotEmptyFile();
    }
  }

  @Test
  void aPortInUseInAGuestFailsTheTrialInTheToolsOwnWords() throws Exception {
    Node.Guest guest = (Node.Guest) place.server();
    place.ready();
    var other =
        guest
            .machine()
            .arm(
                List.of("iperf3", "-s", "-B", guest.address(), "-p", "5320"),
                new dev.trapline.environment.GuestMachine.Listening("tcp", 5320));
    other.go();
    while (!other.isListening()) {
      other.await(Duration.ofMillis(20));
    }
    Trial trial = run(new Iperf3(1, 1, 5320), 1, place);
    assertThat(trial.outcome()).isNull();
    assertThat(trial.failure())
        .startsWith("SERVER-NOT-READY: iperf3 (server) ended with 1 before it listened on port")
        .contains("It said:");
    assertThat(trial.roles()).isEmpty();
    place.ready();
    other.signal(9);
    assertThat(other.await(Duration.ofMinutes(1))).isTrue();
    place.rest();
  }
}
