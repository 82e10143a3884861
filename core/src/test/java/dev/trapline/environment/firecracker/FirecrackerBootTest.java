// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.TraplineException;
import dev.trapline.environment.Environment;
import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.GuestProgram;
import dev.trapline.environment.Node;
import dev.trapline.environment.Site;
import dev.trapline.environment.guest.GuestImage;
import dev.trapline.environment.guest.MachineSettings;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.host.Lease;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.host.Tool;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The environment `firecracker` with the fake as its binary, which boots the guest that it is told
/// to boot as a microvm of QEMU's: network, image, agent and driver together.
class FirecrackerBootTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir Path folder;

  private static void skip(String reason) {
    System.out.println("skipped: " + reason);
    abort("skipped: " + reason);
  }

  private static void needs() {
    if (!LibC.isRoot()) {
      skip("taps and namespaces need root");
    }
    for (String tool : List.of("qemu-system-x86_64", "busybox", "iperf3", "sockperf", "ip")) {
      if (Tool.find(tool).isEmpty()) {
        skip("there is no " + tool + "; apt-get install " + Tool.packageOf(tool));
      }
    }
    if (!Files.exists(Path.of("/dev/net/tun")) || !Files.exists(Path.of("/dev/kvm"))) {
      skip("there is no /dev/net/tun or no /dev/kvm");
    }
  }

  private Path binary() throws Exception {
    Path script = folder.resolve("firecracker");
    Files.writeString(
        script,
        "#!/bin/sh\nTRAPLINE_FAKE_QEMU=qemu-system-x86_64 exec '"
            + Path.of(System.getProperty("java.home"), "bin", "java")
            + "' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '"
            + System.getProperty("java.class.path")
            + "' "
            + FakeFirecracker.class.getName()
            + " \"$@\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }

  @Test
  void aGuestBootsAnswersAndIsGone() throws Exception {
    needs();
    MachineSettings settings =
        new MachineSettings(
            MachineSettings.Topology.HOST_GUEST, 1, 256, 1, null, null, null, PATIENCE);
    GuestImage image = new GuestImage(settings, _ -> {});
    try {
      image.build();
    } catch (TraplineException failure) {
      if (failure.code().equals("GUEST-KERNEL-DOWNLOAD")) {
        skip(String.valueOf(failure.getMessage()));
      }
      throw failure;
    }
    VmEnvironment environment =
        new VmEnvironment("firecracker", new FirecrackerDriver(binary()), settings, image, true);
    assertThat(environment.missing()).isEmpty();
    Path kept = Files.createDirectory(folder.resolve("kept"));
    int pid;
    try (Lease lease = Lease.take(Files.createDirectory(folder.resolve("leases")));
        Environment.Prepared place = environment.prepare(new Site(lease, kept))) {
      GuestMachine machine = ((Node.Guest) place.server()).machine();
      pid = machine.pid();
      place.ready();
      Path output = folder.resolve("output");
      GuestProgram program =
          machine.arm(List.of("iperf3", "--version"), GuestMachine.Listening.NOT);
      program.go();
      assertThat(program.await(PATIENCE)).isTrue();
      assertThat(program.end().exitCode()).isZero();
      program.deliver(output, folder.resolve("error"));
      assertThat(Files.readString(output, StandardCharsets.UTF_8)).startsWith("iperf 3");
      assertThat(Objects.requireNonNull(machine.networkCounters())).containsKey("rx_bytes_count");
      place.rest();
      place.ready();
      GuestProgram next = machine.arm(List.of("true"), GuestMachine.Listening.NOT);
      next.go();
      assertThat(next.await(PATIENCE)).isTrue();
    }
    assertThat(ProcFs.stat(pid)).isEmpty();
    assertThat(kept.resolve("firecracker-server.firecracker-metrics")).isNotEmptyFile();
    assertThat(kept.resolve("firecracker-server.console")).isNotEmptyFile();
  }
}
