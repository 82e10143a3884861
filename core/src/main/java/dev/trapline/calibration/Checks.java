// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.TraplineException;
import dev.trapline.host.LibC;
import dev.trapline.host.SyscallLoop;

/// A call that did not do what it was timed for has no cost.
final class Checks {
  private Checks() {}

  /// @throws TraplineException `CALIBRATION-FAILED` if a call failed, or returned something else
  static void returned(String probe, SyscallLoop loop, int call, long expected) {
    if (loop.failures(call) > 0) {
      throw failed(
          probe,
          "its call "
              + (call + 1)
              + " failed "
              + loop.failures(call)
              + " times, last with '"
              + LibC.errorText(loop.lastErrno(call))
              + "'");
    }
    if (loop.lastResult(call) != expected) {
      throw failed(
          probe,
          "its call " + (call + 1) + " returned " + loop.lastResult(call) + ", not " + expected);
    }
  }

  static TraplineException failed(String probe, String fact) {
    return new TraplineException(
        "CALIBRATION-FAILED",
        "measuring " + probe + " did not work: " + fact + ". Nothing is kept.",
        "run it again on a quieter machine; if it fails again, please report it");
  }
}
