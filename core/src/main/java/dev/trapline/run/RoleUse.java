// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one side of a trial was, and what it took from the machine as wait4(2) accounts it, traced
/// or not.
///
/// @param node where it ran
/// @param command its argument list, as started
/// @param exitCode null if it was not ours to wait for
/// @param cpuNanos user and system time of the process and the children it waited for
/// @param voluntarySwitches times that it slept
/// @param involuntarySwitches times that it was preempted
public record RoleUse(
    String node,
    List<String> command,
    @Nullable Integer exitCode,
    @Nullable Long cpuNanos,
    @Nullable Long voluntarySwitches,
    @Nullable Long involuntarySwitches) {
  /// Keeps a copy.
  public RoleUse {
    command = List.copyOf(command);
  }
}
