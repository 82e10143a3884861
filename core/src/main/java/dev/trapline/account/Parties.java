// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import dev.trapline.analysis.RunSums;
import dev.trapline.analysis.SideSum;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who worked and who waited in the trials of a test, per unit of work: the parts of an account
/// before they are fitted into it.
///
/// @param work on a CPU, by party; never at the same time twice for one thread
/// @param waiting woken and not yet on a CPU, by party
/// @param beside measured, and in no part
/// @param notes what the figures rest on
record Parties(
    List<TimeAccount.Part> work,
    List<TimeAccount.Part> waiting,
    List<TimeAccount.Beside> beside,
    List<String> notes) {
  /// Rarer kinds of call belong to set-up and end, as in a signature.
  private static final double RAREST_PER_MESSAGE = 0.05;

  private static final String SERVER = "server";
  private static final String CLIENT = "client";
  private static final String VHOST_FAMILY = "vhost";

  /// Threads of the kernel that carry packets: what /proc names so, CPU numbers removed.
  private static final List<String> PACKET_THREADS = List.of("ksoftirqd", "napi", VHOST_FAMILY);

  /// @param pathOnly whether calls of set-up and end are to be left out
  /// @return null if the capture did not split time
  static @Nullable Parties of(RunSums sums, List<Trial> traced, double units, boolean pathOnly) {
    Collector collector = new Collector(units);
    boolean any = false;
    boolean vhostCounted = false;
    for (String role : List.of(SERVER, CLIENT)) {
      List<RoleUse> uses = new ArrayList<>();
      for (Trial trial : traced) {
        RoleUse use = trial.roles().get(role);
        if (use != null) {
          uses.add(use);
        }
      }
      boolean virtual = !uses.isEmpty() && uses.stream().allMatch(use -> use.vmm() != null);
      if (virtual) {
        vhostCounted |= addVirtualMachine(collector, role, uses);
        any = true;
      } else if (addProgram(collector, role, sum(sums, traced, role), uses, pathOnly)) {
        any = true;
      }
    }
    if (!any) {
      return null;
    }
    addKernel(collector, traced, vhostCounted);
    return collector.parties();
  }

  private static @Nullable SideSum sum(RunSums sums, List<Trial> traced, String role) {
    Trial any = traced.getFirst();
    return sums.side(any.environment(), any.test(), role).orElse(null);
  }

  /// A program of this machine: its calls by the capture, its CPU time by wait4(2).
  private static boolean addProgram(
      Collector collector,
      String role,
      @Nullable SideSum side,
      List<RoleUse> uses,
      boolean pathOnly) {
    Count total = side == null ? Count.NONE : side.total();
    if (side == null
        || side.counts().isEmpty()
        || total.workNanos() == null
        || total.runnableNanos() == null) {
      return false;
    }
    long work = 0;
    long runnable = 0;
    long blocked = 0;
    for (Count count : side.byKind().values()) {
      if (!pathOnly || count.calls() >= RAREST_PER_MESSAGE * collector.units()) {
        work += known(count.workNanos());
        runnable += known(count.runnableNanos());
        blocked += known(count.blockedNanos());
      }
    }
    collector.work(
        role + " kernel work",
        role,
        TimeAccount.Kind.KERNEL_WORK,
        work,
        "work time of its calls by the capture"
            + (pathOnly ? ", of kinds that come at least once in twenty messages" : "")
            + "; interrupts and softirqs served within calls are in it");
    collector.waiting(
        role + " waiting for a CPU",
        role,
        TimeAccount.Kind.RUNNABLE,
        runnable,
        "from wake-up until it runs, within its calls, by the capture");
    if (pathOnly) {
      collector.beside(
          role + " asleep in its calls",
          blocked,
          "waiting for the other side: the same time, seen from here. It has what passed before the"
              + " first message and after the last");
    }
    Long cpu = sum(uses, RoleUse::cpuNanos);
    if (cpu == null) {
      collector.note("CPU time of the " + role + " is not known, so its user time is unexplained.");
    } else if (cpu >= total.workNanos()) {
      collector.work(
          role + " user time",
          role,
          TimeAccount.Kind.USER,
          cpu - total.workNanos(),
          "its CPU time by wait4(2) without the work of all its calls: its own code, the way into and"
              + " out of the kernel, and its start");
    } else {
      collector.note(
          "CPU time of the "
              + role
              + " is less than the work of its calls, so its user time cannot be told: interrupts"
              + " and time that a hypervisor took are in the latter and not in the former.");
    }
    return true;
  }

  /// A guest: what the host's threads that carry it took. @return whether vhost workers are in it
  private static boolean addVirtualMachine(Collector collector, String role, List<RoleUse> uses) {
    Map<ThreadUse.Kind, Long> cpu = new TreeMap<>();
    long delay = 0;
    boolean delayKnown = true;
    for (RoleUse use : uses) {
      if (use.vmm() == null) {
        continue;
      }
      for (ThreadUse thread : use.vmm().threads()) {
        cpu.merge(thread.kind(), known(thread.cpuNanos()), Long::sum);
        delay += known(thread.runDelayNanos());
        delayKnown &= thread.runDelayNanos() != null;
      }
    }
    Long guest =
        sum(uses, use -> use.kvm() != null && use.kvm().isKnown() ? use.kvm().guestNanos() : null);
    long vcpu = cpu.getOrDefault(ThreadUse.Kind.VCPU, 0L);
    if (guest != null && guest <= vcpu) {
      collector.work(
          role + " guest",
          role,
          TimeAccount.Kind.GUEST,
          guest,
          "between kvm_entry and kvm_exit: the guest's kernel and program");
      collector.work(
          role + " vCPU threads on the host",
          role,
          TimeAccount.Kind.VCPU_HOST,
          vcpu - guest,
          "CPU time of the vCPU threads without the guest's: exits, halt-polling, the monitor");
    } else {
      collector.work(
          role + " vCPU threads",
          role,
          TimeAccount.Kind.GUEST,
          vcpu,
          "CPU time of the vCPU threads; guest and host cannot be told apart here");
    }
    long monitor =
        cpu.getOrDefault(ThreadUse.Kind.MAIN_LOOP, 0L)
            + cpu.getOrDefault(ThreadUse.Kind.IO, 0L)
            + cpu.getOrDefault(ThreadUse.Kind.OTHER, 0L);
    collector.work(
        role + " monitor's other threads",
        role,
        TimeAccount.Kind.VMM,
        monitor,
        "CPU time of the virtual machine monitor without its vCPUs, /proc/TID/schedstat");
    collector.work(
        role + " vhost workers",
        role,
        TimeAccount.Kind.VHOST,
        cpu.getOrDefault(ThreadUse.Kind.VHOST_WORKER, 0L),
        "CPU time of the threads that move its packets in the kernel, /proc/TID/schedstat");
    if (delayKnown) {
      collector.waiting(
          role + " waiting for a CPU",
          role,
          TimeAccount.Kind.RUNNABLE,
          delay,
          "run delay of all threads that carry the guest, /proc/TID/schedstat");
    } else {
      collector.note("Run delay of the " + role + "'s threads is not known.");
    }
    Long polled =
        sum(
            uses,
            use -> use.kvm() != null && use.kvm().isKnown() ? use.kvm().haltPollNanos() : null);
    if (polled != null && polled > 0) {
      collector.beside(
          role + " halt-polling",
          polled,
          "vCPU threads that looked for a wake-up instead of sleeping: in their time on the host");
    }
    collector.note(
        "The "
            + role
            + " is a guest: CPU time of the threads that carry it is that of the whole trial, its"
            + " program's start and end included. What the guest's CPUs waited inside it is not"
            + " seen from here.");
    return cpu.containsKey(ThreadUse.Kind.VHOST_WORKER);
  }

  private static void addKernel(Collector collector, List<Trial> traced, boolean vhostCounted) {
    for (String family : PACKET_THREADS) {
      long nanos = 0;
      for (Trial trial : traced) {
        for (Map.Entry<String, Long> thread : trial.machine().kernelThreadCpuNanos().entrySet()) {
          if (thread.getKey().startsWith(family)) {
            nanos += thread.getValue();
          }
        }
      }
      boolean isVhost = family.equals(VHOST_FAMILY);
      if (nanos > 0 && !(isVhost && vhostCounted)) {
        collector.work(
            "kernel threads " + family,
            "kernel",
            isVhost ? TimeAccount.Kind.VHOST : TimeAccount.Kind.KERNEL_THREAD,
            nanos,
            "CPU time on the whole machine, /proc/PID/schedstat; other traffic's is in it");
      }
    }
    Long softirq = 0L;
    for (Trial trial : traced) {
      Long nanos = trial.kernelActivity().netReceiveSoftirqNanos();
      softirq = softirq == null || nanos == null ? null : Long.valueOf(softirq + nanos);
    }
    if (softirq != null) {
      collector.beside(
          "NET_RX softirq, whole machine",
          softirq,
          "mostly inside the sender's calls and in their work already; where it runs elsewhere it is"
              + " in ksoftirqd or unexplained, which this capture cannot tell apart");
    }
    Long stolen = 0L;
    for (Trial trial : traced) {
      Long nanos = trial.machine().stealNanos();
      stolen = stolen == null || nanos == null ? null : Long.valueOf(stolen + nanos);
    }
    if (stolen != null && stolen > 0) {
      collector.beside(
          "stolen by the hypervisor, whole machine",
          stolen,
          "time that CPUs were not run, /proc/stat: in whatever part it fell into");
    }
  }

  private interface Figure {
    @Nullable Long of(RoleUse use);
  }

  /// Unknown if it is unknown in one trial.
  private static @Nullable Long sum(List<RoleUse> uses, Figure figure) {
    if (uses.isEmpty()) {
      return null;
    }
    long sum = 0;
    for (RoleUse use : uses) {
      Long value = figure.of(use);
      if (value == null) {
        return null;
      }
      sum += value;
    }
    return sum;
  }

  private static long known(@Nullable Long nanos) {
    return nanos == null ? 0 : nanos;
  }

  /// Divides by the work done, and gathers.
  private static final class Collector {
    private final double units;
    private final Map<String, TimeAccount.Part> work = new LinkedHashMap<>();
    private final Map<String, TimeAccount.Part> waiting = new LinkedHashMap<>();
    private final List<TimeAccount.Beside> beside = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Collector(double units) {
      this.units = units;
    }

    double units() {
      return units;
    }

    void work(String name, String party, TimeAccount.Kind kind, long nanos, String source) {
      work.put(name, new TimeAccount.Part(name, party, kind, nanos / units, source));
    }

    void waiting(String name, String party, TimeAccount.Kind kind, long nanos, String source) {
      waiting.put(name, new TimeAccount.Part(name, party, kind, nanos / units, source));
    }

    void beside(String name, long nanos, String remark) {
      beside.add(new TimeAccount.Beside(name, nanos / units, remark));
    }

    void note(String note) {
      notes.add(note);
    }

    Parties parties() {
      return new Parties(
          List.copyOf(work.values()),
          List.copyOf(waiting.values()),
          List.copyOf(beside),
          List.copyOf(notes));
    }
  }
}
