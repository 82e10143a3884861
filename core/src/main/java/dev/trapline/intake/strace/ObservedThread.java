// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.intake.strace.ChunkSummary.Begun;
import org.jspecify.annotations.Nullable;

/// One thread while it runs one program: an exec begins a new one, so that what a shell did before
/// it became another program is not added to that program.
final class ObservedThread {
  /// A process while it runs one program.
  static final class ObservedProcess {
    int pid;
    String name;

    ObservedProcess(int pid, String name) {
      this.pid = pid;
      this.name = name;
    }
  }

  /// The personality is not told: that of the thread that made this one, or the machine's own.
  static final int INHERITED = 0;

  int tid;

  /// Null until the clone that made the thread has returned, which may be long after the thread's
  /// first calls.
  @Nullable ObservedProcess process;

  String name;

  /// Whether a line was of this thread; a clone that returned its number is none.
  boolean isSeen;

  /// The call that it is in.
  @Nullable Begun pending;

  /// As what it calls the kernel, by a number of the merger's, or [#INHERITED].
  int personality;

  int inheritedPersonality;
  final CallCount.Table counts = new CallCount.Table();

  /// Where the logs of threads are files of their own: the same thread before its exec.
  @Nullable ObservedThread before;

  /// There too: the thread whose execve began this program, if it was not the same.
  int heirOf;

  ObservedThread(int tid, @Nullable ObservedProcess process, String name) {
    this.tid = tid;
    this.process = process;
    this.name = name;
  }

  void rename(String newName) {
    name = newName;
    if (process != null && process.pid == tid) {
      process.name = newName;
    }
  }

  void belongsTo(ObservedProcess owner) {
    process = owner;
    if (owner.pid == tid && !name.isEmpty()) {
      owner.name = name;
    }
  }

  /// What its children inherit.
  int effectivePersonality() {
    return personality == INHERITED ? inheritedPersonality : personality;
  }
}
