// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import org.jspecify.annotations.Nullable;

/// What is counted apart: a thread, a syscall, the kind of object it worked on, and for calls that
/// are many calls in one (`ioctl`, `futex`) the request.
///
/// @param syscall the catalogue's canonical name, or `syscall-N` for a number that it lacks, or
///   `i386#N` for a call through the 32-bit entry
/// @param object null if the call has no descriptor, or the source does not know it
/// @param request the ioctl request or futex operation by name; null for other calls
public record Key(
    ThreadKey thread, String syscall, @Nullable ObjectKind object, @Nullable String request)
    implements Comparable<Key> {
  @Override
  public int compareTo(Key other) {
    // By hand, as ThreadKey.
    int order = thread.compareTo(other.thread);
    if (order == 0) {
      order = syscall.compareTo(other.syscall);
    }
    if (order == 0) {
      order = nullFirst(object, other.object);
    }
    return order == 0 ? nullFirst(request, other.request) : order;
  }

  private static <T extends Comparable<? super T>> int nullFirst(
      @Nullable T one, @Nullable T other) {
    if (one == null || other == null) {
      return Boolean.compare(one != null, other != null);
    }
    return one.compareTo(other);
  }
}
