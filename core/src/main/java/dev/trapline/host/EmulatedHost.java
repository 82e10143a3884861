// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

/// Whether this very machine is emulated in software: then every figure is, in every environment.
public final class EmulatedHost {
  /// Set by whoever starts Trapline on an emulated machine, such as the lab.
  public static final String VARIABLE = "TRAPLINE_HOST_EMULATED";

  /// The model name that QEMU gives a CPU of its own making (target/i386/cpu.c).
  private static final String EMULATED_MODEL = "QEMU TCG CPU";

  private EmulatedHost() {}

  /// As told, or as the CPU says of itself.
  public static boolean isEmulated() {
    String told = System.getenv(VARIABLE);
    return (told != null && !told.isEmpty() && !told.equals("0"))
        || ProcFs.read("cpuinfo").orElse("").contains(EMULATED_MODEL);
  }
}
