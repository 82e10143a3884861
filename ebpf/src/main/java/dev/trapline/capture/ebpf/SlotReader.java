// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.syscall.Errno;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.syscall.Syscall;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Empties the slots of threads into counts, and hands the room back to the kernel program.
///
/// A thread's slots are read only when it cannot write them any more: after it ended, or after
/// everything was detached. Not safe for use by two threads at once, hence synchronized.
final class SlotReader {
  private static final long THREAD_BYTES = EbpfLayout.THREAD.byteSize();
  private static final long SLOT_BYTES = EbpfLayout.SLOT.byteSize();
  private static final VarHandle INT = JAVA_INT.varHandle();
  private static final long STATE = thread("state");
  private static final long LAST_SLOT = thread("last_slot");
  private static final long ERRORS = slot("errors");
  private static final long HISTOGRAM = slot("histogram");

  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_NETLINK = 16;
  private static final int AF_PACKET = 17;
  private static final int AF_VSOCK = 40;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;

  private record RoleKey(int role, Key key) {}

  private final MemorySegment threads;
  private final MemorySegment slots;
  private final long threadCount;
  private final int freeThreads;
  private final int freeSlots;
  private final SyscallTraits traits;
  private final CaptureLevel level;
  private final Map<RoleKey, CountBuilder> counts = new HashMap<>();
  private final Map<Integer, long[]> switches = new HashMap<>();
  private final Map<Integer, Long> harvestedCalls = new HashMap<>();
  private final Map<Integer, Integer> roleOfProcess = new HashMap<>();

  SlotReader(
      MemorySegment threads,
      MemorySegment slots,
      int freeThreads,
      int freeSlots,
      SyscallTraits traits,
      CaptureLevel level) {
    this.threads = threads;
    this.slots = slots;
    this.threadCount = threads.byteSize() / THREAD_BYTES;
    this.freeThreads = freeThreads;
    this.freeSlots = freeSlots;
    this.traits = traits;
    this.level = level;
  }

  private static long thread(String field) {
    return EbpfLayout.offset(EbpfLayout.THREAD, field);
  }

  private static long slot(String field) {
    return EbpfLayout.offset(EbpfLayout.SLOT, field);
  }

  /// Takes what threads that ended have left, and frees their room.
  synchronized void harvestEnded() {
    for (long index = 0; index < threadCount; index++) {
      MemorySegment record = threads.asSlice(index * THREAD_BYTES, THREAD_BYTES);
      // What the thread wrote before this word is seen after it.
      if ((int) INT.getAcquire(record, STATE) == EbpfLayout.THREAD_ENDED) {
        harvest(record, true);
        record.fill((byte) 0);
        free(freeThreads, (int) index);
      }
    }
  }

  /// Takes everything; to be called once, when nothing is attached any more.
  synchronized void harvestAll() {
    for (long index = 0; index < threadCount; index++) {
      MemorySegment record = threads.asSlice(index * THREAD_BYTES, THREAD_BYTES);
      if (record.get(JAVA_INT, STATE) != 0) {
        harvest(record, false);
      }
    }
  }

  /// How many calls each role has made so far, those of living threads too.
  ///
  /// @param slotsUsed how many slots were ever handed out
  synchronized Map<Integer, Long> callsByRole(long slotsUsed) {
    Map<Integer, Long> sums = new HashMap<>(harvestedCalls);
    long end = Math.min(slotsUsed, slots.byteSize() / SLOT_BYTES);
    long callsAt = slot("calls");
    long threadAt = slot("thread");
    long roleAt = thread("role");
    for (long index = 0; index < end; index++) {
      long calls = slots.get(JAVA_LONG, index * SLOT_BYTES + callsAt);
      if (calls > 0) {
        long thread = slots.get(JAVA_INT, index * SLOT_BYTES + threadAt);
        sums.merge(threads.get(JAVA_INT, thread * THREAD_BYTES + roleAt), calls, Long::sum);
      }
    }
    return sums;
  }

  /// The role of every process that was seen to call.
  synchronized Map<Integer, Integer> roleOfProcess() {
    return new HashMap<>(roleOfProcess);
  }

  private void harvest(MemorySegment record, boolean andFree) {
    int role = record.get(JAVA_INT, thread("role"));
    String comm = text(record, EbpfLayout.THREAD, "comm", EbpfLayout.COMM_LENGTH);
    int tid = record.get(JAVA_INT, thread("tid"));
    int pid = record.get(JAVA_INT, thread("tgid"));
    String process =
        tid == pid ? comm : text(record, EbpfLayout.THREAD, "leader_comm", EbpfLayout.COMM_LENGTH);
    ThreadKey thread = new ThreadKey(pid, process, tid, comm);
    roleOfProcess.put(pid, role);
    long[] sums = switches.computeIfAbsent(role, any -> new long[2]);
    sums[0] += record.get(JAVA_LONG, thread("voluntary_switches"));
    sums[1] += record.get(JAVA_LONG, thread("involuntary_switches"));
    int next = record.get(JAVA_INT, LAST_SLOT);
    while (next != 0) {
      MemorySegment slot = slots.asSlice((next - 1) * SLOT_BYTES, SLOT_BYTES);
      int previous = slot.get(JAVA_INT, slot("previous"));
      long calls = slot.get(JAVA_LONG, slot("calls"));
      if (calls > 0) {
        add(role, thread, slot);
        harvestedCalls.merge(role, calls, Long::sum);
      }
      if (andFree) {
        slot.fill((byte) 0);
        free(freeSlots, next - 1);
      }
      next = previous;
    }
  }

  private static void free(int stack, int index) {
    try (Arena arena = Arena.ofConfined()) {
      Libbpf.update(stack, null, arena.allocateFrom(JAVA_INT, index));
    } catch (Libbpf.BpfFailure failure) {
      throw new IllegalStateException("a stack as large as its map is full", failure);
    }
  }

  private void add(int role, ThreadKey thread, MemorySegment slot) {
    int number = slot.get(JAVA_INT, slot("number"));
    boolean compat = slot.get(JAVA_INT, slot("compat")) != 0;
    Optional<Syscall> syscall = compat ? Optional.empty() : traits.byNumber(number);
    String name = syscall.map(Syscall::name).orElseGet(() -> unknownName(number, compat));
    RequestArgument request = syscall.map(Syscall::requestArgument).orElse(RequestArgument.NONE);
    String requestName =
        request == RequestArgument.NONE
            ? null
            : request.describe(slot.get(JAVA_INT, slot("request")) & 0xffffffffL);
    Key key = new Key(thread, name, objectKind(slot), requestName);
    CountBuilder builder =
        counts.computeIfAbsent(new RoleKey(role, key), any -> builderFor(syscall));
    builder
        .addCalls(slot.get(JAVA_LONG, slot("calls")))
        .addBytes(slot.get(JAVA_LONG, slot("bytes")));
    for (int at = 0; at < EbpfLayout.ERRORS_PER_SLOT; at++) {
      long error = slot.get(JAVA_LONG, ERRORS + at * 16L);
      if (error != 0) {
        builder.addErrors(Errno.name((int) error), slot.get(JAVA_LONG, ERRORS + at * 16L + 8));
      }
    }
    long others = slot.get(JAVA_LONG, slot("other_errors"));
    if (others > 0) {
      builder.addErrors("other", others);
    }
    if (level == CaptureLevel.FULL) {
      builder.addTime(
          slot.get(JAVA_LONG, slot("timed_calls")),
          slot.get(JAVA_LONG, slot("wall")),
          slot.get(JAVA_LONG, slot("blocked")),
          slot.get(JAVA_LONG, slot("runnable")),
          slot.get(JAVA_LONG, slot("guest")),
          slot.get(JAVA_LONG, slot("maximum")));
      for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
        long count = slot.get(JAVA_LONG, HISTOGRAM + bucket * 8L);
        if (count != 0) {
          builder.addToBucket(bucket, count);
        }
      }
    }
  }

  private static String unknownName(int number, boolean compat) {
    String word = number == EbpfLayout.NUMBER_OUT_OF_RANGE ? "out-of-range" : "" + number;
    return (compat ? "i386#" : "syscall-") + word;
  }

  private CountBuilder builderFor(Optional<Syscall> syscall) {
    CountBuilder builder = new CountBuilder();
    if (syscall.isEmpty() || !syscall.get().returnsBytes()) {
      builder.bytesUnknown();
    }
    return level == CaptureLevel.FULL ? builder : builder.timeUnknown();
  }

  /// Null if the call has no descriptor, or the descriptor was closed when it was looked at.
  private static @Nullable ObjectKind objectKind(MemorySegment slot) {
    int mode = slot.get(JAVA_SHORT, slot("mode")) & 0xffff;
    if (slot.get(JAVA_SHORT, slot("has_descriptor")) == 0) {
      return null;
    }
    String name = text(slot, EbpfLayout.SLOT, "object_name", EbpfLayout.OBJECT_NAME_LENGTH);
    int family = slot.get(JAVA_SHORT, slot("family"));
    int protocol = slot.get(JAVA_SHORT, slot("protocol"));
    if (family != 0) {
      return switch (family) {
        case AF_UNIX -> ObjectKind.UNIX;
        case AF_NETLINK -> ObjectKind.NETLINK;
        case AF_PACKET -> ObjectKind.PACKET;
        case AF_VSOCK -> ObjectKind.VSOCK;
        case AF_INET, AF_INET6 ->
            switch (protocol) {
              case IPPROTO_TCP -> ObjectKind.TCP;
              case IPPROTO_UDP -> ObjectKind.UDP;
              default -> ObjectKind.OTHER;
            };
        default -> ObjectKind.OTHER;
      };
    }
    if (slot.get(JAVA_SHORT, slot("anonymous")) != 0) {
      return anonymousKind(name);
    }
    // The type bits of i_mode, as stat(2) has them.
    return switch (mode >> 12) {
      case 0x1 -> ObjectKind.PIPE;
      case 0x4, 0x6, 0x8, 0xa -> ObjectKind.FILE;
      case 0x2 -> name.equals("tun") || name.startsWith("tap") ? ObjectKind.TUN : ObjectKind.OTHER;
      case 0x0 -> name.isEmpty() ? null : ObjectKind.OTHER;
      default -> ObjectKind.OTHER;
    };
  }

  /// The kernel names anonymous inodes after what made them (fs/eventfd.c, fs/eventpoll.c,
  /// fs/timerfd.c, io_uring/io_uring.c, virt/kvm/kvm_main.c). Only where it says that an inode is
  /// one: a file may have any name, and from 6.16 on these look like regular files otherwise.
  private static ObjectKind anonymousKind(String name) {
    if (name.startsWith("kvm-vcpu:")) {
      return ObjectKind.KVM_VCPU;
    }
    return switch (name) {
      case "[eventfd]" -> ObjectKind.EVENTFD;
      case "[eventpoll]" -> ObjectKind.EPOLL;
      case "[timerfd]" -> ObjectKind.TIMERFD;
      case "[io_uring]" -> ObjectKind.IO_URING;
      case "kvm-vm" -> ObjectKind.KVM_VM;
      default -> ObjectKind.OTHER;
    };
  }

  private static String text(MemorySegment memory, StructLayout layout, String field, int length) {
    long offset = EbpfLayout.offset(layout, field);
    byte[] bytes = memory.asSlice(offset, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    int end = 0;
    while (end < length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, java.nio.charset.StandardCharsets.UTF_8);
  }

  synchronized boolean hasSeen(int role) {
    return switches.containsKey(role);
  }

  synchronized Tally tally(int role) {
    SortedMap<Key, Count> sums = new TreeMap<>();
    for (Map.Entry<RoleKey, CountBuilder> entry : counts.entrySet()) {
      if (entry.getKey().role() == role) {
        sums.put(entry.getKey().key(), entry.getValue().build());
      }
    }
    return new Tally(sums, Completeness.COMPLETE);
  }

  synchronized CaptureResult.ContextSwitches contextSwitches(int role) {
    long[] sums = switches.getOrDefault(role, new long[2]);
    return new CaptureResult.ContextSwitches(sums[0], sums[1]);
  }
}
