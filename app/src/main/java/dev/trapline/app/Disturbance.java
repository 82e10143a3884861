// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.run.MachineUse;
import dev.trapline.run.Trial;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What disturbed a trial from outside, as far as the machine tells.
final class Disturbance {
  /// Others' work, or time that a hypervisor took, as a part of one CPU, from which on it is told.
  private static final double PART_OF_A_CPU = 0.2;

  /// CPUs whose frequencies differ by more were not all at their best.
  private static final double FREQUENCY_RATIO = 1.1;

  private Disturbance() {}

  /// How much of one CPU others took during a trial; 0 if it is not known.
  static double others(Trial trial) {
    return partOfACpu(trial, trial.machine().otherCpuNanos());
  }

  private static double partOfACpu(Trial trial, @Nullable Long nanos) {
    Long duration = trial.durationNanos();
    return nanos == null || duration == null || duration <= 0 ? 0 : (double) nanos / duration;
  }

  static boolean isDisturbed(Trial trial) {
    return of(trial).isPresent();
  }

  /// One clause, or nothing.
  static Optional<String> of(Trial trial) {
    MachineUse machine = trial.machine();
    double steal = partOfACpu(trial, machine.stealNanos());
    if (others(trial) > PART_OF_A_CPU) {
      return Optional.of(percent(others(trial)) + " of a CPU was others' work");
    }
    if (steal > PART_OF_A_CPU) {
      return Optional.of("the hypervisor took " + percent(steal) + " of a CPU");
    }
    Long lowest = machine.lowestKilohertz();
    Long highest = machine.highestKilohertz();
    return lowest != null && highest != null && lowest > 0 && highest > FREQUENCY_RATIO * lowest
        ? Optional.of(
            String.format(Locale.ROOT, "CPUs ran at %d to %d MHz", lowest / 1000, highest / 1000))
        : Optional.empty();
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%.0f%%", 100 * part);
  }
}
