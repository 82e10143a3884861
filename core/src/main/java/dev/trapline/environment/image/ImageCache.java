// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import dev.trapline.host.LibC;
import java.nio.file.Path;

/// Where unpacked kernels and built images are kept between runs. All of it can be deleted at any
/// time while no guest is being started.
public final class ImageCache {
  private ImageCache() {}

  /// `$TRAPLINE_CACHE`, or `/var/cache/trapline` for root, or `trapline` below `$XDG_CACHE_HOME`
  /// (`~/.cache`).
  public static Path defaultFolder() {
    String chosen = System.getenv("TRAPLINE_CACHE");
    if (chosen != null && !chosen.isEmpty()) {
      return Path.of(chosen).toAbsolutePath();
    }
    if (LibC.isRoot()) {
      return Path.of("/var/cache/trapline");
    }
    String base = System.getenv("XDG_CACHE_HOME");
    return base != null && base.startsWith("/")
        ? Path.of(base, "trapline")
        : Path.of(System.getProperty("user.home"), ".cache", "trapline");
  }
}
