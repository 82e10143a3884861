// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.capture.CaptureLevel;
import picocli.CommandLine.Option;

/// How to capture, as every verb that captures asks for it.
final class CaptureOptions {
  @Option(
      names = "--level",
      defaultValue = "FULL",
      paramLabel = "LEVEL",
      description = "light: counts only; full: time too (default: full).")
  private CaptureLevel level = CaptureLevel.FULL;

  @Option(
      names = "--capture",
      defaultValue = "auto",
      paramLabel = "SOURCE",
      description = "auto, ebpf, perf or strace (default: auto, the best that works).")
  private String source = "auto";

  CaptureLevel level() {
    return level;
  }

  String source() {
    return source;
  }
}
