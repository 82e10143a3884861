// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether somebody watches.
public final class Terminal {
  private Terminal() {}

  /// Whether standard error is a terminal that understands escape codes, as far as can be told
  /// without asking it: /proc says what descriptor 2 is, and `TERM` is neither absent nor `dumb`.
  public static boolean isStandardErrorDrawable() {
    String term = System.getenv("TERM");
    if (term == null || term.isEmpty() || term.equals("dumb")) {
      return false;
    }
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException unknown) {
      return false;
    }
  }
}
