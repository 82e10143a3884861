// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.finding.FindingRule.About;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import dev.trapline.workload.Throughput;
import java.util.List;
import java.util.Optional;

/// What the machine below the programs has too little of.
final class MachineRules {
  static final List<FindingRule> RULES =
      List.of(
          FindingRule.ofSides(
              "scheduling-delay",
              "Threads are ready to run and wait for a CPU.",
              MachineRules::schedulingDelay),
          FindingRule.ofTrials(
              "softirq-saturation",
              "Receiving packets takes a CPU nearly whole.",
              About.WORK,
              MachineRules::softirqSaturation),
          FindingRule.ofTrials(
              "retransmissions",
              "TCP sends segments again.",
              About.WORK,
              MachineRules::retransmissions));

  /// A quarter of the time that they could have run.
  private static final double DELAYED = 0.25;

  /// Ten milliseconds: less is a scheduler's slice or two.
  private static final long LEAST_DELAY_NANOS = 10_000_000;

  /// Of one CPU: a flow's packets are received on one CPU, which is its limit.
  private static final double SATURATED = 0.8;

  /// Of one CPU. The kernel gives softirqs to ksoftirqd only when they do not end in their own time
  /// (MAX_SOFTIRQ_TIME and MAX_SOFTIRQ_RESTART of kernel/softirq.c).
  private static final double OVERFLOWING = 0.1;

  private static final long FEWEST_RETRANSMISSIONS = 10;

  /// One in ten thousand segments of 1448 bytes, of which a GiB has 741,500.
  private static final double PER_GIBIBYTE = 74;

  /// Each call sends a segment or more; where calls are small it is one.
  private static final double PER_SEND = 0.001;

  private MachineRules() {}

  private static Optional<Finding> schedulingDelay(Draft draft, Side side) {
    Long runnable = side.total().runnableNanos();
    Long work = side.total().workNanos();
    boolean inCalls =
        runnable != null
            && work != null
            && runnable >= LEAST_DELAY_NANOS
            && runnable >= DELAYED * (work + runnable);
    long ran = 0;
    long delayed = 0;
    long preempted = 0;
    for (RoleUse use : side.uses()) {
      Long switches = use.involuntarySwitches();
      preempted += switches == null ? 0 : switches;
      if (use.vmm() != null) {
        for (ThreadUse thread : use.vmm().threads()) {
          Long cpu = thread.cpuNanos();
          Long delay = thread.runDelayNanos();
          if (cpu != null && delay != null) {
            ran += cpu;
            delayed += delay;
          }
        }
      }
    }
    boolean inGuests = delayed >= LEAST_DELAY_NANOS && delayed >= DELAYED * (ran + delayed);
    if (!inCalls && !inGuests) {
      return Optional.empty();
    }
    if (inCalls && runnable != null && work != null) {
      draft
          .figure(
              "ready but not running, in syscalls",
              runnable / side.divisor(),
              side.per("ns"),
              Draft.row(side, "all, runnable"))
          .figure(
              "of work and this together",
              (double) runnable / (work + runnable),
              "share",
              Draft.row(side, "all, work and runnable"));
    }
    if (inGuests) {
      draft.figure(
          "ready but not running, threads of the virtual machine, of the time they could run",
          (double) delayed / (ran + delayed),
          "share",
          "run.json, vmm.threads of " + side.where().words());
    }
    if (preempted > 0) {
      draft.figure(
          "preempted",
          preempted / side.divisor(),
          side.per("count"),
          "run.json, involuntarySwitches of " + side.where().words());
    }
    return draft
        .confidence(
            Confidence.medium(
                "the scheduler's own events were timed; whether the CPU was busy with others or"
                    + " only slow to wake is not told apart"),
            side)
        .advise(
            "If other programs run on these CPUs: give the two sides CPUs of their own (--cpus"
                + " split), move interrupts and others away (isolcpus, cgroup cpusets). If the CPUs"
                + " are idle: waking them is slow; C-states (cpupower idle-set -D 0) or, in a"
                + " guest, halt polling are the place to look.",
            "less time ready but not running; it is latency, and no CPU time is saved");
  }

  private static Optional<Finding> softirqSaturation(
      Draft draft, RunView view, List<Trial> trials) {
    double elapsed = 0;
    double receive = 0;
    double overflow = 0;
    boolean received = false;
    for (Trial trial : trials) {
      Long duration = trial.durationNanos();
      Long nanos = trial.kernelActivity().netReceiveSoftirqNanos();
      if (duration == null || !trial.traced()) {
        continue;
      }
      elapsed += duration;
      overflow += trial.machine().kernelThreadCpuNanos().getOrDefault("ksoftirqd", 0L);
      if (nanos != null) {
        receive += nanos;
        received = true;
      }
    }
    // ksoftirqd serves timers and others too: it counts only where packets came in any number.
    boolean overflows =
        elapsed > 0
            && received
            && overflow >= OVERFLOWING * elapsed
            && receive >= OVERFLOWING * elapsed;
    boolean saturates = elapsed > 0 && received && receive >= SATURATED * elapsed;
    if (!overflows && !saturates) {
      return Optional.empty();
    }
    draft.figure(
        "NET_RX softirq, of one CPU's time",
        receive / elapsed,
        "share",
        "run.json, kernelActivity.netReceiveSoftirqNanos");
    draft.figure(
        "ksoftirqd, of one CPU's time",
        overflow / elapsed,
        "share",
        "run.json, machine.kernelThreadCpuNanos.ksoftirqd");
    return draft
        .confidence(
            overflows
                ? Confidence.high(
                    "ksoftirqd runs when softirqs do not end in their own time; other programs'"
                        + " packets are in it too")
                : Confidence.medium(
                    "softirq time is of the whole machine, and may be spread over its CPUs"))
        .advise(
            "Spread the flows over CPUs: RSS on a network card with queues, RPS"
                + " (/sys/class/net/DEVICE/queues/rx-0/rps_cpus) on veth, tap and bridge, threaded"
                + " NAPI (/sys/class/net/DEVICE/threaded). Make packets fewer: GRO and TSO on,"
                + " larger MTU.",
            "less softirq time on any one CPU, or more goodput for the same");
  }

  private static Optional<Finding> retransmissions(Draft draft, RunView view, List<Trial> trials) {
    long again = 0;
    double gibibytes = 0;
    boolean told = false;
    boolean byKernel = false;
    long sends = 0;
    for (Trial trial : trials) {
      Long seen = trial.kernelActivity().tcpRetransmissions();
      if (trial.outcome() instanceof Throughput throughput && throughput.retransmits() != null) {
        again += throughput.retransmits();
        gibibytes += throughput.received().gibibytes();
        told = true;
      } else if (trial.traced() && seen != null) {
        again += seen;
        byKernel = true;
        for (Side side : view.sides()) {
          if (side.trials().contains(trial)) {
            Count writes = side.sum(key -> Calls.isWrite(key) && Calls.isOn(key, ObjectKind.TCP));
            sends += writes.calls();
          }
        }
      }
    }
    boolean many =
        told ? again >= PER_GIBIBYTE * gibibytes : sends > 0 && again >= PER_SEND * sends;
    if (again < FEWEST_RETRANSMISSIONS || !many) {
      return Optional.empty();
    }
    if (told) {
      draft.figure(
          "segments sent again",
          again / gibibytes,
          "count per GiB",
          "run.json, outcome.retransmits");
    } else {
      draft
          .figure(
              "segments sent again", again, "count", "run.json, kernelActivity.tcpRetransmissions")
          .figure("for one TCP send", (double) again / sends, "ratio", "tallies: writes to tcp");
    }
    return draft
        .confidence(
            byKernel
                ? Confidence.medium("the kernel counts those of the whole machine")
                : Confidence.high("the workload's own sockets counted them"))
        .advise(
            "Find where packets are dropped: nstat -az 'Tcp*Retrans*' TcpExtTCPLostRetransmit, ip -s"
                + " link for the devices between, tc -s qdisc for full queues, ethtool -S for rings"
                + " that are too small. In a built-in environment it is a full queue: a larger"
                + " txqueuelen, or fewer streams.",
            "fewer segments sent again; goodput and the slowest latencies follow where loss was"
                + " what held them");
  }
}
