// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.Locale;
import java.util.Optional;

/// A processor architecture whose syscall numbers the catalogue knows.
///
/// Only the 64-bit ABI of each: the 32-bit and x32 tables of an x86-64 kernel are not in the
/// catalogue.
public enum Architecture {
  X86_64("x86-64"),
  ARM64("arm64");

  private final String title;

  Architecture(String title) {
    this.title = title;
  }

  /// The name as people write it: `x86-64`, `arm64`.
  public String title() {
    return title;
  }

  /// The architecture that this Java machine runs on, or nothing on one that the catalogue does not
  /// know.
  public static Optional<Architecture> current() {
    return of(System.getProperty("os.arch", ""));
  }

  /// The architecture for a name as Java's `os.arch` or `uname -m` gives it.
  public static Optional<Architecture> of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64", "x86-64" -> Optional.of(X86_64);
      case "aarch64", "arm64" -> Optional.of(ARM64);
      default -> Optional.empty();
    };
  }
}
