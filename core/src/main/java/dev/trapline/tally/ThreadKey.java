// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

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

  @Override
  public int compareTo(ThreadKey other) {
    // By hand: every sum of tallies sorts by this, and a chain of comparators was a twentieth of
    // the time of a report.
    int order = Integer.compare(pid, other.pid);
    if (order == 0) {
      order = Integer.compare(tid, other.tid);
    }
    if (order == 0) {
      order = process.compareTo(other.process);
    }
    return order == 0 ? thread.compareTo(other.thread) : order;
  }
}
