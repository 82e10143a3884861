// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.List;

/// What one run of a workload achieved, as the workload's own program says. What that does not say
/// is null, never 0.
public sealed interface Outcome permits Throughput, BidirectionalThroughput, Latency, MessageRate {
  /// What costs are divided by.
  UnitOfWork unitOfWork();

  /// How many of these units the WHOLE run did, warm-up included: a capture counts the syscalls of
  /// the whole run too.
  double workDone();

  /// Each pair of figures in here that must agree. Never empty.
  List<InvariantResult> invariants();
}
