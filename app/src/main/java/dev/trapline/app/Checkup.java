// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureSource;
import dev.trapline.environment.lab.NestedLab;
import dev.trapline.environment.qemu.KvmProbe;
import dev.trapline.environment.vmm.VmmDriver;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.Lease;
import dev.trapline.host.LibC;
import dev.trapline.host.MachineFacts;
import dev.trapline.host.NetworkNamespace;
import dev.trapline.host.ProcFs;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Tries everything once. A presence proves nothing: a program is loaded, a namespace made, a guest
/// booted.
final class Checkup {
  private static final int O_RDWR = 2;
  private static final Duration GUEST_BOOTS_WITHIN = Duration.ofSeconds(6);

  /// What SeaBIOS says when it has run through and found nothing to start.
  private static final String GUEST_HAS_RUN = "No bootable device";

  /// One answer.
  ///
  /// @param seen the value that was seen
  /// @param remedy null if it works, or if nothing can be done
  record Finding(String name, boolean works, String seen, @Nullable String remedy) {}

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    Map<String, String> machine = MachineFacts.read();
    findings.add(
        new Finding(
            "kernel",
            true,
            "Linux "
                + machine.getOrDefault("kernel", "unknown")
                + ", "
                + machine.getOrDefault("architecture", "unknown")
                + ", "
                + machine.getOrDefault("cpus", "?")
                + " CPUs"
                + ("yes".equals(machine.get("hypervisor")) ? ", a virtual machine" : ""),
            null));
    findings.add(
        LibC.isRoot()
            ? new Finding("root", true, "effective uid is 0", null)
            : new Finding(
                "root",
                false,
                "effective uid is not 0: no eBPF, no namespaces; loopback and strace still work",
                "sudo ./trapline ..."));
    findings.add(btf());
    for (CaptureSource source : CaptureChooser.SOURCES) {
      findings.add(capture(source));
    }
    findings.add(tracepoints());
    findings.add(namespaces());
    findings.add(device("tun", "/dev/net/tun", "modprobe tun"));
    findings.add(tool("iperf3"));
    findings.add(tool("sockperf"));
    findings.add(tool("ssh", "-V"));
    findings.add(tool("qemu-system-x86_64"));
    findings.add(kvm());
    findings.add(device("vhost-net", "/dev/vhost-net", "modprobe vhost_net"));
    for (String name : List.of("kvm", "kvm-vhost", "microvm")) {
      findings.add(virtualMachines(name));
    }
    findings.add(lab());
    return findings;
  }

  /// Whether a guest really boots under KVM is found out by the first bench, and kept.
  private static Finding virtualMachines(String name) {
    String line = "environment " + name;
    Optional<VmmDriver.Missing> missing = EnvironmentChooser.missing(name);
    if (missing.isPresent()) {
      return new Finding(line, false, missing.get().reason(), missing.get().remedy());
    }
    Optional<String> tried = KvmProbe.known();
    String seen;
    if (!Files.exists(Path.of("/dev/kvm"))) {
      seen = "guests would be emulated (tcg), since there is no /dev/kvm";
    } else if (tried.isEmpty()) {
      seen = "can be made; the first bench tries whether a guest boots under KVM, else tcg";
    } else if (KvmProbe.obstacle().isEmpty()) {
      seen = "a guest booted under KVM since this machine was started";
    } else {
      seen = "guests would be emulated (tcg), since " + tried.get();
    }
    return new Finding(line, true, seen, null);
  }

  private static Finding lab() {
    return NestedLab.unavailable()
        .map(obstacle ->
            new Finding(
                "lab", false, obstacle, "apt-get install qemu-system-x86 busybox-static iproute2"))
        .orElseGet(
            () -> new Finding("lab", true, "can be started: trapline lab bench -o DIR", null));
  }

  private static Finding btf() {
    Path types = Path.of("/sys/kernel/btf/vmlinux");
    try {
      return new Finding("btf", true, types + ", " + Files.size(types) + " bytes", null);
    } catch (IOException missing) {
      return new Finding(
          "btf",
          false,
          types + " is missing: the eBPF programs cannot be fitted to this kernel",
          "boot a kernel built with CONFIG_DEBUG_INFO_BTF, such as Debian's own");
    }
  }

  private static Finding capture(CaptureSource source) {
    String name = "capture " + source.name();
    Optional<CaptureSource.Unavailable> unavailable = source.unavailable();
    return unavailable.isEmpty()
        ? new Finding(name, true, "tried: " + source.description(), null)
        : new Finding(name, false, unavailable.get().reason(), unavailable.get().remedy());
  }

  private static Finding tracepoints() {
    for (String folder : List.of("/sys/kernel/tracing", "/sys/kernel/debug/tracing")) {
      Path formats = Path.of(folder, "events", "syscalls", "sys_enter_read", "format");
      if (Files.isReadable(formats)) {
        return new Finding("tracepoints", true, folder + " is readable", null);
      }
    }
    return new Finding(
        "tracepoints",
        false,
        "no tracefs with syscall events is readable; eBPF capture does not need it, perf does",
        "mount -t tracefs tracefs /sys/kernel/tracing");
  }

  private static Finding namespaces() {
    if (!LibC.isRoot()) {
      return new Finding(
          "netns", false, "making a network namespace needs root", "sudo ./trapline ...");
    }
    try (Lease lease = Lease.take(Lease.defaultFolder())) {
      String name = "trapline-" + lease.id() + "-doctor";
      lease.holdNamespace(name);
      NetworkNamespace.create(name);
      return new Finding("netns", true, "made and removed a network namespace", null);
    } catch (TraplineException failure) {
      return new Finding("netns", false, String.valueOf(failure.getMessage()), failure.remedy());
    }
  }

  private static Finding device(String name, String path, String remedy) {
    try {
      LibC.close(LibC.open(path, O_RDWR));
      return new Finding(name, true, path + " opens", null);
    } catch (LibC.Failure failure) {
      return new Finding(name, false, String.valueOf(failure.getMessage()), remedy);
    }
  }

  private static Finding tool(String name) {
    return tool(name, "--version");
  }

  private static Finding tool(String name, String versionOption) {
    Optional<Path> found = Tool.find(name);
    if (found.isEmpty()) {
      return new Finding(name, false, "not on PATH", "apt-get install " + Tool.packageOf(name));
    }
    String words = Tool.run(List.of(name, versionOption)).output();
    return new Finding(name, true, words.lines().findFirst().orElse(found.get().toString()), null);
  }

  /// The device alone may be an emulator that takes minutes for what a CPU does in a second.
  private static Finding kvm() {
    Finding device =
        device(
            "kvm",
            "/dev/kvm",
            "modprobe kvm_intel or kvm_amd; in a virtual machine, turn on nested virtualisation on its host");
    if (!device.works()) {
      return device;
    }
    String flags = " " + ProcFs.read("cpuinfo").orElse("").replace('\n', ' ') + " ";
    // An arm64 kernel makes /dev/kvm only where the CPU has the means; x86 has flags to look at.
    boolean hardware =
        System.getProperty("os.arch").equals("aarch64")
            || flags.contains(" vmx ")
            || flags.contains(" svm ");
    String seen =
        "/dev/kvm opens; the CPU "
            + (hardware ? "has" : "has neither vmx nor svm, so no")
            + " hardware virtualisation";
    if (!hardware) {
      // Such a host emulates each instruction: firmware runs, and a kernel seems to hang.
      return new Finding(
          "kvm",
          false,
          seen + ": a guest would be emulated instruction by instruction",
          "use a host with hardware virtualisation, or turn it on in the firmware");
    }
    if (Tool.find("qemu-system-x86_64").isEmpty()) {
      return new Finding(
          "kvm",
          false,
          seen + "; no guest was booted to prove it, as QEMU is missing",
          "apt-get install qemu-system-x86");
    }
    try {
      return guestBoots()
          ? new Finding("kvm", true, seen + "; a guest's firmware ran to its end", null)
          : new Finding(
              "kvm",
              false,
              seen
                  + "; a guest's firmware did not run to its end within "
                  + GUEST_BOOTS_WITHIN.toSeconds()
                  + " s",
              "use a host with hardware virtualisation");
    } catch (IOException failure) {
      return new Finding("kvm", false, seen + "; " + failure.getMessage(), "check /tmp");
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      return new Finding("kvm", false, seen + "; interrupted", null);
    }
  }

  private static boolean guestBoots() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("trapline-kvm-");
    Path words = folder.resolve("firmware");
    try (Lease lease = Lease.take(Lease.defaultFolder())) {
      ChildProcess guest =
          ChildProcess.start(
              Launch.background(
                  List.of(
                      "qemu-system-x86_64",
                      "-accel",
                      "kvm",
                      "-M",
                      "pc",
                      "-m",
                      "64",
                      "-nodefaults",
                      "-display",
                      "none",
                      "-no-reboot",
                      "-chardev",
                      "file,id=firmware,path=" + words,
                      "-device",
                      "isa-debugcon,iobase=0x402,chardev=firmware"),
                  folder.resolve("stdout"),
                  folder.resolve("stderr"),
                  null,
                  lease.id()));
      long deadline = System.nanoTime() + GUEST_BOOTS_WITHIN.toNanos();
      boolean booted = false;
      while (!booted && guest.isAlive() && System.nanoTime() < deadline) {
        Optional<LibC.Ended> ended = guest.await(Duration.ofMillis(50));
        booted =
            Files.exists(words)
                && new String(Files.readAllBytes(words), StandardCharsets.ISO_8859_1)
                    .contains(GUEST_HAS_RUN);
        if (ended.isPresent()) {
          break;
        }
      }
      guest.kill();
      guest.await();
      return booted;
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
