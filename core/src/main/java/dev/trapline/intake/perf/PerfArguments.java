// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.syscall.FutexOperation;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.tally.ObjectKind;
import org.jspecify.annotations.Nullable;

/// Understands what perf writes for arguments: requests of ioctl, operations of futex, and the
/// names of files behind descriptors.
final class PerfArguments {
  private static final String ANONYMOUS = "anon_inode:";

  private PerfArguments() {}

  /// The name of a request as the other readers have it.
  ///
  /// @param text `0xae80`, `KVM_RUN`, `(READ|WRITE, 0x54, 0x1, 0x3fff)`, `WAIT|PRIVATE_FLAG`,
  ///   `FUTEX_WAKE`
  static String request(RequestArgument kind, String text) {
    long number = number(text);
    if (number < 0 && text.startsWith("(")) {
      number = ioctlNumber(text);
    }
    if (number >= 0) {
      return kind.describe(number & 0xffffffffL);
    }
    return kind == RequestArgument.FUTEX_OPERATION ? futexOperation(text) : text;
  }

  /// Hexadecimal with `0x`, or decimal; -1 for another text or one beyond 32 bits.
  private static long number(String text) {
    try {
      return text.startsWith("0x")
          ? Integer.toUnsignedLong(Integer.parseUnsignedInt(text, 2, text.length(), 16))
          : Integer.toUnsignedLong(Integer.parseUnsignedInt(text));
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }

  /// `(READ|WRITE, 0x54, 0x1, 0x3fff)`: direction, type, number and size, as `_IOC` in
  /// `asm-generic/ioctl.h` puts them together.
  private static long ioctlNumber(String text) {
    if (!text.endsWith(")")) {
      return -1;
    }
    String[] parts = text.substring(1, text.length() - 1).split(", ", -1);
    if (parts.length != 4) {
      return -1;
    }
    long direction = (parts[0].contains("READ") ? 2 : 0) | (parts[0].contains("WRITE") ? 1 : 0);
    long type = number(parts[1]);
    long sequence = number(parts[2]);
    long size = number(parts[3]);
    return type < 0 || sequence < 0 || size < 0
        ? -1
        : direction << 30 | (size & 0x3fff) << 16 | (type & 0xff) << 8 | (sequence & 0xff);
  }

  /// `WAIT_BITSET|PRIVATE_FLAG|CLOCK_REALTIME`, with or without the prefix `FUTEX_`, as in perf's
  /// `trace/beauty/futex_op.c`.
  private static String futexOperation(String text) {
    int bar = text.indexOf('|');
    String operation = bar < 0 ? text : text.substring(0, bar);
    String name = operation.startsWith("FUTEX_") ? operation : "FUTEX_" + operation;
    return bar >= 0 && text.indexOf("PRIVATE", bar) > 0 ? name + "_PRIVATE" : name;
  }

  /// The operation of a futex call whose argument perf left out, since it is 0.
  static String zero(RequestArgument kind) {
    return kind == RequestArgument.FUTEX_OPERATION ? FutexOperation.name(0) : kind.describe(0);
  }

  /// The kind of object in `5</etc/hosts>`, `4<anon_inode:[eventpoll]>`; null for a descriptor
  /// without a name and for a socket, of which perf tells only the number.
  static @Nullable ObjectKind object(String text) {
    int open = TextLines.endOfDigits(text, 0);
    if (open == 0 || open >= text.length() || text.charAt(open) != '<') {
      return null;
    }
    int name = open + 1;
    if (text.startsWith("socket:[", name)) {
      return null;
    }
    if (text.startsWith("pipe:[", name)) {
      return ObjectKind.PIPE;
    }
    if (text.startsWith(ANONYMOUS, name)) {
      return anonymous(text, name + ANONYMOUS.length());
    }
    if (!text.startsWith("/", name)) {
      return ObjectKind.OTHER;
    }
    if (text.startsWith("/dev/net/tun", name) || text.startsWith("/dev/tap", name)) {
      return ObjectKind.TUN;
    }
    return text.startsWith("/dev/", name) ? ObjectKind.OTHER : ObjectKind.FILE;
  }

  private static ObjectKind anonymous(String text, int from) {
    if (text.startsWith("[eventfd", from)) {
      return ObjectKind.EVENTFD;
    }
    if (text.startsWith("[eventpoll]", from)) {
      return ObjectKind.EPOLL;
    }
    if (text.startsWith("[timerfd]", from)) {
      return ObjectKind.TIMERFD;
    }
    if (text.startsWith("[io_uring]", from)) {
      return ObjectKind.IO_URING;
    }
    if (text.startsWith("kvm-vcpu", from)) {
      return ObjectKind.KVM_VCPU;
    }
    return text.startsWith("kvm-vm", from) ? ObjectKind.KVM_VM : ObjectKind.OTHER;
  }
}
