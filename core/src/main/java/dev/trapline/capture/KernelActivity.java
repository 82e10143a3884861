// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the kernel did on its own account while a capture ran, on the whole machine: it is not
/// attributed to a process. Null is what the source cannot know.
///
/// @param netReceiveSoftirqNanos time in the NET_RX softirq, over all CPUs; a part of it runs
///   inside syscalls and is then in their work time too
/// @param netTransmitSoftirqNanos time in the NET_TX softirq
/// @param tcpRetransmissions segments sent again
/// @param ioUringOperations submitted by the observed tasks, by opcode name; these do work that no
///   syscall count shows
public record KernelActivity(
    @Nullable Long netReceiveSoftirqNanos,
    @Nullable Long netReceiveSoftirqs,
    @Nullable Long netTransmitSoftirqNanos,
    @Nullable Long netTransmitSoftirqs,
    @Nullable Long tcpRetransmissions,
    @Nullable SortedMap<String, Long> ioUringOperations) {
  /// A source that sees syscalls only.
  public static final KernelActivity UNKNOWN =
      new KernelActivity(null, null, null, null, null, null);

  /// Keeps an unmodifiable copy.
  public KernelActivity {
    if (ioUringOperations != null) {
      ioUringOperations = Collections.unmodifiableSortedMap(new TreeMap<>(ioUringOperations));
    }
  }
}
