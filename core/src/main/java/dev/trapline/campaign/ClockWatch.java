// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.environment.ClockReading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Notices that the clock of a node was set, by its offsets before one trial and the next. Clocks
/// drift by some ten microseconds a second; more than a second between two trials is somebody's
/// doing.
final class ClockWatch {
  private static final long JUMP_NANOS = 1_000_000_000;

  private final Map<String, ClockReading> last = new HashMap<>();

  /// @param readings by node
  /// @return one line for each clock that was set since the last readings
  List<String> jumps(Map<String, ClockReading> readings) {
    List<String> lines = new ArrayList<>();
    readings.forEach((node, reading) -> {
      ClockReading before = last.put(node, reading);
      if (before != null) {
        long jump = reading.offsetNanos() - before.offsetNanos();
        if (Math.abs(jump) > JUMP_NANOS + reading.errorNanos() + before.errorNanos()) {
          lines.add(
              String.format(
                  Locale.ROOT,
                  "the clock of node %s was set %s by %.1f s against ours: times of day there before"
                      + " and after do not compare",
                  node,
                  jump < 0 ? "back" : "forward",
                  Math.abs(jump) / 1e9));
        }
      }
    });
    return lines;
  }
}
