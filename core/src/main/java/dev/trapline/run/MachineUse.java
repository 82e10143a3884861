// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import dev.trapline.host.MachineSample;
import java.util.Collections;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the whole machine did during a trial, as /proc accounts it: everything that ran is in here,
/// not only the workload.
///
/// @param contextSwitches of all tasks, /proc/stat `ctxt`
/// @param stealNanos time that a hypervisor gave to others, /proc/stat; in ticks of 10 ms
/// @param kernelThreadCpuNanos CPU time of the kernel's own threads by name, CPU numbers removed,
///   from /proc/PID/schedstat; only those that ran
public record MachineUse(
    @Nullable Long contextSwitches,
    @Nullable Long stealNanos,
    SortedMap<String, Long> kernelThreadCpuNanos) {
  /// Keeps an unmodifiable copy.
  public MachineUse {
    kernelThreadCpuNanos = Collections.unmodifiableSortedMap(new TreeMap<>(kernelThreadCpuNanos));
  }

  /// What happened from one sample to the next.
  public static MachineUse between(MachineSample before, MachineSample after) {
    return new MachineUse(
        difference(before.contextSwitches(), after.contextSwitches()),
        difference(before.stealNanos(), after.stealNanos()),
        after.kernelThreadNanosSince(before));
  }

  private static @Nullable Long difference(OptionalLong before, OptionalLong after) {
    return before.isPresent() && after.isPresent()
        ? Long.valueOf(after.getAsLong() - before.getAsLong())
        : null;
  }
}
