// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.trapline.host.LibC;
import dev.trapline.host.SyscallLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Fills a stream socket pair by some writes and empties it by as many reads, each half timed by
/// itself: two places of two sweeps in one.
final class TransferProbe implements Probe {
  /// Stays below the usual 212,992 bytes of a socket's send buffer with what the kernel adds to
  /// each message (`SKB_TRUESIZE`).
  private static final long MOST_BUFFERED = 140_000;

  private static final long ADDED_PER_MESSAGE = 1_000;
  private static final int MOST_MESSAGES = 64;
  private static final int BATCHES = 51;

  /// Bytes of a segment.
  static final long SEGMENT_BYTES = 64;

  private final String readName;
  private final String writeName;
  private final long at;
  private final long callsPerUnit;
  private final long expected;
  private final SyscallLoop writes;
  private final SyscallLoop reads;
  private final int calls;
  private final long pauses;

  private TransferProbe(
      String readName,
      String writeName,
      long at,
      long callsPerUnit,
      long expected,
      int calls,
      SyscallLoop writes,
      SyscallLoop reads) {
    this.readName = readName;
    this.writeName = writeName;
    this.at = at;
    this.callsPerUnit = callsPerUnit;
    this.expected = expected;
    this.calls = calls;
    this.writes = writes;
    this.reads = reads;
    this.pauses = clockNanos();
  }

  /// Plain calls of so many bytes.
  static TransferProbe ofBytes(long bytes, Arena arena) throws LibC.Failure {
    MemorySegment buffer = Kernel.memory(arena, bytes);
    return make(
        MachineCosts.READ,
        MachineCosts.WRITE,
        bytes,
        1,
        bytes,
        Kernel.READ,
        Kernel.WRITE,
        buffer.address(),
        bytes,
        arena);
  }

  /// As many plain calls as there are segments, together.
  static TransferProbe ofCalls(long segments, Arena arena) throws LibC.Failure {
    MemorySegment buffer = Kernel.memory(arena, SEGMENT_BYTES);
    return make(
        MachineCosts.READS,
        MachineCosts.WRITES,
        segments,
        segments,
        SEGMENT_BYTES,
        Kernel.READ,
        Kernel.WRITE,
        buffer.address(),
        SEGMENT_BYTES,
        arena);
  }

  /// One vectored call of that many segments.
  static TransferProbe ofSegments(long segments, Arena arena) throws LibC.Failure {
    MemorySegment buffer = Kernel.memory(arena, segments * SEGMENT_BYTES);
    // struct iovec: address and length.
    MemorySegment vector = Kernel.memory(arena, segments * 16);
    for (long segment = 0; segment < segments; segment++) {
      vector.set(JAVA_LONG, segment * 16, buffer.address() + segment * SEGMENT_BYTES);
      vector.set(JAVA_LONG, segment * 16 + 8, SEGMENT_BYTES);
    }
    return make(
        MachineCosts.READV,
        MachineCosts.WRITEV,
        segments,
        1,
        segments * SEGMENT_BYTES,
        Kernel.READV,
        Kernel.WRITEV,
        vector.address(),
        segments,
        arena);
  }

  private static TransferProbe make(
      String readName,
      String writeName,
      long at,
      long callsPerUnit,
      long bytesPerCall,
      long readNumber,
      long writeNumber,
      long address,
      long length,
      Arena arena)
      throws LibC.Failure {
    long fits = MOST_BUFFERED / (bytesPerCall + ADDED_PER_MESSAGE);
    int calls =
        (int)
            Math.max(
                callsPerUnit, Math.clamp(fits, 1, MOST_MESSAGES) / callsPerUnit * callsPerUnit);
    Kernel.Pair pair = Kernel.socketPair(arena);
    List<SyscallLoop.Call> writing = new ArrayList<>();
    List<SyscallLoop.Call> reading = new ArrayList<>();
    for (int call = 0; call < calls; call++) {
      writing.add(SyscallLoop.Call.of(writeNumber, pair.first(), address, length));
      reading.add(SyscallLoop.Call.of(readNumber, pair.second(), address, length));
    }
    return new TransferProbe(
        readName,
        writeName,
        at,
        callsPerUnit,
        bytesPerCall,
        calls,
        new SyscallLoop(writing, arena),
        new SyscallLoop(reading, arena));
  }

  @Override
  public String name() {
    return writeName + " and " + readName + " at " + at;
  }

  @Override
  public void round(Samples samples) {
    double[] writing = new double[BATCHES];
    double[] reading = new double[BATCHES];
    for (int batch = 0; batch < BATCHES; batch++) {
      long start = System.nanoTime();
      writes.run(1);
      long between = System.nanoTime();
      reads.run(1);
      reading[batch] = System.nanoTime() - between;
      writing[batch] = between - start;
    }
    for (int call = 0; call < calls; call++) {
      Checks.returned(name(), writes, call, expected);
      Checks.returned(name(), reads, call, expected);
    }
    double units = (double) calls / callsPerUnit;
    samples.sweep(writeName, at, Math.max(1, Samples.median(writing) - pauses) / units);
    samples.sweep(readName, at, Math.max(1, Samples.median(reading) - pauses) / units);
  }

  /// What reading the clock costs, which is in each half once: the least of some tries, because a
  /// mean that another program's time slice is in would be more than what it is taken from.
  private static long clockNanos() {
    int times = 20;
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 50; attempt++) {
      long start = System.nanoTime();
      for (int time = 1; time < times; time++) {
        long _ = System.nanoTime();
      }
      least = Math.min(least, System.nanoTime() - start);
    }
    return least / times;
  }
}
