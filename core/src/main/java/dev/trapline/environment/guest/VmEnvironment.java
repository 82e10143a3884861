// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import dev.trapline.environment.Environment;
import dev.trapline.environment.Site;
import dev.trapline.environment.vmm.VmmDriver;
import dev.trapline.host.LibC;
import dev.trapline.host.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Virtual machines of one kind, as a place to run workloads in: the study's environments.
public final class VmEnvironment implements Environment {
  private final String name;
  private final VmmDriver driver;
  private final MachineSettings settings;
  private final GuestImage image;
  private final boolean emulated;

  /// @param name the word of `--environment`
  /// @param emulated whether the guest's instructions are emulated in software, by the monitor or
  ///   because this machine is emulated itself
  public VmEnvironment(
      String name, VmmDriver driver, MachineSettings settings, GuestImage image, boolean emulated) {
    this.name = name;
    this.driver = driver;
    this.settings = settings;
    this.image = image;
    this.emulated = emulated;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    SortedMap<String, String> words = driver.settings();
    String machine =
        driver.name()
            + (words.containsKey("machine") ? " " + words.get("machine") : "")
            + " with "
            + words.getOrDefault("accelerator", "kvm")
            + ", packets moved by "
            + ("on".equals(words.get("vhost")) ? "vhost-net" : "the monitor itself");
    return switch (settings.topology()) {
      case GUEST_GUEST -> "a virtual machine at each end of a bridge: " + machine;
      case HOST_GUEST -> "server in a virtual machine, client on its host: " + machine;
    };
  }

  @Override
  public Optional<String> unavailable() {
    return missing().map(missing -> missing.reason() + "; " + missing.remedy());
  }

  /// The same, with its code.
  public Optional<VmmDriver.Missing> missing() {
    if (!LibC.isRoot()) {
      return missing(
          "taps and network namespaces need root",
          "sudo ./trapline ..., or --environment loopback");
    }
    if (Tool.find("ip").isEmpty()) {
      return missing("ip(8) is missing", "apt-get install iproute2");
    }
    if (!Files.exists(Path.of("/dev/net/tun"))) {
      return missing("/dev/net/tun is missing, and taps need it", "modprobe tun");
    }
    if (Tool.find("busybox").isEmpty()) {
      return missing("busybox is missing, and guests run it", "apt-get install busybox-static");
    }
    return driver.missing();
  }

  private static Optional<VmmDriver.Missing> missing(String reason, String remedy) {
    return Optional.of(new VmmDriver.Missing("ENVIRONMENT-UNAVAILABLE", reason, remedy));
  }

  @Override
  public boolean emulated() {
    return emulated;
  }

  @Override
  public SortedMap<String, String> settings() {
    SortedMap<String, String> all = new TreeMap<>(driver.settings());
    all.put("topology", settings.topology().label());
    all.put("vcpus", Integer.toString(settings.vcpus()));
    all.put("memory-mib", Integer.toString(settings.memoryMebibytes()));
    all.put("queues", Integer.toString(settings.queues()));
    String origin = image.origin();
    if (origin != null) {
      all.put("guest-kernel", origin);
    }
    if (settings.initrd() != null) {
      all.put("guest-initrd", settings.initrd().toString());
    }
    if (settings.rootDisk() != null) {
      all.put("guest-rootfs", settings.rootDisk().toString());
    }
    return all;
  }

  @Override
  public Prepared prepare(Site site) throws InterruptedException {
    return new VmPrepared(name, driver, settings, image.build(), site);
  }
}
