// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

/// Names of the operations of `futex`, from `linux/futex.h`.
///
/// The newer syscalls `futex_wait`, `futex_wake` and `futex_requeue` take flags in place of an
/// operation and are not meant here.
public final class FutexOperation {
  private static final int PRIVATE_FLAG = 128;
  private static final int CLOCK_REALTIME_FLAG = 256;

  private static final String[] NAMES = {
    "FUTEX_WAIT",
    "FUTEX_WAKE",
    "FUTEX_FD",
    "FUTEX_REQUEUE",
    "FUTEX_CMP_REQUEUE",
    "FUTEX_WAKE_OP",
    "FUTEX_LOCK_PI",
    "FUTEX_UNLOCK_PI",
    "FUTEX_TRYLOCK_PI",
    "FUTEX_WAIT_BITSET",
    "FUTEX_WAKE_BITSET",
    "FUTEX_WAIT_REQUEUE_PI",
    "FUTEX_CMP_REQUEUE_PI",
    "FUTEX_LOCK_PI2"
  };

  private FutexOperation() {}

  /// The name of an operation: `FUTEX_WAIT`, or `FUTEX_WAIT_PRIVATE` where the flag for a futex of
  /// one process is set. The flag that chooses the wall clock is left out of the name. An operation
  /// that is not known gives `futex-operation-99`.
  public static String name(int operation) {
    int command = command(operation);
    if (command < 0 || command >= NAMES.length) {
      return "futex-operation-" + command;
    }
    String name = NAMES[command];
    return (operation & PRIVATE_FLAG) != 0 ? name + "_PRIVATE" : name;
  }

  /// Whether the operation waits, so that time asleep in it is no cost; the others are work.
  public static boolean waits(int operation) {
    return switch (command(operation)) {
      // WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2
      case 0, 6, 9, 11, 13 -> true;
      default -> false;
    };
  }

  private static int command(int operation) {
    return operation & ~(PRIVATE_FLAG | CLOCK_REALTIME_FLAG);
  }
}
