// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.calibration.CostSweep;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.tally.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How much of one side's work the calibrated costs predict: count x cost, per kind of call, and
/// what is left. The prediction is of a call that does nothing but what calibration did; the
/// residual is what the protocol, interrupts served meanwhile and cold caches add.
///
/// @param role whose
/// @param rows dearest by measured work first
/// @param predictedNanosPerUnit over rows with a prediction
/// @param measuredNanosPerUnit work over the same rows; null if the capture did not split time
/// @param unpredictedNanosPerUnit work of calls without a calibrated counterpart; null likewise
/// @param assumptions in words
public record CostModel(
    String role,
    List<Row> rows,
    double predictedNanosPerUnit,
    @Nullable Double measuredNanosPerUnit,
    @Nullable Double unpredictedNanosPerUnit,
    List<String> assumptions) {
  /// What users do to get costs.
  public static final String HOW_TO_CALIBRATE = "trapline calibrate";

  private static final Set<String> READS = Set.of("read", "recvfrom", "recvmsg", "recv");
  private static final Set<String> VECTORED_READS = Set.of("readv", "preadv", "preadv2");
  private static final Set<String> WRITES = Set.of("write", "sendto", "sendmsg", "send");
  private static final Set<String> VECTORED_WRITES = Set.of("writev", "pwritev", "pwritev2");
  private static final Set<String> SELECTS = Set.of("select", "pselect6");
  private static final Set<String> POLLS = Set.of("poll", "ppoll");
  private static final Set<String> EPOLL_WAITS =
      Set.of("epoll_wait", "epoll_pwait", "epoll_pwait2");

  /// Calls that do next to nothing beyond entering the kernel.
  private static final Set<String> CHEAP =
      Set.of(
          "getpid",
          "getppid",
          "gettid",
          "getuid",
          "geteuid",
          "clock_gettime",
          "gettimeofday",
          "time",
          "getsockopt",
          "setsockopt",
          "getsockname",
          "getpeername",
          "fcntl",
          "sched_yield",
          "rt_sigprocmask");

  /// One kind of call.
  ///
  /// @param callsPerUnit per message or GiB
  /// @param costName the calibrated cost that stands for it; null if none does
  /// @param nanosPerCall predicted; null if none stands for it
  /// @param predictedNanosPerUnit count x cost; null likewise
  /// @param measuredNanosPerUnit work; null if the capture did not split time
  /// @param residualNanosPerUnit measured - predicted; negative if cheaper than calibrated; null
  ///   unless both are known
  public record Row(
      CallKind kind,
      double callsPerUnit,
      @Nullable String costName,
      @Nullable Double nanosPerCall,
      @Nullable Double predictedNanosPerUnit,
      @Nullable Double measuredNanosPerUnit,
      @Nullable Double residualNanosPerUnit) {}

  private record Price(String costName, double nanos) {}

  /// Keeps copies.
  public CostModel {
    rows = List.copyOf(rows);
    assumptions = List.copyOf(assumptions);
  }

  /// Share of the measured work, over rows with a prediction, that the prediction gives: above 1 if
  /// it gives too much. Null without measured work.
  public @Nullable Double predictedShare() {
    return measuredNanosPerUnit == null || measuredNanosPerUnit == 0
        ? null
        : Double.valueOf(predictedNanosPerUnit / measuredNanosPerUnit);
  }

  /// Of one side.
  public static CostModel of(RoleAnalysis role, MachineCosts costs) {
    List<Row> rows = new ArrayList<>();
    double predicted = 0;
    Double measured = 0.0;
    Double unpredicted = 0.0;
    for (CallCost cost : role.costs()) {
      Price price = priceOf(cost, costs);
      Double work = cost.workNanosPerUnit();
      Double expected = price == null ? null : Double.valueOf(cost.callsPerUnit() * price.nanos());
      rows.add(
          new Row(
              cost.kind(),
              cost.callsPerUnit(),
              price == null ? null : price.costName(),
              price == null ? null : Double.valueOf(price.nanos()),
              expected,
              work,
              expected == null || work == null ? null : Double.valueOf(work - expected)));
      if (expected == null) {
        unpredicted = plus(unpredicted, work);
      } else {
        predicted += expected;
        measured = plus(measured, work);
      }
    }
    return new CostModel(role.role(), rows, predicted, measured, unpredicted, assumptions(rows));
  }

  private static @Nullable Double plus(@Nullable Double left, @Nullable Double right) {
    return left == null || right == null ? null : Double.valueOf(left + right);
  }

  private static @Nullable Price priceOf(CallCost cost, MachineCosts costs) {
    String call = cost.kind().syscall();
    ObjectKind object = cost.kind().object();
    if (object == ObjectKind.FILE) {
      return null;
    }
    if (object == ObjectKind.EVENTFD && (READS.contains(call) || WRITES.contains(call))) {
      return named(costs, MachineCosts.EVENTFD_KICK);
    }
    if (object == ObjectKind.KVM_VCPU && "KVM_RUN".equals(cost.kind().request())) {
      return named(costs, MachineCosts.KVM_RUN_RETURN);
    }
    if (READS.contains(call) || VECTORED_READS.contains(call)) {
      return moving(costs, MachineCosts.READ, cost);
    }
    if (WRITES.contains(call) || VECTORED_WRITES.contains(call)) {
      return moving(costs, MachineCosts.WRITE, cost);
    }
    if (SELECTS.contains(call)) {
      return cheapest(costs, MachineCosts.SELECT);
    }
    if (POLLS.contains(call)) {
      return cheapest(costs, MachineCosts.POLL);
    }
    if (EPOLL_WAITS.contains(call)) {
      return cheapest(costs, MachineCosts.EPOLL_WAIT);
    }
    return CHEAP.contains(call) ? named(costs, MachineCosts.NULL_SYSCALL) : null;
  }

  private static @Nullable Price named(MachineCosts costs, String name) {
    return costs.cost(name).map(cost -> new Price(name, cost.medianNanos())).orElse(null);
  }

  /// A call that moved nothing costs what one byte does.
  private static @Nullable Price moving(MachineCosts costs, String name, CallCost cost) {
    Optional<CostSweep> sweep = costs.sweep(name);
    OptionalDouble bytes =
        cost.bytesPerCall() == null
            ? OptionalDouble.empty()
            : OptionalDouble.of(cost.bytesPerCall());
    return sweep
        .map(found -> new Price(name, found.nanosAt(bytes.orElse(found.first().at()))))
        .orElse(null);
  }

  private static @Nullable Price cheapest(MachineCosts costs, String name) {
    return costs
        .sweep(name)
        .map(sweep -> new Price(name, sweep.first().nanos().median()))
        .orElse(null);
  }

  private static List<String> assumptions(List<Row> rows) {
    List<String> assumptions = new ArrayList<>();
    boolean moves = false;
    boolean waits = false;
    for (Row row : rows) {
      String name = row.costName();
      moves |= MachineCosts.READ.equals(name) || MachineCosts.WRITE.equals(name);
      waits |=
          MachineCosts.SELECT.equals(name)
              || MachineCosts.POLL.equals(name)
              || MachineCosts.EPOLL_WAIT.equals(name);
    }
    if (moves) {
      assumptions.add(
          "A call that moves bytes is priced as one on a UNIX socket pair of the same size, without a"
              + " network stack: its residual is the stack, softirqs served meanwhile and colder"
              + " caches.");
    }
    if (waits) {
      assumptions.add(
          "select and poll are priced with one idle descriptor, since how many there were is not"
              + " captured: each more adds to it.");
    }
    assumptions.add(
        "Falling asleep and waking up is in no price; a call that sleeps has it in its residual.");
    return assumptions;
  }
}
