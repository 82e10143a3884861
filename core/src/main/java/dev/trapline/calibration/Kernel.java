// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.trapline.host.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// System calls by their x86-64 numbers (arch/x86/entry/syscalls/syscall_64.tbl), and the making of
/// descriptors. What is opened here is closed with the arena.
final class Kernel {
  static final long READ = 0;
  static final long WRITE = 1;
  static final long POLL = 7;
  static final long READV = 19;
  static final long WRITEV = 20;
  static final long SOCKETPAIR = 53;
  static final long GETPPID = 110;
  static final long FUTEX = 202;
  static final long EPOLL_WAIT = 232;
  static final long EPOLL_CTL = 233;
  static final long PSELECT6 = 270;
  static final long EVENTFD2 = 290;
  static final long EPOLL_CREATE1 = 291;
  static final long PIPE2 = 293;

  /// `FUTEX_WAIT_PRIVATE`, `FUTEX_WAKE_PRIVATE` of linux/futex.h.
  static final long FUTEX_WAIT_PRIVATE = 128;

  static final long FUTEX_WAKE_PRIVATE = 129;

  /// `POLLIN` of poll.h, `EPOLLIN` of sys/epoll.h.
  static final short IN = 1;

  private static final long AF_UNIX = 1;
  private static final long SOCK_STREAM = 1;

  /// `SOCK_NONBLOCK`, `SOCK_CLOEXEC` and their kin, all the same bits on x86-64.
  private static final long NONBLOCK = 04000;

  private static final long CLOSE_ON_EXEC = 02000000;
  private static final int EPOLL_CTL_ADD = 1;

  private Kernel() {}

  /// Two ends.
  ///
  /// @param first for reading, of a pipe
  /// @param second for writing, of a pipe
  record Pair(int first, int second) {}

  /// A stream socket pair that fails rather than waits: a probe must not hang where buffers are
  /// smaller than usual.
  static Pair socketPair(Arena arena) throws LibC.Failure {
    MemorySegment ends = arena.allocate(JAVA_INT, 2);
    LibC.call(SOCKETPAIR, AF_UNIX, SOCK_STREAM | NONBLOCK | CLOSE_ON_EXEC, 0, ends.address());
    return pair(ends, arena);
  }

  static Pair pipe(Arena arena) throws LibC.Failure {
    MemorySegment ends = arena.allocate(JAVA_INT, 2);
    LibC.call(PIPE2, ends.address(), CLOSE_ON_EXEC, 0, 0);
    return pair(ends, arena);
  }

  private static Pair pair(MemorySegment ends, Arena arena) {
    return new Pair(
        owned(ends.getAtIndex(JAVA_INT, 0), arena), owned(ends.getAtIndex(JAVA_INT, 1), arena));
  }

  static int eventDescriptor(Arena arena) throws LibC.Failure {
    return owned((int) LibC.call(EVENTFD2, 0, CLOSE_ON_EXEC, 0, 0), arena);
  }

  /// An epoll instance that waits for all of these to become readable.
  static int epoll(int[] descriptors, Arena arena) throws LibC.Failure {
    int epoll = owned((int) LibC.call(EPOLL_CREATE1, CLOSE_ON_EXEC, 0, 0, 0), arena);
    // struct epoll_event is packed on x86-64: 4 bytes of events, 8 of data.
    MemorySegment event = arena.allocate(12, 8);
    event.set(JAVA_INT, 0, IN);
    for (int descriptor : descriptors) {
      event.set(JAVA_INT, 4, descriptor);
      LibC.call(EPOLL_CTL, epoll, EPOLL_CTL_ADD, descriptor, event.address());
    }
    return epoll;
  }

  /// Closes with the arena, by way of a segment that nobody uses.
  private static int owned(int descriptor, Arena arena) {
    MemorySegment unused =
        MemorySegment.ofAddress(descriptor).reinterpret(1, arena, end -> LibC.close(descriptor));
    if (unused.byteSize() != 1) {
      throw new IllegalStateException("a segment of one byte has " + unused.byteSize());
    }
    return descriptor;
  }

  /// Memory for arguments, zeroed, on a cache line of its own.
  static MemorySegment memory(Arena arena, long bytes) {
    return arena.allocate(Math.max(bytes, JAVA_LONG.byteSize()), 64);
  }
}
