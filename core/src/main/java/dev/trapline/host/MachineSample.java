// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
/// @param busyNanos CPU time of everything since boot, interrupts included and idling not,
///   /proc/stat in ticks of 10 ms
/// @param ownNanos CPU time of this process and of the children that it has waited for,
///   /proc/self/stat in ticks of 10 ms
/// @param lowestKilohertz of all CPUs just now, from cpufreq; empty where there is none, as in most
///   virtual machines
/// @param highestKilohertz of the same
public record MachineSample(
    OptionalLong contextSwitches,
    OptionalLong stealNanos,
    Map<Integer, Long> kernelThreadNanos,
    Map<Integer, String> kernelThreadNames,
    OptionalLong busyNanos,
    OptionalLong ownNanos,
    OptionalLong lowestKilohertz,
    OptionalLong highestKilohertz) {
  private static final long TICK_NANOS = 10_000_000;
  private static final int STEAL_FIELD = 8;

  /// Of the `cpu` line of /proc/stat (proc_stat(5)): user, nice, system, irq, softirq. Guest time
  /// is in user and nice already.
  private static final int[] BUSY_FIELDS = {1, 2, 3, 6, 7};

  /// Of /proc/self/stat (proc_pid_stat(5)), counted behind the name, from 0: utime, stime, cutime,
  /// cstime.
  private static final int[] OWN_FIELDS = {11, 12, 13, 14};

  private static final Path CPUS = Path.of("/sys/devices/system/cpu");

  /// What is of kernel threads only.
  public MachineSample(
      OptionalLong contextSwitches,
      OptionalLong stealNanos,
      Map<Integer, Long> kernelThreadNanos,
      Map<Integer, String> kernelThreadNames) {
    this(
        contextSwitches,
        stealNanos,
        kernelThreadNanos,
        kernelThreadNames,
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  /// Keeps copies.
  public MachineSample {
    kernelThreadNanos = Map.copyOf(kernelThreadNanos);
    kernelThreadNames = Map.copyOf(kernelThreadNames);
  }

  /// Reads them now.
  public static MachineSample take() {
    OptionalLong switches = OptionalLong.empty();
    OptionalLong steal = OptionalLong.empty();
    OptionalLong busy = OptionalLong.empty();
    for (String line : ProcFs.read("stat").orElse("").split("\n", -1)) {
      String[] fields = line.split("\\s+", -1);
      if (fields[0].equals("ctxt")) {
        switches = OptionalLong.of(Long.parseLong(fields[1]));
      } else if (fields[0].equals("cpu") && fields.length > STEAL_FIELD) {
        steal = OptionalLong.of(Long.parseLong(fields[STEAL_FIELD]) * TICK_NANOS);
        busy = OptionalLong.of(sum(List.of(fields), BUSY_FIELDS) * TICK_NANOS);
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
    List<Long> kilohertz = kilohertz();
    return new MachineSample(
        switches,
        steal,
        nanos,
        names,
        busy,
        own(),
        kilohertz.stream().mapToLong(Long::longValue).min(),
        kilohertz.stream().mapToLong(Long::longValue).max());
  }

  private static long sum(List<String> fields, int[] indices) {
    long sum = 0;
    for (int index : indices) {
      sum += Long.parseLong(fields.get(index));
    }
    return sum;
  }

  private static OptionalLong own() {
    String stat = ProcFs.read("self/stat").orElse("");
    int nameEnd = stat.lastIndexOf(')');
    if (nameEnd < 0) {
      return OptionalLong.empty();
    }
    List<String> fields = List.of(stat.substring(nameEnd + 1).strip().split(" ", -1));
    return OptionalLong.of(sum(fields, OWN_FIELDS) * TICK_NANOS);
  }

  private static List<Long> kilohertz() {
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(CPUS, "cpu[0-9]*")) {
      for (Path folder : folders) {
        Path file = folder.resolve("cpufreq/scaling_cur_freq");
        if (Files.isReadable(file)) {
          found.add(Long.valueOf(Files.readString(file).strip()));
        }
      }
    } catch (IOException | NumberFormatException unknown) {
      return List.of();
    }
    return found;
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
