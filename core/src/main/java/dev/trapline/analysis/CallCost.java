// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.tally.Count;
import org.jspecify.annotations.Nullable;

/// What one kind of call costs one side, over all traced trials of a test.
///
/// @param count the sum
/// @param unitsOfWork what the workload did in the same trials; the denominator
public record CallCost(CallKind kind, Count count, double unitsOfWork) {
  /// Calls for one message or GiB.
  public double callsPerUnit() {
    return count.calls() / unitsOfWork;
  }

  /// Mean of the bytes that a successful call moved; null if it has none or they are unknown.
  public @Nullable Double bytesPerCall() {
    Long bytes = count.bytes();
    long successful = count.calls() - count.failedCalls();
    return bytes == null || bytes == 0 || successful == 0
        ? null
        : Double.valueOf((double) bytes / successful);
  }

  /// On-CPU time in the kernel for one unit of work.
  public @Nullable Double workNanosPerUnit() {
    return perUnit(count.workNanos());
  }

  /// Sleep for one unit of work: waiting, not cost.
  public @Nullable Double blockedNanosPerUnit() {
    return perUnit(count.blockedNanos());
  }

  /// Wait for a CPU for one unit of work.
  public @Nullable Double runnableNanosPerUnit() {
    return perUnit(count.runnableNanos());
  }

  private @Nullable Double perUnit(@Nullable Long nanos) {
    return nanos == null ? null : Double.valueOf(nanos / unitsOfWork);
  }
}
