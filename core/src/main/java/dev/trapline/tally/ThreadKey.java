// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.Comparator;

/// One thread of one process, by number and by the names they had last. It is not unique over the
/// life of a machine: the kernel reuses numbers, and two short-lived threads with the same numbers
/// and names count as one.
///
/// @param pid what user space calls the process id (the kernel's tgid)
/// @param process the name of the process's main thread
/// @param tid the thread id
/// @param thread the thread's own name; untrusted text of up to 15 bytes, see proc(5) `comm`
public record ThreadKey(int pid, String process, int tid, String thread)
    implements Comparable<ThreadKey> {
  /// A source that aggregates over threads uses 0 for what it does not know.
  public static final int UNKNOWN_ID = 0;

  private static final Comparator<ThreadKey> ORDER =
      Comparator.comparingInt(ThreadKey::pid)
          .thenComparingInt(ThreadKey::tid)
          .thenComparing(ThreadKey::process)
          .thenComparing(ThreadKey::thread);

  @Override
  public int compareTo(ThreadKey other) {
    return ORDER.compare(this, other);
  }
}
