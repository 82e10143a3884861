// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

/// What a record of a perf.data file says about the calls of a thread.
sealed interface PerfEvent {
  /// The kernel's clock; 0 in records that perf made up for what was there before.
  long timeNanos();

  int pid();

  int tid();

  /// A call begins.
  ///
  /// @param secondArgument the request of those calls that have one
  record Enter(long timeNanos, int pid, int tid, int number, long secondArgument)
      implements PerfEvent {}

  /// A call ends.
  ///
  /// @param number -1 from `rt_sigreturn`, which has restored the registers of another call
  record Exit(long timeNanos, int pid, int tid, int number, long result) implements PerfEvent {}

  /// A thread has a name.
  ///
  /// @param byExec because it executed a program
  record Named(long timeNanos, int pid, int tid, String name, boolean byExec)
      implements PerfEvent {}

  /// A thread was made.
  record Forked(long timeNanos, int pid, int tid, int parentTid) implements PerfEvent {}

  /// A thread has ended.
  record Ended(long timeNanos, int pid, int tid) implements PerfEvent {}
}
