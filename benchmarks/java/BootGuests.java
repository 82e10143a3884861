// SPDX-License-Identifier: Apache-2.0

import dev.trapline.environment.Environment;
import dev.trapline.environment.Site;
import dev.trapline.environment.guest.GuestImage;
import dev.trapline.environment.guest.MachineSettings;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.environment.image.GuestKernel;
import dev.trapline.environment.image.Initramfs;
import dev.trapline.environment.qemu.QemuDriver;
import dev.trapline.host.Lease;
import dev.trapline.host.Tool;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;

/// For `boot-guests.sh`. `plain FOLDER`: writes an initramfs that only says a word and powers off,
/// and prints the kernel's and its path. Else boots one guest of an environment as `bench` does, and
/// prints "NAME MILLISECONDS" for the image and for the guest until it is ready for a workload.
public final class BootGuests {
  private static final String SPEAK_AND_END =
      "#!/bin/sh\necho plain-guest-is-up\n/bin/poweroff -f\n";

  private BootGuests() {}

  /// Arguments: `plain FOLDER`, or `ACCELERATOR MACHINE FOLDER`.
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("plain")) {
      plain(Path.of(arguments[1]));
    } else {
      boot(arguments[0], arguments[1], Path.of(arguments[2]));
    }
  }

  private static void plain(Path folder) {
    GuestKernel kernel = GuestKernel.debian(GuestKernel.Flavour.CLOUD, System.err::println);
    TreeMap<String, byte[]> files = new TreeMap<>();
    files.put("init", SPEAK_AND_END.getBytes(StandardCharsets.UTF_8));
    Path image = folder.resolve("plain.cpio");
    new Initramfs(kernel, List.of(), List.of(Tool.find("busybox").orElseThrow()), files)
        .buildTo(image);
    System.out.println(kernel.file());
    System.out.println(image);
  }

  private static void boot(String accelerator, String machine, Path folder) throws Exception {
    QemuDriver.Machine type =
        List.of(QemuDriver.Machine.values()).stream()
            .filter(candidate -> candidate.label().equals(machine))
            .findFirst()
            .orElseThrow();
    MachineSettings settings =
        new MachineSettings(
            MachineSettings.Topology.HOST_GUEST,
            1,
            256,
            1,
            null,
            null,
            null,
            Duration.ofMinutes(5));
    GuestImage image = new GuestImage(settings, news -> {});
    long start = System.nanoTime();
    image.build();
    print("image", start);
    start = System.nanoTime();
    new GuestImage(settings, news -> {}).build();
    print("image-again", start);
    Path kept = Files.createTempDirectory(folder, "kept");
    try (Lease lease = Lease.take(folder.resolve("state"))) {
      Environment environment =
          new VmEnvironment(
              "kvm",
              new QemuDriver(accelerator, type, false),
              settings,
              image,
              accelerator.equals("tcg"));
      start = System.nanoTime();
      Environment.Prepared prepared =
          environment.prepare(new Site(lease, kept, List.of(), List.of()));
      print("ready-" + machine, start);
      prepared.close();
    }
  }

  private static void print(String name, long start) {
    System.out.printf(
        java.util.Locale.ROOT, "%s %.1f%n", name, (System.nanoTime() - start) / 1e6);
  }
}
