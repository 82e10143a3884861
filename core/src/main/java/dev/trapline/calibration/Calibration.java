// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.TraplineException;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.host.SyscallLoop;
import dev.trapline.statistics.MedianInterval;
import java.lang.foreign.Arena;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/// Measures [MachineCosts] on the machine that we run on.
///
/// Every figure is measured once in every round; the rounds are shuffled, so that a machine that
/// slows down for a second slows all figures alike, and each round gives a mean. The median over
/// rounds and its interval are what is kept. The thread that measures is bound to one CPU; of
/// wake-ups the peer is bound to the same or to another one.
public final class Calibration {
  /// Enough for an interval of 95% that is not much wider than it must be.
  public static final int USUAL_ROUNDS = 21;

  private static final long[] BYTES = {1, 16, 64, 256, 1024, 4096, 16384, 65536};
  private static final long[] SEGMENTS = {1, 2, 4, 8, 16, 64};
  private static final int[] DESCRIPTORS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

  /// An interval wider than this share of its median is told.
  private static final double WIDE = 0.2;

  private final int rounds;
  private final long seed;
  private final List<Probe> probes = new ArrayList<>();
  private final SortedMap<String, String> skipped = new TreeMap<>();
  private final Samples samples = new Samples();

  /// Hears how far it is.
  public interface Listener {
    /// After each round.
    void finished(int round, int rounds);
  }

  private Calibration(int rounds, long seed) {
    this.rounds = rounds;
    this.seed = seed;
  }

  /// Measures everything. Takes a fraction of a second per round.
  ///
  /// @param rounds at least 1
  /// @param seed of the order within the rounds
  /// @param stop asked after every figure; true ends it
  /// @throws TraplineException `ARCHITECTURE` if there is no machine code for this one;
  ///   `CALIBRATION-FAILED` if a call does not do what it should
  /// @throws CancellationException if it was stopped
  public static MachineCosts measure(
      int rounds, long seed, String traplineVersion, Listener listener, BooleanSupplier stop)
      throws InterruptedException {
    if (!SyscallLoop.isSupported()) {
      throw new TraplineException(
          "ARCHITECTURE",
          "calibrating times system calls by machine code for x86-64, and this is "
              + System.getProperty("os.arch")
              + ".",
          "do without: reports say where a calibration would have helped");
    }
    Instant start = Instant.now();
    List<Integer> cpus = ProcFs.allowedCpus();
    double loadBefore = ProcFs.loadAverage();
    Calibration calibration = new Calibration(rounds, seed);
    AtomicReference<RuntimeException> trouble = new AtomicReference<>();
    // Bound to a CPU for good, hence a thread of its own.
    Thread measuring =
        Thread.ofPlatform()
            .name("calibrate")
            .daemon()
            .start(() -> {
              try {
                calibration.run(cpus, listener, stop);
              } catch (RuntimeException failure) {
                trouble.set(failure);
              } catch (LibC.Failure failure) {
                trouble.set(Checks.failed("system calls", String.valueOf(failure.getMessage())));
              } catch (InterruptedException interruption) {
                trouble.set(new CancellationException());
              }
            });
    measuring.join();
    if (trouble.get() != null) {
      throw trouble.get();
    }
    SortedMap<String, MachineCost> costs = calibration.samples.costs();
    SortedMap<String, CostSweep> sweeps = calibration.samples.sweeps();
    return new MachineCosts(
        MachineIdentity.here(),
        start,
        traplineVersion,
        rounds,
        seed,
        costs,
        sweeps,
        calibration.skipped,
        warnings(rounds, cpus.size(), loadBefore, costs, sweeps));
  }

  private void run(List<Integer> cpus, Listener listener, BooleanSupplier stop)
      throws LibC.Failure, InterruptedException {
    int cpu = cpus.getLast();
    LibC.runOnlyOn(List.of(cpu));
    // Shared, because the peers of hand-overs run what is in here too.
    try (Arena arena = Arena.ofShared();
        KvmProbe kvm = KvmProbe.open(skipped)) {
      makeProbes(cpu, cpus.size() > 1 ? cpus.get(cpus.size() - 2) : -1, arena);
      if (kvm != null) {
        probes.add(kvm);
      }
      Samples warmUp = new Samples();
      for (Probe probe : probes) {
        checkStop(stop);
        probe.round(warmUp);
      }
      Random random = new Random(seed);
      for (int round = 1; round <= rounds; round++) {
        List<Probe> order = new ArrayList<>(probes);
        Collections.shuffle(order, random);
        for (Probe probe : order) {
          checkStop(stop);
          probe.round(samples);
        }
        listener.finished(round, rounds);
      }
    }
  }

  private static void checkStop(BooleanSupplier stop) {
    if (stop.getAsBoolean()) {
      throw new CancellationException();
    }
  }

  private void makeProbes(int cpu, int otherCpu, Arena arena) throws LibC.Failure {
    probes.add(
        new LoopProbe(
            MachineCosts.NULL_SYSCALL,
            -1,
            SyscallLoop.Call.of(Kernel.GETPPID),
            ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L),
            arena));
    var one = Kernel.memory(arena, 8);
    one.set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, 1);
    probes.add(
        new LoopProbe(
            MachineCosts.EVENTFD_KICK,
            -1,
            SyscallLoop.Call.of(Kernel.WRITE, Kernel.eventDescriptor(arena), one.address(), 8),
            8,
            arena));
    for (long bytes : BYTES) {
      probes.add(TransferProbe.ofBytes(bytes, arena));
    }
    for (long segments : SEGMENTS) {
      probes.add(TransferProbe.ofSegments(segments, arena));
      probes.add(TransferProbe.ofCalls(segments, arena));
    }
    makeWaits(arena);
    makeHandOvers(cpu, otherCpu, arena);
  }

  private void makeWaits(Arena arena) throws LibC.Failure {
    IdleDescriptors idle;
    try {
      idle = new IdleDescriptors(DESCRIPTORS[DESCRIPTORS.length - 1], arena);
    } catch (LibC.Failure failure) {
      for (String sweep :
          List.of(MachineCosts.SELECT, MachineCosts.POLL, MachineCosts.EPOLL_WAIT)) {
        skipped.put(sweep, "no room for 1000 descriptors (" + failure.getMessage() + ")");
      }
      return;
    }
    for (int count : DESCRIPTORS) {
      probes.add(new LoopProbe(MachineCosts.SELECT, count, idle.select(count, arena), 0, arena));
      probes.add(new LoopProbe(MachineCosts.POLL, count, idle.poll(count, arena), 0, arena));
      probes.add(
          new LoopProbe(MachineCosts.EPOLL_WAIT, count, idle.epollWait(count, arena), 0, arena));
    }
  }

  private void makeHandOvers(int cpu, int otherCpu, Arena arena) throws LibC.Failure {
    probes.add(HandOverProbe.byPipe(MachineCosts.PIPE_SAME_CPU, cpu, arena));
    probes.add(HandOverProbe.byFutex(MachineCosts.FUTEX_WAKE_SAME_CPU, cpu, arena));
    if (otherCpu < 0) {
      for (String name :
          List.of(
              MachineCosts.PIPE_OTHER_CPU,
              MachineCosts.FUTEX_WAKE_OTHER_CPU,
              MachineCosts.EVENTFD_WAKE_OTHER_CPU)) {
        skipped.put(name, "only one CPU may be used here");
      }
      return;
    }
    probes.add(HandOverProbe.byPipe(MachineCosts.PIPE_OTHER_CPU, otherCpu, arena));
    probes.add(HandOverProbe.byFutex(MachineCosts.FUTEX_WAKE_OTHER_CPU, otherCpu, arena));
    probes.add(
        HandOverProbe.byEventDescriptor(MachineCosts.EVENTFD_WAKE_OTHER_CPU, otherCpu, arena));
  }

  private static List<String> warnings(
      int rounds,
      int cpus,
      double load,
      SortedMap<String, MachineCost> costs,
      SortedMap<String, CostSweep> sweeps) {
    List<String> warnings = new ArrayList<>();
    if (load > cpus / 2.0) {
      warnings.add(
          String.format(
              java.util.Locale.ROOT,
              "Other programs were running: the load average of %d CPUs was %.1f.",
              cpus,
              load));
    }
    if (rounds < 6) {
      warnings.add(
          rounds + " rounds allow no interval with 95% confidence; 6 would, and 21 are usual.");
    }
    if (costs.containsKey(MachineCosts.KVM_RUN_RETURN) && !hasVirtualization()) {
      warnings.add(
          "This CPU shows neither VMX nor SVM, so KVM emulates its guest: "
              + MachineCosts.KVM_RUN_RETURN
              + " stands for this machine only.");
    }
    int wide = 0;
    int all = 0;
    for (MachineCost cost : costs.values()) {
      all++;
      wide += isWide(cost.nanos()) ? 1 : 0;
    }
    for (CostSweep sweep : sweeps.values()) {
      for (CostSweep.Point point : sweep.points()) {
        all++;
        wide += isWide(point.nanos()) ? 1 : 0;
      }
    }
    if (wide > 0) {
      warnings.add(
          "Of "
              + all
              + " figures "
              + wide
              + " varied so much that their interval is wider than 20% of the median.");
    }
    return warnings;
  }

  private static boolean hasVirtualization() {
    for (String line : ProcFs.read("cpuinfo").orElse("").split("\n", -1)) {
      if (line.startsWith("flags")) {
        return (line + " ").contains(" vmx ") || (line + " ").contains(" svm ");
      }
    }
    return false;
  }

  private static boolean isWide(MedianInterval nanos) {
    return nanos.low() != null
        && nanos.high() != null
        && nanos.high() - nanos.low() > WIDE * nanos.median();
  }
}
