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
/// @param otherCpuNanos CPU time of what is neither of the trial, nor ours, nor the kernel's own
///   threads: others' work beside it; to within some ticks of 10 ms, never below 0
/// @param lowestKilohertz of any CPU at the trial's start and end; null without cpufreq
/// @param highestKilohertz of the same
public record MachineUse(
    @Nullable Long contextSwitches,
    @Nullable Long stealNanos,
    SortedMap<String, Long> kernelThreadCpuNanos,
    @Nullable Long otherCpuNanos,
    @Nullable Long lowestKilohertz,
    @Nullable Long highestKilohertz) {
  /// Where others' work and frequencies are not known.
  public MachineUse(
      @Nullable Long contextSwitches,
      @Nullable Long stealNanos,
      SortedMap<String, Long> kernelThreadCpuNanos) {
    this(contextSwitches, stealNanos, kernelThreadCpuNanos, null, null, null);
  }

  /// Keeps an unmodifiable copy.
  public MachineUse {
    kernelThreadCpuNanos = Collections.unmodifiableSortedMap(new TreeMap<>(kernelThreadCpuNanos));
  }

  /// Nothing is known.
  public static final MachineUse UNKNOWN = new MachineUse(null, null, new TreeMap<>());

  /// This machine's and another one's together: what is unknown of one is unknown of both.
  public MachineUse plus(MachineUse other) {
    SortedMap<String, Long> threads = new TreeMap<>(kernelThreadCpuNanos);
    other.kernelThreadCpuNanos.forEach((name, nanos) -> threads.merge(name, nanos, Long::sum));
    return new MachineUse(
        sum(contextSwitches, other.contextSwitches),
        sum(stealNanos, other.stealNanos),
        threads,
        sum(otherCpuNanos, other.otherCpuNanos),
        lowestKilohertz == null || other.lowestKilohertz == null
            ? null
            : Long.valueOf(Math.min(lowestKilohertz, other.lowestKilohertz)),
        highestKilohertz == null || other.highestKilohertz == null
            ? null
            : Long.valueOf(Math.max(highestKilohertz, other.highestKilohertz)));
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    return one == null || other == null ? null : Long.valueOf(one + other);
  }

  /// What happened from one sample to the next, without others' work.
  public static MachineUse between(MachineSample before, MachineSample after) {
    return new MachineUse(
        difference(before.contextSwitches(), after.contextSwitches()),
        difference(before.stealNanos(), after.stealNanos()),
        after.kernelThreadNanosSince(before));
  }

  /// The same with others' work.
  ///
  /// @param besideChildrenNanos CPU time of the trial that no child of ours took, such as a virtual
  ///   machine's that goes on
  public static MachineUse between(
      MachineSample before, MachineSample after, long besideChildrenNanos) {
    MachineUse use = between(before, after);
    Long busy = difference(before.busyNanos(), after.busyNanos());
    Long own = difference(before.ownNanos(), after.ownNanos());
    long kernel = use.kernelThreadCpuNanos.values().stream().mapToLong(Long::longValue).sum();
    return new MachineUse(
        use.contextSwitches,
        use.stealNanos,
        use.kernelThreadCpuNanos,
        busy == null || own == null
            ? null
            : Long.valueOf(Math.max(0, busy - own - kernel - besideChildrenNanos)),
        extreme(before.lowestKilohertz(), after.lowestKilohertz(), false),
        extreme(before.highestKilohertz(), after.highestKilohertz(), true));
  }

  private static @Nullable Long extreme(OptionalLong one, OptionalLong other, boolean highest) {
    if (one.isEmpty() || other.isEmpty()) {
      return null;
    }
    return highest
        ? Long.valueOf(Math.max(one.getAsLong(), other.getAsLong()))
        : Long.valueOf(Math.min(one.getAsLong(), other.getAsLong()));
  }

  private static @Nullable Long difference(OptionalLong before, OptionalLong after) {
    return before.isPresent() && after.isPresent()
        ? Long.valueOf(after.getAsLong() - before.getAsLong())
        : null;
  }
}
