// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.host.LibC;
import java.lang.foreign.Arena;

/// Something that is measured once in every round.
interface Probe {
  /// What it is called where it is skipped.
  String name();

  /// Measures once; at most some tens of milliseconds. On the thread that is bound to the CPU that
  /// figures are of.
  ///
  /// @throws LibC.Failure if the kernel refuses something
  void round(Samples samples) throws LibC.Failure, InterruptedException;

  /// Makes a probe.
  interface Maker {
    /// @param arena whose end closes and frees all that the probe has
    Probe make(Arena arena) throws LibC.Failure;
  }
}
