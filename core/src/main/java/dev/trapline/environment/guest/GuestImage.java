// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import dev.trapline.TraplineException;
import dev.trapline.environment.image.GuestKernel;
import dev.trapline.environment.image.ImageCache;
import dev.trapline.environment.image.Initramfs;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What guests boot: a kernel and a file system with the agent and the two tools in it. Built when
/// it is first asked for, and shared by all environments of a run.
public final class GuestImage {
  /// Where virtio's network card may be found; those that a kernel has built in are skipped.
  private static final List<String> MODULES = List.of("virtio_pci", "virtio_mmio", "virtio_net");

  private static final List<String> DISK_MODULES = List.of("virtio_blk", "ext4");
  private static final List<String> TOOLS = List.of("iperf3", "sockperf");

  private final MachineSettings settings;
  private final Consumer<String> news;
  private @Nullable Built built;

  /// @param news told what is being waited for
  public GuestImage(MachineSettings settings, Consumer<String> news) {
    this.settings = settings;
    this.news = news;
  }

  /// Files that are there.
  ///
  /// @param kernel what `-kernel` takes
  /// @param initrd what `-initrd` takes
  /// @param origin where the kernel is from, for provenance
  /// @param release of the kernel
  public record Built(Path kernel, Path initrd, String origin, String release) {}

  /// Builds it, or takes what was built before.
  ///
  /// @throws TraplineException of `environment.image`: `GUEST-KERNEL`, `GUEST-KERNEL-DOWNLOAD`,
  ///   `IMAGE-NOT-BUILT`
  public synchronized Built build() {
    Built known = built;
    if (known == null) {
      known = buildNow();
      built = known;
    }
    return known;
  }

  /// Where the kernel is from; null if it was not built yet.
  synchronized @Nullable String origin() {
    Built known = built;
    return known == null ? null : known.origin();
  }

  private Built buildNow() {
    Path own = settings.kernel();
    GuestKernel kernel =
        own == null ? GuestKernel.debian(GuestKernel.Flavour.CLOUD, news) : GuestKernel.ofFile(own);
    List<String> modules = new ArrayList<>(MODULES);
    List<Path> programs = new ArrayList<>(List.of(program("busybox")));
    if (settings.rootDisk() != null) {
      modules.addAll(DISK_MODULES);
    } else if (settings.initrd() == null) {
      TOOLS.forEach(tool -> programs.add(program(tool)));
    }
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("init", agent());
    Path image = new Initramfs(kernel, modules, programs, files).build();
    Path theirs = settings.initrd();
    return new Built(
        kernel.file(),
        theirs == null ? image : joined(theirs, image),
        kernel.origin(),
        kernel.release());
  }

  private static Path program(String name) {
    return Tool.find(name)
        .orElseThrow(() ->
            new TraplineException(
                "IMAGE-NOT-BUILT",
                "a guest needs " + name + " of this machine, and it is not on PATH.",
                "apt-get install " + Tool.packageOf(name)));
  }

  private static byte[] agent() {
    try (InputStream script =
        java.util.Objects.requireNonNull(GuestImage.class.getResourceAsStream("init"))) {
      return script.readAllBytes();
    } catch (IOException impossible) {
      throw new IllegalStateException("the agent is part of this program", impossible);
    }
  }

  /// The kernel unpacks one archive over the other (Documentation/driver-api/early-userspace/
  /// buffer-format.rst): ours comes last, so that its init is the one.
  private static Path joined(Path first, Path second) {
    Path target =
        ImageCache.defaultFolder()
            .resolve("images")
            .resolve("joined-" + ProcessHandle.current().pid() + ".cpio");
    try {
      Path unfinished = Files.createTempFile(target.getParent(), ".joined", ".unfinished");
      try (OutputStream output = Files.newOutputStream(unfinished)) {
        long length = Files.copy(first, output);
        // Archives begin at multiples of four bytes.
        output.write(new byte[(int) (-length & 3)]);
        Files.copy(second, output);
      }
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } catch (IOException failure) {
      throw new TraplineException(
          "IMAGE-NOT-BUILT",
          "the agent cannot be added to " + first + ": " + failure.getMessage() + ".",
          "is the file there and readable? ls -l " + first,
          failure);
    }
  }
}
