// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A kernel for guests, with the folder of its modules.
///
/// @param file what `-kernel` takes: an uncompressed ELF kernel with a PVH entry where possible (it
///   starts fastest), else a bzImage
/// @param release as `uname -r` says in the guest, such as `6.1.0-56-cloud-amd64`; `unknown` if a
///   user's kernel does not tell
/// @param origin where it is from, for provenance: the Debian package with its version, or a path
/// @param modules the folder that holds `kernel/` and `modules.builtin`; null for a user's kernel
///   without any on this machine, whose drivers must be built in
public record GuestKernel(Path file, String release, String origin, @Nullable Path modules) {
  /// Kernels that Debian builds.
  public enum Flavour {
    /// Small, for guests in clouds: virtio, no 9p, no hardware.
    CLOUD("linux-image-cloud-amd64"),
    /// For real machines: also 9p, KVM, vhost. What the lab boots.
    GENERIC("linux-image-amd64");

    private final String metaPackage;

    Flavour(String metaPackage) {
      this.metaPackage = metaPackage;
    }

    /// The package that always depends on the newest kernel of this kind.
    public String metaPackage() {
      return metaPackage;
    }

    String label() {
      return this == CLOUD ? "cloud" : "generic";
    }
  }

  /// A kernel of Debian's from the cache; downloaded through apt on first use, which takes some
  /// seconds. The cached one is kept until it is deleted, so that runs can be compared.
  ///
  /// @param news told what is being waited for
  /// @throws dev.trapline.TraplineException `GUEST-KERNEL-DOWNLOAD` if apt cannot get it,
  ///   `IMAGE-NOT-BUILT` if the cache cannot be written
  public static GuestKernel debian(Flavour flavour, Consumer<String> news) {
    return debian(flavour, ImageCache.defaultFolder(), news);
  }

  /// The same with a cache elsewhere.
  public static GuestKernel debian(Flavour flavour, Path cache, Consumer<String> news) {
    return new DebianKernels(cache, news).get(flavour);
  }

  /// The user's own kernel: an uncompressed x86-64 ELF kernel with a PVH entry, or a bzImage. Its
  /// modules are those in `/lib/modules` if the file tells its release and they are there.
  ///
  /// @throws dev.trapline.TraplineException `GUEST-KERNEL` if it is missing, no kernel, or one of
  ///   another architecture
  public static GuestKernel ofFile(Path file) {
    KernelFile.Facts facts = KernelFile.inspect(file);
    String release = facts.release() == null ? releaseOf(file, facts) : facts.release();
    Path modules = Path.of("/lib/modules").resolve(release.replace('/', '_'));
    return new GuestKernel(
        file.toAbsolutePath(),
        release,
        file.toAbsolutePath().toString(),
        Files.isDirectory(modules.resolve("kernel")) ? modules : null);
  }

  private static String releaseOf(Path file, KernelFile.Facts facts) {
    if (facts.compressed()) {
      return "unknown";
    }
    try {
      return KernelFile.releaseInBanner(file).orElse("unknown");
    } catch (IOException unreadable) {
      return "unknown";
    }
  }
}
