// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.vmm;

import dev.trapline.environment.HostThread;
import dev.trapline.host.ProcFs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The threads of a monitor's process, and its vhost workers: kernel threads called `vhost-PID` up
/// to Linux 6.3, threads of the process by the same name from 6.4 on (drivers/vhost/vhost.c,
/// kernel/vhost_task.c).
public final class MonitorThreads {
  private MonitorThreads() {}

  /// @param pid of the monitor
  /// @param vcpus ids of the threads that are known to run a guest's CPU
  /// @param byName what a thread that is neither that nor the first is for, by its name; empty if
  ///   its name does not tell
  public static List<HostThread> of(
      int pid, Set<Integer> vcpus, Function<String, Optional<HostThread.Kind>> byName) {
    String worker = "vhost-" + pid;
    List<HostThread> threads = new ArrayList<>();
    for (int tid : ProcFs.threads(pid)) {
      String name = ProcFs.read(pid + "/task/" + tid + "/comm").orElse("").strip();
      threads.add(new HostThread(kind(pid, tid, name, worker, vcpus, byName), name, tid));
    }
    for (int candidate : ProcFs.processes()) {
      ProcFs.stat(candidate)
          .filter(stat -> stat.name().equals(worker) && stat.isKernelThread())
          .ifPresent(
              _ -> threads.add(new HostThread(HostThread.Kind.VHOST_WORKER, worker, candidate)));
    }
    return threads;
  }

  private static HostThread.Kind kind(
      int pid,
      int tid,
      String name,
      String worker,
      Set<Integer> vcpus,
      Function<String, Optional<HostThread.Kind>> byName) {
    if (tid == pid) {
      return HostThread.Kind.MAIN_LOOP;
    }
    if (vcpus.contains(tid)) {
      return HostThread.Kind.VCPU;
    }
    if (name.equals(worker)) {
      return HostThread.Kind.VHOST_WORKER;
    }
    return byName.apply(name).orElse(HostThread.Kind.OTHER);
  }
}
