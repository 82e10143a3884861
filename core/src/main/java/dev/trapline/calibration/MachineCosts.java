// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;

/// What calls cost on one machine: `trapline calibrate` measures it, `trapline.calibration/1` is
/// its published form.
///
/// A cost here is wall time of a call that never waits, in a tight loop, data in the cache, on a
/// CPU of its own. It is a floor: the same call in a program costs that or more, and what it costs
/// more is the protocol's and the program's.
///
/// @param machine that it holds for
/// @param measuredAt when measuring began
/// @param traplineVersion of the program that measured
/// @param rounds that every figure was measured in, in shuffled order
/// @param seed of that order
/// @param costs by name, see the constants
/// @param sweeps by name, see the constants
/// @param skipped what was not measured, by name, with the reason
/// @param warnings what the reader should know before trusting the figures
public record MachineCosts(
    MachineIdentity machine,
    Instant measuredAt,
    String traplineVersion,
    int rounds,
    long seed,
    SortedMap<String, MachineCost> costs,
    SortedMap<String, CostSweep> sweeps,
    SortedMap<String, String> skipped,
    List<String> warnings) {
  /// The published name of this shape.
  public static final String SCHEMA = "trapline.calibration/1";

  /// Cost: getppid(2), which does nothing: into the kernel and back.
  public static final String NULL_SYSCALL = "null-syscall";

  /// Cost: write(2) of an eventfd on which nobody waits.
  public static final String EVENTFD_KICK = "eventfd-kick";

  /// Cost: from futex(2) `FUTEX_WAKE` until the thread that waited runs, on the same CPU: one half
  /// of a round trip.
  public static final String FUTEX_WAKE_SAME_CPU = "futex-wake-to-run-same-cpu";

  /// Cost: the same with the waiter on another CPU, idle until then.
  public static final String FUTEX_WAKE_OTHER_CPU = "futex-wake-to-run-other-cpu";

  /// Cost: one byte handed over through a pipe to a thread on the same CPU: write, context switch,
  /// read.
  public static final String PIPE_SAME_CPU = "pipe-hand-over-same-cpu";

  /// Cost: the same to a thread on another CPU.
  public static final String PIPE_OTHER_CPU = "pipe-hand-over-other-cpu";

  /// Cost: an eventfd's kick until the thread that was blocked in its read runs, on another CPU.
  public static final String EVENTFD_WAKE_OTHER_CPU = "eventfd-wake-to-run-other-cpu";

  /// Cost: ioctl(KVM_RUN) of a guest that does one port I/O: into the guest, out, and back to user
  /// space.
  public static final String KVM_RUN_RETURN = "kvm-run-return";

  /// Sweep by bytes: read(2) of that many from a stream socket pair that has them.
  public static final String READ = "read";

  /// Sweep by bytes: write(2) of that many to a stream socket pair that has room.
  public static final String WRITE = "write";

  /// Sweep by segments of 64 bytes: one readv(2) of them all.
  public static final String READV = "readv";

  /// Sweep by segments of 64 bytes: one writev(2) of them all.
  public static final String WRITEV = "writev";

  /// Sweep by segments of 64 bytes: as many read(2) in a row.
  public static final String READS = "reads";

  /// Sweep by segments of 64 bytes: as many write(2) in a row.
  public static final String WRITES = "writes";

  /// Sweep by descriptors, all idle: pselect6(2) with a timeout of zero.
  public static final String SELECT = "select";

  /// Sweep by descriptors, all idle: poll(2) with a timeout of zero.
  public static final String POLL = "poll";

  /// Sweep by descriptors, all idle: epoll_wait(2) with a timeout of zero.
  public static final String EPOLL_WAIT = "epoll_wait";

  /// Keeps unmodifiable copies.
  public MachineCosts {
    costs = Collections.unmodifiableSortedMap(new TreeMap<>(costs));
    sweeps = Collections.unmodifiableSortedMap(new TreeMap<>(sweeps));
    skipped = Collections.unmodifiableSortedMap(new TreeMap<>(skipped));
    warnings = List.copyOf(warnings);
  }

  /// The cost of this name, if it was measured.
  public Optional<MachineCost> cost(String name) {
    return Optional.ofNullable(costs.get(name));
  }

  /// The sweep of this name, if it was measured.
  public Optional<CostSweep> sweep(String name) {
    return Optional.ofNullable(sweeps.get(name));
  }

  /// Nanoseconds for entering and leaving the kernel.
  public OptionalDouble nullSyscallNanos() {
    MachineCost cost = costs.get(NULL_SYSCALL);
    return cost == null ? OptionalDouble.empty() : OptionalDouble.of(cost.medianNanos());
  }

  /// Bytes per nanosecond (GB/s, powers of ten) at which a sweep by bytes moves data once the call
  /// itself is paid for: the largest size over what it costs more than the smallest.
  public OptionalDouble copyBytesPerNano(String name) {
    CostSweep sweep = sweeps.get(name);
    if (sweep == null || !(sweep.nanosPerStep() > 0)) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(1 / sweep.nanosPerStep());
  }
}
