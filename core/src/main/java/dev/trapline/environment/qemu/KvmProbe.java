// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.qemu;

import dev.trapline.TraplineException;
import dev.trapline.environment.guest.GuestImage;
import dev.trapline.environment.guest.VmMachine;
import dev.trapline.environment.vmm.MachinePlan;
import dev.trapline.host.EmulatedHost;
import dev.trapline.host.Lease;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.host.ScratchFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Whether a guest really boots under KVM. The device alone proves nothing: some hosts offer a
/// /dev/kvm that emulates each instruction, and a kernel there seems to hang.
///
/// The answer is kept per boot of this machine, in the folder of the leases.
public final class KvmProbe {
  private static final String DEVICE = "/dev/kvm";
  private static final int O_RDWR = 2;
  private static final Duration BOOTS_WITHIN = Duration.ofSeconds(20);

  /// A host that is emulated itself runs its guests by its own slow CPU.
  private static final Duration BOOTS_WITHIN_EMULATED = Duration.ofMinutes(2);

  private static final String WORKS = "works";

  private KvmProbe() {}

  /// Tries it, or tells what was found before on this boot.
  ///
  /// @param news told what is being waited for
  /// @return why not; empty if a guest booted
  public static Optional<String> obstacle(GuestImage image, Consumer<String> news)
      throws InterruptedException {
    try {
      LibC.close(LibC.open(DEVICE, O_RDWR));
    } catch (LibC.Failure failure) {
      return Optional.of(DEVICE + " does not open: " + failure.getMessage());
    }
    if (known().isEmpty()) {
      tried(image, news);
    }
    return obstacle();
  }

  /// What was found before on this boot stands in the way; empty if a guest booted, or nobody has
  /// tried.
  public static Optional<String> obstacle() {
    return known().filter(answer -> !answer.equals(WORKS));
  }

  /// What was found before on this boot: `works`, or why not; empty if nobody tried.
  public static Optional<String> known() {
    try {
      List<String> lines = Files.readAllLines(file());
      return lines.size() == 2 && lines.get(0).equals(boot())
          ? Optional.of(lines.get(1))
          : Optional.empty();
    } catch (IOException notTried) {
      return Optional.empty();
    }
  }

  private static Path file() {
    return Lease.defaultFolder().resolve("kvm-probe");
  }

  private static String boot() {
    return ProcFs.read("sys/kernel/random/boot_id").orElse("unknown").strip();
  }

  private static void tried(GuestImage image, Consumer<String> news) throws InterruptedException {
    Duration limit = EmulatedHost.isEmulated() ? BOOTS_WITHIN_EMULATED : BOOTS_WITHIN;
    GuestImage.Built files = image.build();
    news.accept(
        "booting a guest under KVM to see whether it works (once, up to "
            + limit.toSeconds()
            + " s)");
    String answer;
    try (Lease lease = Lease.take(Lease.defaultFolder());
        ScratchFolder folder = ScratchFolder.create("kvm");
        VmMachine machine =
            new VmMachine(
                new QemuDriver("kvm", QemuDriver.Machine.PC, false, false),
                "kvm-probe",
                scratch ->
                    new MachinePlan(
                        "kvm-probe",
                        files.kernel(),
                        files.initrd(),
                        null,
                        "quiet trapline.network=none",
                        "",
                        "",
                        1,
                        128,
                        1,
                        "/proc/self/ns/net",
                        List.of(),
                        lease.id(),
                        scratch,
                        scratch),
                folder.file("console"),
                limit)) {
      machine.boot();
      machine.awaitReady();
      answer = WORKS;
    } catch (TraplineException failure) {
      answer = ("a guest did not boot under KVM: " + failure.getMessage()).replaceAll("\\s+", " ");
    }
    keep(answer);
  }

  private static void keep(String answer) {
    try {
      Path unfinished = Files.createTempFile(Lease.defaultFolder(), "kvm-probe", ".new");
      Files.write(unfinished, List.of(boot(), answer));
      Files.move(unfinished, file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      throw new TraplineException(
          "LEASE-FOLDER",
          "cannot write " + file() + ": " + failure.getMessage() + ".",
          "make the folder writable, or set TRAPLINE_STATE to one that is",
          failure);
    }
  }
}
