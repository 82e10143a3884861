// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.environment.guest.MachineSettings;
import dev.trapline.environment.qemu.QemuDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What virtual machines are like, as every verb that starts some asks for it.
final class MachineOptions {
  private static final String TOPOLOGIES = "guest-guest or host-guest";

  @Option(
      names = "--topology",
      defaultValue = "guest-guest",
      paramLabel = "KIND",
      description =
          "guest-guest: a virtual machine at each end of a bridge; host-guest: the server in one,"
              + " the client on the host (default: guest-guest).")
  private String topology = "guest-guest";

  @Option(
      names = "--accelerator",
      defaultValue = "auto",
      paramLabel = "NAME",
      description =
          "kvm; tcg: emulated, not representative; auto: kvm if a guest really boots under it"
              + " (default: auto).")
  private String accelerator = "auto";

  @Option(
      names = "--machine",
      defaultValue = "pc",
      paramLabel = "TYPE",
      description = "pc, q35 or microvm, for the environments kvm and kvm-vhost (default: pc).")
  private String machine = "pc";

  @Option(
      names = "--vcpus",
      defaultValue = "1",
      paramLabel = "N",
      description = "Virtual CPUs of each guest (default: 1).")
  private int vcpus = 1;

  @Option(
      names = "--memory",
      defaultValue = "256",
      paramLabel = "MIB",
      description = "Memory of each guest, in MiB (default: 256).")
  private int memory = 256;

  @Option(
      names = "--queues",
      defaultValue = "1",
      paramLabel = "N",
      description = "Queue pairs of each network card, up to --vcpus (default: 1).")
  private int queues = 1;

  @Option(
      names = "--guest-kernel",
      paramLabel = "FILE",
      description = "Your own kernel (default: Debian's cloud kernel, fetched once).")
  private @Nullable Path guestKernel;

  @Option(
      names = "--guest-initrd",
      paramLabel = "FILE",
      description = "Your own initramfs with both tools in it; Trapline's agent is added.")
  private @Nullable Path guestInitrd;

  @Option(
      names = "--guest-rootfs",
      paramLabel = "FILE",
      description = "Image of your own root file system with both tools in it; read only.")
  private @Nullable Path guestRootfs;

  @Option(
      names = "--guest-ready-within",
      defaultValue = "90",
      paramLabel = "SECONDS",
      description = "How long a guest may take to boot (default: 90).")
  private int readyWithin = 90;

  @Option(
      names = "--firecracker",
      paramLabel = "FILE",
      description = "The Firecracker binary (default: firecracker on PATH).")
  private @Nullable Path firecracker;

  /// `auto`, `kvm` or `tcg`.
  String accelerator() {
    return accelerator;
  }

  QemuDriver.Machine machine() {
    for (QemuDriver.Machine candidate : QemuDriver.Machine.values()) {
      if (candidate.label().equals(machine)) {
        return candidate;
      }
    }
    throw misuse("--machine is '" + machine + "'; it is pc, q35 or microvm.", "--machine pc");
  }

  @Nullable Path firecracker() {
    return firecracker;
  }

  /// All of them, checked.
  ///
  /// @throws TraplineException `USAGE`
  MachineSettings settings() {
    if (!accelerator.equals("auto") && !accelerator.equals("kvm") && !accelerator.equals("tcg")) {
      throw misuse(
          "--accelerator is '" + accelerator + "'; it is auto, kvm or tcg.", "--accelerator auto");
    }
    machine();
    checkRange("--vcpus", vcpus, 1, 64);
    checkRange("--memory", memory, 64, 65_536);
    checkRange("--queues", queues, 1, vcpus);
    checkRange("--guest-ready-within", readyWithin, 1, 3600);
    if (guestInitrd != null && guestRootfs != null) {
      throw misuse(
          "--guest-initrd and --guest-rootfs were both given; a guest has one file system.",
          "leave one of them out");
    }
    checkFile("--guest-initrd", guestInitrd);
    checkFile("--guest-rootfs", guestRootfs);
    return new MachineSettings(
        topologyWord(),
        vcpus,
        memory,
        queues,
        guestKernel,
        guestInitrd,
        guestRootfs,
        Duration.ofSeconds(readyWithin));
  }

  private MachineSettings.Topology topologyWord() {
    for (MachineSettings.Topology candidate : MachineSettings.Topology.values()) {
      if (candidate.label().equals(topology.toLowerCase(Locale.ROOT))) {
        return candidate;
      }
    }
    throw misuse(
        "--topology is '" + topology + "'; it is " + TOPOLOGIES + ".", "--topology guest-guest");
  }

  private static void checkRange(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw misuse(
          option + " is " + value + "; it must be from " + least + " to " + most + ".",
          option + " " + least);
    }
  }

  private static void checkFile(String option, @Nullable Path file) {
    if (file != null && !Files.isReadable(file)) {
      throw misuse(option + " is " + file + ", which cannot be read.", "ls -l " + file);
    }
  }

  private static TraplineException misuse(String fact, String remedy) {
    return new TraplineException("USAGE", fact, remedy);
  }
}
