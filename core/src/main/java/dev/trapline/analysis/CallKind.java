// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// A kind of call, whichever thread made it: what rows of a report are about.
public record CallKind(String syscall, @Nullable ObjectKind object, @Nullable String request)
    implements Comparable<CallKind> {
  private static final Comparator<CallKind> ORDER =
      Comparator.comparing(CallKind::syscall)
          .thenComparing(CallKind::object, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(CallKind::request, Comparator.nullsFirst(Comparator.naturalOrder()));

  /// The kind of a key.
  public static CallKind of(Key key) {
    return new CallKind(key.syscall(), key.object(), key.request());
  }

  @Override
  public int compareTo(CallKind other) {
    return ORDER.compare(this, other);
  }
}
