// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

/// What following an advice can save: an estimate of work time, as an interval. It is not a
/// prediction of latency or goodput, which wait for other things too and may not follow.
///
/// @param what whose work, in words
/// @param unit `ns per message`, `ns per GiB`, `ns per second`, or `ns` where nothing is known to
///   divide by
/// @param low the least that goes away if the advice can be followed
/// @param high the most: the work time of the calls in question as this run measured it
/// @param of all work of the same side in the same unit, which [#share] is a share of
/// @param assumption what must hold for the interval to hold
public record Gain(
    String what, String unit, double low, double high, double of, String assumption) {
  /// Checks the order.
  ///
  /// @throws IllegalArgumentException unless 0 <= low <= high <= of, all finite
  public Gain {
    if (!(0 <= low && low <= high && high <= of && Double.isFinite(of))) {
      throw new IllegalArgumentException(what + ": " + low + " to " + high + " of " + of);
    }
  }

  /// The most that goes away, of all of this side's work in syscalls: from 0 to 1.
  public double share() {
    return of == 0 ? 0 : high / of;
  }
}
