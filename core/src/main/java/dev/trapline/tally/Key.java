// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.Comparator;
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
  private static final Comparator<Key> ORDER =
      Comparator.comparing(Key::thread)
          .thenComparing(Key::syscall)
          .thenComparing(Key::object, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(Key::request, Comparator.nullsFirst(Comparator.naturalOrder()));

  @Override
  public int compareTo(Key other) {
    return ORDER.compare(this, other);
  }
}
