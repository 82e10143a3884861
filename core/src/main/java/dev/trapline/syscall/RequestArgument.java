// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

/// What the second argument of a syscall chooses, where one syscall is in truth many.
///
/// Only `ioctl` and `futex`: for these the syscall's name alone says nothing about time or meaning.
public enum RequestArgument {
  NONE,
  IOCTL_REQUEST,
  FUTEX_OPERATION;

  /// The index, counted from 0, of the argument that holds the request, for all but [#NONE].
  public static final int INDEX = 1;

  /// The name of a request value, or its number where the name is not known; empty for [#NONE].
  public String describe(long value) {
    return switch (this) {
      case NONE -> "";
      case IOCTL_REQUEST ->
          IoctlRequest.name(value).orElseGet(() -> "0x" + Long.toHexString(value & 0xffffffffL));
      case FUTEX_OPERATION -> FutexOperation.name((int) value);
    };
  }
}
