// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.util.Locale;

/// How much a capture asks of every syscall.
public enum CaptureLevel {
  /// Calls, errors, bytes and objects, counted as calls return. No time.
  LIGHT,
  /// All of [#LIGHT], and wall time split into work, blocked, runnable and guest.
  FULL;

  /// The word used on the command line and in files.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
