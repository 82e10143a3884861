// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.ObjectKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One thread while it runs one program: an exec begins a new one, so that what a shell did before
/// it became another program is not added to that program.
final class ObservedThread {
  /// A process while it runs one program.
  static final class ObservedProcess {
    final int pid;
    String name;

    ObservedProcess(int pid, String name) {
      this.pid = pid;
      this.name = name;
    }
  }

  /// A call whose beginning was read and whose end was not.
  record PendingCall(
      CallTraits traits,
      @Nullable ObjectKind object,
      @Nullable String request,
      boolean startsThread,
      @Nullable String program) {}

  /// The calls under one key; a list, because one syscall of one thread has few of them.
  static final class Counter {
    final CallTraits traits;
    final @Nullable ObjectKind object;
    final @Nullable String request;
    final CountBuilder count = new CountBuilder();
    final @Nullable Counter next;

    Counter(
        CallTraits traits,
        @Nullable ObjectKind object,
        @Nullable String request,
        @Nullable Counter next) {
      this.traits = traits;
      this.object = object;
      this.request = request;
      this.next = next;
      if (!traits.returnsBytes()) {
        count.bytesUnknown();
      }
    }
  }

  final int tid;

  /// Null until the clone that made the thread has returned, which may be long after the thread's
  /// first calls.
  @Nullable ObservedProcess process;

  String name;
  byte[] nameBytes = new byte[0];
  @Nullable PendingCall pending;
  private @Nullable Counter[] counters = new @Nullable Counter[0];

  ObservedThread(int tid, @Nullable ObservedProcess process, String name) {
    this.tid = tid;
    this.process = process;
    this.name = name;
  }

  /// Takes the name that strace wrote behind the thread's number.
  void observeName(byte[] text, int from, int to) {
    if (!Arrays.equals(nameBytes, 0, nameBytes.length, text, from, to)) {
      nameBytes = Arrays.copyOfRange(text, from, to);
      rename(ByteText.unescaped(text, from, to));
    }
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

  /// The counter for a key. Requests are compared by identity: each is one string per reader.
  @SuppressWarnings("ReferenceEquality")
  CountBuilder counter(CallTraits traits, @Nullable ObjectKind object, @Nullable String request) {
    int index = traits.index();
    if (index >= counters.length) {
      counters = Arrays.copyOf(counters, Math.max(index + 1, counters.length * 2));
    }
    for (Counter at = counters[index]; at != null; at = at.next) {
      if (at.object == object && at.request == request) {
        return at.count;
      }
    }
    Counter made = new Counter(traits, object, request, counters[index]);
    counters[index] = made;
    return made.count;
  }

  /// The first counter of each syscall; the others follow by `next`.
  @Nullable Counter[] counters() {
    return counters;
  }
}
