// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.run.RoleUse;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// What one side of a test asked of the kernel, per unit of work.
///
/// @param costs dearest first: by work, or by calls where work is unknown
/// @param total the sum over all kinds
/// @param unitsOfWork done in the trials that the sums are over
/// @param signature calls per message; null where the unit is not the message
/// @param tracedCpuNanosPerUnit CPU time as wait4(2) has it, in the traced trials; null if unknown
/// @param controlCpuNanosPerUnit the same untraced: the service demand to quote
public record RoleAnalysis(
    String role,
    List<CallCost> costs,
    Count total,
    double unitsOfWork,
    @Nullable Signature signature,
    @Nullable Double tracedCpuNanosPerUnit,
    @Nullable MedianInterval controlCpuNanosPerUnit) {
  /// Keeps a copy.
  public RoleAnalysis {
    costs = List.copyOf(costs);
  }

  /// Over the trials given.
  ///
  /// @param traced trials with an outcome, and
  /// @param controls untraced ones with an outcome
  /// @param kinds what this role called in the traced trials
  public static RoleAnalysis of(
      String role,
      List<Trial> traced,
      List<Trial> controls,
      SortedMap<CallKind, Count> kinds,
      boolean unitIsMessage) {
    double units = 0;
    for (Trial trial : traced) {
      units += workDone(trial);
    }
    List<CallCost> costs = new ArrayList<>();
    Count total = Count.NONE;
    for (Map.Entry<CallKind, Count> entry : kinds.entrySet()) {
      costs.add(new CallCost(entry.getKey(), entry.getValue(), units));
      total = total.plus(entry.getValue());
    }
    costs.sort(
        Comparator.comparingLong(RoleAnalysis::workOrMinusOne)
            .thenComparingLong(cost -> cost.count().calls())
            .reversed()
            .thenComparing(CallCost::kind));
    List<Double> controlCpu = cpuPerUnit(role, controls);
    List<Double> tracedCpu = cpuPerUnit(role, traced);
    return new RoleAnalysis(
        role,
        costs,
        total,
        units,
        unitIsMessage && units > 0 ? Signature.fit(costs, units) : null,
        tracedCpu.isEmpty() ? null : Double.valueOf(MedianInterval.of(tracedCpu).median()),
        controlCpu.isEmpty() ? null : MedianInterval.of(controlCpu));
  }

  private static long workOrMinusOne(CallCost cost) {
    Long work = cost.count().workNanos();
    return work == null ? -1 : work;
  }

  static double workDone(Trial trial) {
    return trial.outcome() == null ? 0 : trial.outcome().workDone();
  }

  private static List<Double> cpuPerUnit(String role, List<Trial> trials) {
    List<Double> values = new ArrayList<>();
    for (Trial trial : trials) {
      RoleUse use = trial.roles().get(role);
      if (use != null && use.cpuNanos() != null && workDone(trial) > 0) {
        values.add(use.cpuNanos() / workDone(trial));
      }
    }
    return values;
  }
}
