// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.run.RoleTally;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ThreadKey;
import org.jspecify.annotations.Nullable;

/// One row as JSON and Parquet both show it: a count, its key, and whose it is. Here are the rules
/// of what stands for "unknown", so that the two cannot differ.
record TallyRow(RoleTally part, Key key, Count count) {
  /// The catalogue's slug; null for a syscall that the catalogue lacks.
  @Nullable String category() {
    return SyscallCatalogue.instance()
        .byName(key.syscall())
        .map(syscall -> syscall.category().slug())
        .orElse(null);
  }

  @Nullable Integer pid() {
    return knownId(key.thread().pid());
  }

  @Nullable Integer tid() {
    return knownId(key.thread().tid());
  }

  @Nullable String process() {
    return knownName(key.thread().process(), key.thread().pid());
  }

  @Nullable String thread() {
    return knownName(key.thread().thread(), key.thread().tid());
  }

  @Nullable String object() {
    return key.object() == null ? null : key.object().label();
  }

  private static @Nullable Integer knownId(int id) {
    return id == ThreadKey.UNKNOWN_ID ? null : Integer.valueOf(id);
  }

  /// A thread may give itself an empty name; only without a number it means that nobody knows.
  private static @Nullable String knownName(String name, int id) {
    return name.isEmpty() && id == ThreadKey.UNKNOWN_ID ? null : name;
  }
}
