// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The virtual machine monitor that carried one side of a trial, and what it took from the host.
///
/// @param command its argument list, as started
/// @param pid on the host
/// @param threads with vhost workers, wherever the kernel keeps them
/// @param guestToolCpuNanos CPU time of the workload's own program as the guest's kernel accounts
///   it; null if the guest did not tell
public record VmmUse(
    List<String> command, int pid, List<ThreadUse> threads, @Nullable Long guestToolCpuNanos) {
  /// Keeps copies.
  public VmmUse {
    command = List.copyOf(command);
    threads = List.copyOf(threads);
  }
}
