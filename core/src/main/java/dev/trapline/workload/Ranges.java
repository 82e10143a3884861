// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

/// Range checks of workload settings.
final class Ranges {
  private Ranges() {}

  /// @throws IllegalArgumentException if the value is not from `smallest` to `largest`
  static void check(String name, int value, int smallest, int largest) {
    if (value < smallest || value > largest) {
      throw new IllegalArgumentException(
          name + " is " + value + ", and must be from " + smallest + " to " + largest);
    }
  }
}
