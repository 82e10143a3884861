// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.trapline.host.LibC;
import dev.trapline.host.SyscallLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Eventfds that never become readable, and the three ways of asking whether they have.
final class IdleDescriptors {
  private static final int MOST_EVENTS = 64;

  private final int[] descriptors;

  IdleDescriptors(int count, Arena arena) throws LibC.Failure {
    descriptors = new int[count];
    for (int index = 0; index < count; index++) {
      descriptors[index] = Kernel.eventDescriptor(arena);
    }
  }

  /// pselect6(2) with a set that holds the first so many, a timeout of zero. The kernel clears the
  /// set in its answer, so it is copied in before each call, as programs do.
  SyscallLoop.Call select(int count, Arena arena) {
    int highest = descriptors[count - 1];
    int words = highest / 64 + 1;
    MemorySegment set = Kernel.memory(arena, 8L * words);
    MemorySegment wanted = Kernel.memory(arena, 8L * words);
    for (int index = 0; index < count; index++) {
      int descriptor = descriptors[index];
      long word = wanted.getAtIndex(JAVA_LONG, descriptor / 64);
      wanted.setAtIndex(JAVA_LONG, descriptor / 64, word | 1L << (descriptor % 64));
    }
    MemorySegment timeout = Kernel.memory(arena, 16);
    return SyscallLoop.Call.of(
            Kernel.PSELECT6, highest + 1, set.address(), 0, 0, timeout.address(), 0)
        .withCopyBefore(new SyscallLoop.Copy(set, wanted, words));
  }

  /// poll(2) with the first so many, a timeout of zero.
  SyscallLoop.Call poll(int count, Arena arena) {
    // struct pollfd: 4 bytes of descriptor, 2 of wanted, 2 of returned events.
    MemorySegment array = Kernel.memory(arena, 8L * count);
    for (int index = 0; index < count; index++) {
      array.set(JAVA_INT, 8L * index, descriptors[index]);
      array.set(JAVA_SHORT, 8L * index + 4, Kernel.IN);
    }
    return SyscallLoop.Call.of(Kernel.POLL, array.address(), count, 0);
  }

  /// epoll_wait(2) of an instance that has the first so many, a timeout of zero.
  SyscallLoop.Call epollWait(int count, Arena arena) throws LibC.Failure {
    int epoll = Kernel.epoll(Arrays.copyOf(descriptors, count), arena);
    MemorySegment events = Kernel.memory(arena, 12L * MOST_EVENTS);
    return SyscallLoop.Call.of(Kernel.EPOLL_WAIT, epoll, events.address(), MOST_EVENTS, 0);
  }
}
