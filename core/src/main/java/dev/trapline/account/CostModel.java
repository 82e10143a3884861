// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.calibration.MachineCosts;
import java.util.List;
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

  /// One kind of call.
  ///
  /// @param callsPerUnit per message or GiB
  /// @param costName the calibrated cost that stands for it; null if none does
  /// @param nanosPerCall predicted, with interval ends as calibrated; null if none stands for it
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

  /// Keeps copies.
  public CostModel {
    rows = List.copyOf(rows);
    assumptions = List.copyOf(assumptions);
  }

  /// Of one side.
  public static CostModel of(RoleAnalysis role, MachineCosts costs) {
    return new CostModel(role.role(), List.of(), 0, null, null, List.of());
  }
}
