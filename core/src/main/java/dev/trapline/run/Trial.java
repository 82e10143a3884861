// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import dev.trapline.capture.KernelActivity;
import dev.trapline.tally.Completeness;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Outcome;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One workload, once, in one environment: traced, or as an untraced control.
///
/// @param id unique in its run; names the folder of its raw output
/// @param environment such as `netns`; `host` for a recording; as labelled for an import
/// @param test `throughput`, `latency`, or null for a recording
/// @param repeat from 1, among trials of the same test, environment and tracing
/// @param order position in the run, from 1
/// @param traced false for a control trial, which has no tallies
/// @param startedAt null if imported files do not tell
/// @param durationNanos from the start of the first process to the end of the last; null if
///   imported files do not tell
/// @param outcome what the workload measured; null if it failed or measures nothing
/// @param failure why there is no outcome, in one sentence; null if all went well
/// @param completeness of the capture; complete for a control trial, where nothing is captured
/// @param kernelActivity what the capture saw of the kernel; all unknown for a control trial
public record Trial(
    String id,
    String environment,
    @Nullable String test,
    int repeat,
    int order,
    boolean traced,
    @Nullable Instant startedAt,
    @Nullable Long durationNanos,
    @Nullable Outcome outcome,
    @Nullable String failure,
    SortedMap<String, RoleUse> roles,
    Completeness completeness,
    KernelActivity kernelActivity,
    MachineUse machine,
    List<InvariantResult> invariants) {
  /// Invariants whose names begin so tie the counts to the outcome. A broken one says that they are
  /// not of the same work, so nothing may be divided.
  public static final String COUNTED = "counted-";

  /// Keeps unmodifiable copies.
  public Trial {
    roles = Collections.unmodifiableSortedMap(new TreeMap<>(roles));
    invariants = List.copyOf(invariants);
  }
}
