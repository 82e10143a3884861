// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.OptionalInt;

/// Where a syscall carries the file descriptor that tells what the call works on.
///
/// A call that creates a descriptor has it in its return value, so a failed one has none. For calls
/// relative to a directory the argument can also be `AT_FDCWD` (-100), which is no descriptor.
/// Calls on several descriptors (`poll`, `select`, `pipe2`) have [#NONE]; those on two name the
/// first (`splice`: where the data comes from; `sendfile`: where it goes).
public enum DescriptorArgument {
  NONE("none"),
  FIRST("1"),
  SECOND("2"),
  THIRD("3"),
  FOURTH("4"),
  FIFTH("5"),
  SIXTH("6"),
  RETURN_VALUE("return");

  private static final DescriptorArgument[] ALL = values();

  private final String slug;

  DescriptorArgument(String slug) {
    this.slug = slug;
  }

  /// The index of the argument, counted from 0; nothing for [#NONE] and [#RETURN_VALUE].
  public OptionalInt index() {
    return slug.length() == 1 ? OptionalInt.of(slug.charAt(0) - '1') : OptionalInt.empty();
  }

  /// The name in files: `none`, `1` to `6`, `return`.
  public String slug() {
    return slug;
  }

  static DescriptorArgument bySlug(String slug) {
    for (DescriptorArgument argument : ALL) {
      if (argument.slug.equals(slug)) {
        return argument;
      }
    }
    throw new IllegalArgumentException("no descriptor argument is called " + slug);
  }
}
