// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The virtual machine monitor that carried one side of a trial, and what it took from the host.
///
/// @param command its argument list, as started
/// @param pid on the host
/// @param threads with vhost workers, wherever the kernel keeps them
/// @param guestToolCpuNanos CPU time of the workload's own program as the guest's kernel accounts
///   it; null if the guest did not tell
/// @param networkCounters what the monitor itself counted of the guest's network card during the
///   trial, by its own names, such as Firecracker's `rx_bytes_count`; null if it does not count
public record VmmUse(
    List<String> command,
    int pid,
    List<ThreadUse> threads,
    @Nullable Long guestToolCpuNanos,
    @Nullable SortedMap<String, Long> networkCounters) {
  /// Of a monitor that does not count packets.
  public VmmUse(
      List<String> command, int pid, List<ThreadUse> threads, @Nullable Long guestToolCpuNanos) {
    this(command, pid, threads, guestToolCpuNanos, null);
  }

  /// Keeps copies.
  public VmmUse {
    command = List.copyOf(command);
    threads = List.copyOf(threads);
    if (networkCounters != null) {
      networkCounters = Collections.unmodifiableSortedMap(new TreeMap<>(networkCounters));
    }
  }
}
