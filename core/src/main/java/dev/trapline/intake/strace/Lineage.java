// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.intake.strace.ChunkSummary.Begun;
import dev.trapline.intake.strace.ObservedThread.ObservedProcess;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the process of every thread where each has a log of its own (`strace -ff`): the clone that
/// made a thread is in another file, which may be read later, so that this waits for all of them.
final class Lineage {
  /// Which thread made another one.
  record Origin(ObservedThread parent, boolean isThread) {}

  private final Map<Integer, Origin> origins;
  private final Map<Integer, Begun> moved;
  private final Set<ObservedThread> underWay = Collections.newSetFromMap(new IdentityHashMap<>());

  private Lineage(Map<Integer, Origin> origins, Map<Integer, Begun> moved) {
    this.origins = origins;
    this.moved = moved;
  }

  /// Gives every thread its process and, where it has none, its name.
  ///
  /// @param origins by the number of the thread made
  /// @param moved execves by the number of the thread that called them, which went on under another
  static void link(
      List<ObservedThread> threads, Map<Integer, Origin> origins, Map<Integer, Begun> moved) {
    Lineage lineage = new Lineage(origins, moved);
    for (ObservedThread thread : threads) {
      lineage.link(thread);
    }
  }

  private void link(ObservedThread wanted) {
    Deque<ObservedThread> stack = new ArrayDeque<>();
    stack.push(wanted);
    while (!stack.isEmpty()) {
      ObservedThread thread = stack.element();
      ObservedThread maker = maker(thread);
      // A log that lies can make a thread its own ancestor.
      boolean isMakerMissing = maker != null && maker.process == null && underWay.add(maker);
      if (thread.process == null && isMakerMissing && maker != null && maker != thread) {
        stack.push(maker);
      } else {
        stack.pop();
        if (thread.process == null) {
          decide(thread, maker);
        }
      }
    }
  }

  private @Nullable ObservedThread maker(ObservedThread thread) {
    if (thread.before != null) {
      return thread.before;
    }
    Origin origin = origins.get(thread.tid);
    return origin == null ? null : origin.parent();
  }

  private void decide(ObservedThread thread, @Nullable ObservedThread maker) {
    if (maker == null || maker.process == null) {
      thread.process = new ObservedProcess(thread.tid, thread.name);
      return;
    }
    thread.inheritedPersonality = maker.effectivePersonality();
    if (thread.name.isEmpty()) {
      Begun execve = moved.get(maker.heirOf);
      String program = execve == null ? null : execve.program();
      thread.name = program == null ? maker.name : program;
    }
    if (thread.before != null) {
      thread.process = new ObservedProcess(maker.process.pid, thread.name);
      return;
    }
    Origin origin = origins.get(thread.tid);
    boolean isThread = origin != null && origin.isThread();
    thread.process = isThread ? maker.process : new ObservedProcess(thread.tid, thread.name);
  }
}
