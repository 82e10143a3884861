// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.tally.ObjectKind;
import org.jspecify.annotations.Nullable;

/// A kind of object as a number, with room for sockets of a chunk whose kind only what stands
/// before the chunk can tell.
final class ObjectCode {
  /// No descriptor, or one of an unknown kind.
  static final int UNKNOWN = 0;

  /// From here on: sockets to be resolved, as numbered by their chunk.
  static final int FIRST_SYMBOL = 1 << 8;

  private static final ObjectKind[] KINDS = ObjectKind.values();

  private ObjectCode() {}

  @SuppressWarnings("EnumOrdinal") // the numbers live as long as a reader
  static int of(@Nullable ObjectKind kind) {
    return kind == null ? UNKNOWN : kind.ordinal() + 1;
  }

  static @Nullable ObjectKind kind(int code) {
    return code == UNKNOWN ? null : KINDS[code - 1];
  }
}
