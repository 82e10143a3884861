// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import java.util.Map;

/// What each figure is, in one sentence, for files and tables.
final class Descriptions {
  private static final Map<String, String> TEXTS =
      Map.ofEntries(
          Map.entry(
              MachineCosts.NULL_SYSCALL, "getppid(2): into the kernel and back, nothing done"),
          Map.entry(MachineCosts.EVENTFD_KICK, "write(2) of 8 bytes to an eventfd nobody waits on"),
          Map.entry(
              MachineCosts.FUTEX_WAKE_SAME_CPU,
              "FUTEX_WAKE until the waiter runs, both on one CPU; half of a round trip"),
          Map.entry(
              MachineCosts.FUTEX_WAKE_OTHER_CPU,
              "FUTEX_WAKE until the waiter runs, on two CPUs; half of a round trip"),
          Map.entry(
              MachineCosts.PIPE_SAME_CPU,
              "a byte through a pipe to a thread on the same CPU: write, context switch, read"),
          Map.entry(
              MachineCosts.PIPE_OTHER_CPU,
              "a byte through a pipe to a thread on another CPU: write, wake-up, read"),
          Map.entry(
              MachineCosts.EVENTFD_WAKE_OTHER_CPU,
              "write(2) of an eventfd until the reader runs, on two CPUs; half of a round trip"),
          Map.entry(
              MachineCosts.KVM_RUN_RETURN,
              "ioctl(KVM_RUN) of a guest that does one port I/O: in, out, back to user space"),
          Map.entry(MachineCosts.READ, "read(2) from a UNIX stream socket pair that has the bytes"),
          Map.entry(MachineCosts.WRITE, "write(2) to a UNIX stream socket pair that has room"),
          Map.entry(MachineCosts.READV, "one readv(2) of as many segments of 64 bytes"),
          Map.entry(MachineCosts.WRITEV, "one writev(2) of as many segments of 64 bytes"),
          Map.entry(MachineCosts.READS, "as many read(2) of 64 bytes, one after the other"),
          Map.entry(MachineCosts.WRITES, "as many write(2) of 64 bytes, one after the other"),
          Map.entry(
              MachineCosts.SELECT,
              "pselect6(2) on idle descriptors, no timeout; the set is copied in first"),
          Map.entry(MachineCosts.POLL, "poll(2) on idle descriptors, no timeout"),
          Map.entry(MachineCosts.EPOLL_WAIT, "epoll_wait(2) on idle descriptors, no timeout"));

  private Descriptions() {}

  static String of(String name) {
    return TEXTS.getOrDefault(name, name);
  }

  static String parameterOf(String sweep) {
    return switch (sweep) {
      case MachineCosts.READ, MachineCosts.WRITE -> "bytes";
      case MachineCosts.READV, MachineCosts.READS, MachineCosts.WRITEV, MachineCosts.WRITES ->
          "segments";
      default -> "descriptors";
    };
  }
}
