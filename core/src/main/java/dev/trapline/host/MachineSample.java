// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/// Counters of the whole machine at one moment, to be compared with those of a later one.
///
/// @param contextSwitches since boot, /proc/stat; empty if unreadable
/// @param stealNanos since boot, /proc/stat in ticks of 10 ms
/// @param kernelThreadNanos pid to CPU time of every kernel thread, and
/// @param kernelThreadNames pid to name
public record MachineSample(
    OptionalLong contextSwitches,
    OptionalLong stealNanos,
    Map<Integer, Long> kernelThreadNanos,
    Map<Integer, String> kernelThreadNames) {
  private static final long TICK_NANOS = 10_000_000;
  private static final int STEAL_FIELD = 8;

  /// Keeps copies.
  public MachineSample {
    kernelThreadNanos = Map.copyOf(kernelThreadNanos);
    kernelThreadNames = Map.copyOf(kernelThreadNames);
  }

  /// Reads them now.
  public static MachineSample take() {
    OptionalLong switches = OptionalLong.empty();
    OptionalLong steal = OptionalLong.empty();
    for (String line : ProcFs.read("stat").orElse("").split("\n", -1)) {
      String[] fields = line.split("\\s+", -1);
      if (fields[0].equals("ctxt")) {
        switches = OptionalLong.of(Long.parseLong(fields[1]));
      } else if (fields[0].equals("cpu") && fields.length > STEAL_FIELD) {
        steal = OptionalLong.of(Long.parseLong(fields[STEAL_FIELD]) * TICK_NANOS);
      }
    }
    Map<Integer, Long> nanos = new HashMap<>();
    Map<Integer, String> names = new HashMap<>();
    for (int pid : ProcFs.processes()) {
      ProcFs.stat(pid)
          .filter(ProcFs.Stat::isKernelThread)
          .ifPresent(stat -> {
            ProcFs.cpuNanos(pid).ifPresent(value -> nanos.put(pid, value));
            names.put(pid, stat.name());
          });
    }
    return new MachineSample(switches, steal, nanos, names);
  }

  /// CPU time of kernel threads from an earlier sample to this one, by name without CPU numbers and
  /// the like (`ksoftirqd/0` and `ksoftirqd/1` are `ksoftirqd`); only those that ran. A thread that
  /// ended between the samples is missed.
  public SortedMap<String, Long> kernelThreadNanosSince(MachineSample earlier) {
    SortedMap<String, Long> used = new TreeMap<>();
    for (Map.Entry<Integer, Long> entry : kernelThreadNanos.entrySet()) {
      long before = earlier.kernelThreadNanos.getOrDefault(entry.getKey(), 0L);
      if (entry.getValue() > before) {
        String name = family(kernelThreadNames.getOrDefault(entry.getKey(), "unknown"));
        used.merge(name, entry.getValue() - before, Long::sum);
      }
    }
    return used;
  }

  private static String family(String name) {
    int end = name.indexOf('/');
    if (end < 0 && name.startsWith("vhost-")) {
      end = "vhost".length();
    }
    return end < 0 ? name : name.substring(0, end);
  }
}
