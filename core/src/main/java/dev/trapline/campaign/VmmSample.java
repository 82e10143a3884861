// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.environment.HostThread;
import dev.trapline.host.ProcFs;
import dev.trapline.run.ThreadUse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What /proc has of the threads of a virtual machine monitor at one moment, to be compared with a
/// later one. A thread that ends between the two is missed; monitors keep those that carry traffic.
final class VmmSample {
  /// Of one thread; null is what could not be read.
  private record Reading(
      HostThread thread,
      @Nullable Long cpuNanos,
      @Nullable Long runDelayNanos,
      @Nullable Long voluntarySwitches,
      @Nullable Long involuntarySwitches) {}

  private final Map<Integer, Reading> readings;

  private VmmSample(Map<Integer, Reading> readings) {
    this.readings = readings;
  }

  static VmmSample take(List<HostThread> threads) {
    Map<Integer, Reading> readings = new LinkedHashMap<>();
    for (HostThread thread : threads) {
      // Fields of /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst): nanoseconds on a
      // CPU, nanoseconds ready and waiting for one, times put on one.
      String[] scheduler =
          ProcFs.read(thread.tid() + "/schedstat").orElse("").strip().split(" ", -1);
      String status = ProcFs.read(thread.tid() + "/status").orElse("");
      readings.put(
          thread.tid(),
          new Reading(
              thread,
              scheduler.length < 3 ? null : Long.valueOf(scheduler[0]),
              scheduler.length < 3 ? null : Long.valueOf(scheduler[1]),
              switches(status, "voluntary_ctxt_switches:"),
              switches(status, "nonvoluntary_ctxt_switches:")));
    }
    return new VmmSample(readings);
  }

  private static @Nullable Long switches(String status, String field) {
    return status
        .lines()
        .filter(line -> line.startsWith(field))
        .map(line -> Long.valueOf(line.substring(field.length()).strip()))
        .findFirst()
        .orElse(null);
  }

  /// What the threads took since; of one that was not there before, all that it took.
  List<ThreadUse> since(VmmSample earlier) {
    List<ThreadUse> uses = new ArrayList<>();
    for (Reading now : readings.values()) {
      Reading before = earlier.readings.get(now.thread().tid());
      uses.add(
          new ThreadUse(
              ThreadUse.Kind.valueOf(now.thread().kind().name()),
              now.thread().name(),
              now.thread().tid(),
              difference(now.cpuNanos(), before == null ? Long.valueOf(0) : before.cpuNanos()),
              difference(
                  now.runDelayNanos(), before == null ? Long.valueOf(0) : before.runDelayNanos()),
              difference(
                  now.voluntarySwitches(),
                  before == null ? Long.valueOf(0) : before.voluntarySwitches()),
              difference(
                  now.involuntarySwitches(),
                  before == null ? Long.valueOf(0) : before.involuntarySwitches())));
    }
    return uses;
  }

  private static @Nullable Long difference(@Nullable Long now, @Nullable Long before) {
    return now == null || before == null ? null : Long.valueOf(now - before);
  }
}
