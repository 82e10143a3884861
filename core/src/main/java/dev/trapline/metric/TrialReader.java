// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import dev.trapline.analysis.CallKind;
import dev.trapline.capture.KernelActivity;
import dev.trapline.capture.KvmActivity;
import dev.trapline.metric.Metric.Better;
import dev.trapline.metric.Metric.Family;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.run.VmmUse;
import dev.trapline.tally.Count;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Makes the figures of one trial, and says what each is.
final class TrialReader {
  private static final double[] PERCENTILES = {50, 90, 99, 99.9};
  private static final String SECOND = "second";
  private static final String KSOFTIRQD = "ksoftirqd";

  private final String test;
  private final Trial trial;
  private final Outcome outcome;
  private final SortedMap<String, Metric> metrics;
  private final String unitOfWork;
  private final double units;
  private final @Nullable Double seconds;
  private final Map<String, Double> values = new HashMap<>();
  private final Set<String> counted = new HashSet<>();

  /// @param metrics what each figure is, added to
  TrialReader(String test, Trial trial, Outcome outcome, SortedMap<String, Metric> metrics) {
    this.test = test;
    this.trial = trial;
    this.outcome = outcome;
    this.metrics = metrics;
    this.unitOfWork = outcome.unitOfWork().label();
    this.units = outcome.workDone();
    Long nanos = trial.durationNanos();
    this.seconds = nanos == null || nanos <= 0 ? null : Double.valueOf(nanos / 1e9);
  }

  /// @param calls of each side that has any
  TrialMetrics read(WorkloadShape shape, Map<String, CallSums> calls) {
    addOutcome();
    if (mayDivide()) {
      Set<String> roles = new TreeSet<>(trial.roles().keySet());
      roles.addAll(calls.keySet());
      for (String role : roles) {
        CallSums ofRole = calls.get(role);
        if (ofRole != null) {
          addCalls(role, ofRole);
        }
        RoleUse use = trial.roles().get(role);
        if (use != null) {
          addUse(role, use);
        }
      }
      addMachine();
    }
    return new TrialMetrics(trial, test, shape, units, values, counted);
  }

  /// What is of a part of the run, or of other work than the outcome, is not divided by it.
  private boolean mayDivide() {
    boolean partial = outcome instanceof Throughput throughput && throughput.partial();
    return !partial
        && trial.invariants().stream()
            .allMatch(
                invariant -> invariant.holds() || !invariant.name().startsWith(Trial.COUNTED));
  }

  // ---- outcomes ------------------------------------------------------------------------

  private void addOutcome() {
    switch (outcome) {
      case Throughput throughput -> {
        goodput("goodput", "goodput", throughput.goodput().bitsPerSecond());
        outcomePerUnit("retransmits", "retransmissions", throughput.retransmits());
      }
      case BidirectionalThroughput both -> {
        goodput("goodput", "goodput, both directions", both.goodput().bitsPerSecond());
        goodput(
            "goodput.to-server", "goodput to server", both.toServer().goodput().bitsPerSecond());
        goodput(
            "goodput.to-client", "goodput to client", both.toClient().goodput().bitsPerSecond());
      }
      case Latency latency -> addLatency(latency);
      case MessageRate rate ->
          put(
              "message-rate",
              Metric.OUTCOME,
              "messages sent",
              MetricUnit.COUNT,
              SECOND,
              Family.OUTCOME,
              Better.HIGHER,
              false,
              null,
              (double) rate.messagesPerSecond());
    }
  }

  private void addLatency(Latency latency) {
    latency("mean", "half-RTT mean", latency.halfRoundTripNanos(latency.meanNanos()));
    for (double percentile : PERCENTILES) {
      Long nanos = latency.percentilesNanos().get(percentile);
      if (nanos != null) {
        String name =
            "p" + (percentile == Math.rint(percentile) ? "" + (long) percentile : "" + percentile);
        latency(name, "half-RTT " + name, latency.halfRoundTripNanos(nanos));
      }
    }
    latency("max", "half-RTT max", latency.halfRoundTripNanos(latency.maximumNanos()));
  }

  private void latency(String name, String label, double nanos) {
    put(
        name,
        Metric.OUTCOME,
        label,
        MetricUnit.NANOSECONDS,
        null,
        Family.OUTCOME,
        Better.LOWER,
        false,
        null,
        nanos);
  }

  private void goodput(String name, String label, double bitsPerSecond) {
    put(
        name,
        Metric.OUTCOME,
        label,
        MetricUnit.BITS_PER_SECOND,
        null,
        Family.OUTCOME,
        Better.HIGHER,
        false,
        null,
        bitsPerSecond);
  }

  private void outcomePerUnit(String name, String label, @Nullable Long count) {
    if (count != null) {
      put(
          name,
          Metric.OUTCOME,
          label,
          MetricUnit.COUNT,
          unitOfWork,
          Family.OUTCOME,
          Better.LOWER,
          false,
          null,
          count / units);
    }
  }

  // ---- calls ---------------------------------------------------------------------------

  private void addCalls(String role, CallSums sums) {
    cost(role, "calls", "calls", MetricUnit.COUNT, true, sums.calls());
    perSecond(role, "calls", "calls", true, sums.calls());
    cost(role, "eagain", "EAGAIN", MetricUnit.COUNT, true, sums.failedWith("EAGAIN"));
    Long work = sums.workNanos();
    cost(role, "work", "work in calls", MetricUnit.NANOSECONDS, true, work);
    Double bytes = sums.bytesPerCall();
    if (bytes != null) {
      put(
          role + ".bytes-per-call",
          role,
          "bytes",
          MetricUnit.BYTES,
          "call",
          Family.COST,
          Better.NEITHER,
          true,
          null,
          bytes);
    }
    counted.add(test + "." + role + ".calls.");
    if (work != null) {
      counted.add(test + "." + role + ".work.");
    }
    // Kinds that a name does not tell apart, such as one ioctl on two objects, are one row.
    Map<String, Count> byName = new TreeMap<>();
    for (Map.Entry<CallKind, Count> entry : sums.byKind().entrySet()) {
      byName.merge(CallSums.name(entry.getKey()), entry.getValue(), Count::plus);
    }
    byName.forEach((name, count) -> {
      detail(
          role,
          "calls." + name,
          "calls " + name,
          MetricUnit.COUNT,
          true,
          name,
          (double) count.calls());
      Long workOfKind = count.workNanos();
      if (work != null && workOfKind != null) {
        detail(
            role,
            "work." + name,
            "work " + name,
            MetricUnit.NANOSECONDS,
            true,
            name,
            workOfKind.doubleValue());
      }
    });
  }

  // ---- what a side took from the machine -----------------------------------------------

  private void addUse(String role, RoleUse use) {
    Long cpu = use.cpuNanos();
    cost(role, "cpu", "CPU time", MetricUnit.NANOSECONDS, false, cpu);
    if (cpu != null && seconds != null) {
      put(
          role + ".cpus",
          role,
          "CPUs busy",
          MetricUnit.CPUS,
          null,
          Family.COST,
          Better.LOWER,
          false,
          null,
          cpu / 1e9 / seconds);
    }
    Long voluntary = use.voluntarySwitches();
    Long involuntary = use.involuntarySwitches();
    if (voluntary != null && involuntary != null) {
      cost(role, "switches", "context switches", MetricUnit.COUNT, false, voluntary + involuntary);
      perSecond(role, "switches", "context switches", false, voluntary + involuntary);
      detail(
          role,
          "switches.voluntary",
          "voluntary switches",
          MetricUnit.COUNT,
          false,
          null,
          voluntary.doubleValue());
      detail(
          role,
          "switches.involuntary",
          "involuntary switches",
          MetricUnit.COUNT,
          false,
          null,
          involuntary.doubleValue());
    }
    if (use.vmm() != null) {
      addMonitor(role, use.vmm());
    }
    if (use.kvm() != null && use.kvm().isKnown()) {
      addKvm(role, use.kvm());
    }
  }

  private void addMonitor(String role, VmmUse vmm) {
    cost(
        role,
        "guest-tool-cpu",
        "CPU tool in guest",
        MetricUnit.NANOSECONDS,
        false,
        vmm.guestToolCpuNanos());
    Map<ThreadUse.Kind, Long> cpu = new EnumMap<>(ThreadUse.Kind.class);
    Set<ThreadUse.Kind> unknown = new HashSet<>();
    long delay = 0;
    boolean delayKnown = true;
    for (ThreadUse thread : vmm.threads()) {
      Long nanos = thread.cpuNanos();
      if (nanos == null) {
        unknown.add(thread.kind());
      } else {
        cpu.merge(thread.kind(), nanos, Long::sum);
      }
      Long waited = thread.runDelayNanos();
      delayKnown &= waited != null;
      delay += waited == null ? 0 : waited;
    }
    // A monitor without such a thread spent no time in one.
    cpu.putIfAbsent(ThreadUse.Kind.VHOST_WORKER, 0L);
    cpu.keySet().removeAll(unknown);
    cpu.forEach((kind, nanos) ->
        cost(
            role,
            "cpu." + kind.label(),
            "CPU " + kind.label(),
            MetricUnit.NANOSECONDS,
            false,
            nanos));
    if (delayKnown && !vmm.threads().isEmpty()) {
      cost(role, "run-delay", "wait for a CPU", MetricUnit.NANOSECONDS, false, delay);
    }
  }

  private void addKvm(String role, KvmActivity kvm) {
    cost(role, "exits", "VM exits", MetricUnit.COUNT, true, kvm.exitCount());
    Long exitCount = kvm.exitCount();
    if (exitCount != null) {
      perSecond(role, "exits", "VM exits", true, exitCount);
    }
    cost(role, "returns", "returns to user space", MetricUnit.COUNT, true, kvm.returnCount());
    cost(role, "kicks", "kicks answered by KVM", MetricUnit.COUNT, true, kvm.kicks());
    cost(role, "injections", "interrupts injected", MetricUnit.COUNT, true, kvm.injectionCount());
    cost(role, "guest-time", "time in the guest", MetricUnit.NANOSECONDS, true, kvm.guestNanos());
    if (kvm.knowsExits()) {
      Long handling = 0L;
      for (KvmActivity.Exits exits : kvm.exits().values()) {
        Long onCpu = exits.onCpuNanos();
        handling = handling == null || onCpu == null ? null : Long.valueOf(handling + onCpu);
      }
      cost(role, "exit-handling", "exit handling", MetricUnit.NANOSECONDS, true, handling);
      counted.add(test + "." + role + ".exits.");
    }
    cost(role, "halt-poll", "halt polling", MetricUnit.NANOSECONDS, true, kvm.haltPollNanos());
    for (String what : List.of("returns", "injections")) {
      counted.add(test + "." + role + "." + what + ".");
    }
    kvm.exits().forEach((reason, exits) -> kvmDetail(role, "exits", reason, exits.count()));
    kvm.returns().forEach((reason, count) -> kvmDetail(role, "returns", reason, count));
    kvm.injections().forEach((how, count) -> kvmDetail(role, "injections", how, count));
  }

  private void kvmDetail(String role, String what, String name, long count) {
    detail(
        role, what + "." + name, what + " " + name, MetricUnit.COUNT, true, null, (double) count);
  }

  // ---- the machine ---------------------------------------------------------------------

  private void addMachine() {
    cost(
        Metric.MACHINE,
        "switches",
        "context switches",
        MetricUnit.COUNT,
        false,
        trial.machine().contextSwitches());
    Long steal = trial.machine().stealNanos();
    if (steal != null && seconds != null) {
      put(
          Metric.MACHINE + ".steal",
          Metric.MACHINE,
          "CPUs stolen",
          MetricUnit.CPUS,
          null,
          Family.COST,
          Better.LOWER,
          false,
          null,
          steal / 1e9 / seconds);
    }
    Map<String, Long> threads = trial.machine().kernelThreadCpuNanos();
    if (!threads.isEmpty()) {
      long softirq = 0;
      for (Map.Entry<String, Long> thread : threads.entrySet()) {
        softirq += thread.getKey().startsWith(KSOFTIRQD) ? thread.getValue() : 0;
      }
      cost(Metric.MACHINE, KSOFTIRQD, "CPU ksoftirqd", MetricUnit.NANOSECONDS, false, softirq);
    }
    KernelActivity kernel = trial.kernelActivity();
    cost(
        Metric.MACHINE,
        "softirq.receive",
        "NET_RX softirq",
        MetricUnit.NANOSECONDS,
        true,
        kernel.netReceiveSoftirqNanos());
    cost(
        Metric.MACHINE,
        "softirq.transmit",
        "NET_TX softirq",
        MetricUnit.NANOSECONDS,
        true,
        kernel.netTransmitSoftirqNanos());
    cost(
        Metric.MACHINE,
        "retransmissions",
        "TCP retransmissions",
        MetricUnit.COUNT,
        true,
        kernel.tcpRetransmissions());
  }

  // ---- putting -------------------------------------------------------------------------

  private void cost(
      String subject,
      String name,
      String label,
      MetricUnit unit,
      boolean traced,
      @Nullable Long sum) {
    if (sum != null) {
      put(
          subject + "." + name,
          subject,
          label,
          unit,
          unitOfWork,
          Family.COST,
          Better.LOWER,
          traced,
          null,
          sum / units);
    }
  }

  private void perSecond(String subject, String name, String label, boolean traced, long sum) {
    if (seconds != null) {
      put(
          subject + "." + name + "-per-second",
          subject,
          label,
          MetricUnit.COUNT,
          SECOND,
          Family.COST,
          Better.NEITHER,
          traced,
          null,
          sum / seconds);
    }
  }

  private void detail(
      String role,
      String name,
      String label,
      MetricUnit unit,
      boolean traced,
      @Nullable String kind,
      double sum) {
    put(
        role + "." + name,
        role,
        label,
        unit,
        unitOfWork,
        Family.DETAIL,
        Better.LOWER,
        traced,
        kind,
        sum / units);
  }

  private void put(
      String name,
      String subject,
      String label,
      MetricUnit unit,
      @Nullable String per,
      Family family,
      Better better,
      boolean traced,
      @Nullable String kind,
      double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    String id = test + "." + name;
    Metric metric =
        metrics.computeIfAbsent(
            id,
            unseen ->
                new Metric(id, test, subject, label, unit, per, family, better, traced, kind));
    // The text that all trials share.
    values.put(metric.id(), value);
  }
}
