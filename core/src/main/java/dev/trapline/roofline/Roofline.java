// SPDX-License-Identifier: Apache-2.0
package dev.trapline.roofline;

import dev.trapline.analysis.CallKind;
import dev.trapline.calibration.CostSweep;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Goodput against bytes per call, both on logarithmic axes, below the ceilings of one CPU of this
/// machine. With few bytes per call the time goes into the calls themselves and goodput can rise no
/// faster than the bytes per call (a slope); with many it goes into copying, and no larger call
/// helps (a flat roof). Where the two meet is the ridge.
///
/// It is to syscalls what the roofline of Williams, Waterman and Patterson (CACM 52(4), 2009) is to
/// floating-point operations. See `docs/concepts/roofline.md`.
///
/// @param points one per traced trial and side
/// @param ceilings none without calibration
/// @param ridgeBytesPerCall where slope and flat roof of `write` meet; null without calibration
/// @param notes what the picture rests on
public record Roofline(
    List<Point> points,
    List<Ceiling> ceilings,
    @Nullable Double ridgeBytesPerCall,
    List<String> notes) {
  /// Kinds of object whose bytes are traffic.
  private static final Set<ObjectKind> TRAFFIC =
      EnumSet.of(
          ObjectKind.TCP,
          ObjectKind.UDP,
          ObjectKind.UNIX,
          ObjectKind.VSOCK,
          ObjectKind.PACKET,
          ObjectKind.TUN);

  /// Those of a virtual machine monitor: its sockets are for its control.
  private static final Set<ObjectKind> TRAFFIC_OF_GUESTS =
      EnumSet.of(ObjectKind.TUN, ObjectKind.PACKET);

  /// Where the capture knows no kinds of object, these are taken for traffic.
  private static final Set<String> MOVERS =
      Set.of(
          "read",
          "readv",
          "recvfrom",
          "recvmsg",
          "write",
          "writev",
          "sendto",
          "sendmsg",
          "sendfile");

  private static final Set<String> READERS =
      Set.of("read", "readv", "recvfrom", "recvmsg", "recvmmsg");

  /// A thread with less of the bytes than this only set things up.
  private static final double THREAD_SHARE = 0.01;

  private static final double BITS = 8;
  private static final double LEFT_BYTES = 1;
  private static final double RIGHT_BYTES = 1 << 20;

  /// Which ceiling a point is under.
  public enum Bound {
    /// Left of the ridge: fewer, larger calls would help.
    CALL_BOUND,
    /// Right of it: only copying less would.
    COPY_BOUND;

    /// `call-bound`, `copy-bound`.
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// One side of one trial.
  ///
  /// @param kind the call that moved most of its bytes
  /// @param callsPerSecond of that kind
  /// @param goodputBitsPerSecond that these calls moved, while traced
  /// @param threads that made such calls: the ceilings are of one
  /// @param ceilingBitsPerSecond the lower of the two at this place, times the threads; null
  ///   without calibration
  /// @param shareOfCeiling goodput over ceiling; null without calibration
  /// @param bound null without calibration
  public record Point(
      String trial,
      String environment,
      String test,
      String role,
      CallKind kind,
      double bytesPerCall,
      double callsPerSecond,
      double goodputBitsPerSecond,
      int threads,
      @Nullable Double ceilingBitsPerSecond,
      @Nullable Double shareOfCeiling,
      @Nullable Bound bound) {}

  /// A line to draw.
  ///
  /// @param name such as `write: rate of calls x bytes`
  /// @param source of the figures, in words
  /// @param bytesPerCall of each corner, rising
  /// @param bitsPerSecond at each
  /// @param measured whether the corners are measured places, not a model's straight line
  public record Ceiling(
      String name,
      String source,
      List<Double> bytesPerCall,
      List<Double> bitsPerSecond,
      boolean measured) {
    /// Keeps copies.
    public Ceiling {
      bytesPerCall = List.copyOf(bytesPerCall);
      bitsPerSecond = List.copyOf(bitsPerSecond);
    }
  }

  /// The two ceilings of one direction.
  ///
  /// @param callNanos what a call costs before it moves anything to speak of
  /// @param bytesPerNano at which it moves the rest
  private record Roof(double callNanos, double bytesPerNano) {
    static @Nullable Roof of(MachineCosts costs, String sweepName) {
      CostSweep sweep = costs.sweeps().get(sweepName);
      double rate = costs.copyBytesPerNano(sweepName).orElse(0);
      return sweep == null || rate <= 0 ? null : new Roof(sweep.first().nanos().median(), rate);
    }

    double ridge() {
      return callNanos * bytesPerNano;
    }

    double bitsPerSecondAt(double bytes) {
      return BITS * 1e9 * Math.min(bytes / callNanos, bytesPerNano);
    }
  }

  /// Keeps copies.
  public Roofline {
    points = List.copyOf(points);
    ceilings = List.copyOf(ceilings);
    notes = List.copyOf(notes);
  }

  /// Of a run.
  ///
  /// @param costs of the machine that the run was made on; null if it was not calibrated
  public static Roofline of(Run run, @Nullable MachineCosts costs) {
    Builder builder = new Builder(run, costs);
    run.tallies().forEach(builder::add);
    return builder.build();
  }

  /// Takes tallies in one at a time, and keeps a point of each. Not thread-safe.
  public static final class Builder {
    private final Run run;
    private final Map<String, Trial> trials = new HashMap<>();
    private final @Nullable MachineCosts costs;
    private final @Nullable Roof reading;
    private final @Nullable Roof writing;
    private final List<Point> points = new ArrayList<>();
    private final Set<String> without = new TreeSet<>();

    /// @param run whose own tallies are not looked at
    /// @param costs of the machine that the run was made on; null if it was not calibrated
    public Builder(Run run, @Nullable MachineCosts costs) {
      this.run = run;
      this.costs = costs;
      this.reading = costs == null ? null : Roof.of(costs, MachineCosts.READ);
      this.writing = costs == null ? null : Roof.of(costs, MachineCosts.WRITE);
      run.trials().forEach(trial -> trials.putIfAbsent(trial.id(), trial));
    }

    /// Takes one in.
    public void add(RoleTally tally) {
      Trial trial = trials.get(tally.trial());
      if (trial == null || trial.test() == null || trial.outcome() == null) {
        return;
      }
      Point point = point(trial, tally, reading, writing);
      if (point != null) {
        points.add(point);
      } else {
        without.add(tally.environment());
      }
    }

    /// All of it.
    public Roofline build() {
      return made(run, points, without, costs, reading, writing);
    }
  }

  private static Roofline made(
      Run run,
      List<Point> points,
      Set<String> without,
      @Nullable MachineCosts costs,
      @Nullable Roof reading,
      @Nullable Roof writing) {
    List<Ceiling> ceilings = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (String environment : without) {
      notes.add(
          "Sides of "
              + run.titleOf(environment)
              + " that are no points moved no traffic by calls of their own: with vhost the kernel"
              + " moves it.");
    }
    for (EnvironmentFacts environment : run.environments()) {
      if (environment.emulated()) {
        notes.add("Points of " + environment.title() + ": not to be compared with native ones.");
      }
    }
    notes.add("Points are of traced trials: only they have calls. Watching slows them a little.");
    if (costs != null) {
      addCeilings(ceilings, costs, reading, writing);
      notes.add(
          "Ceilings are of one thread that does nothing but such calls on a UNIX socket pair, without"
              + " a network stack: no program comes near them, but how far away it is, and under"
              + " which of them, can be compared.");
    }
    return new Roofline(points, ceilings, writing == null ? null : writing.ridge(), notes);
  }

  private static @Nullable Point point(
      Trial trial, RoleTally side, @Nullable Roof reading, @Nullable Roof writing) {
    Double seconds = seconds(trial);
    String test = trial.test();
    if (test == null || seconds == null || !(seconds > 0)) {
      return null;
    }
    CallKind most = null;
    Count moved = Count.NONE;
    for (Map.Entry<CallKind, Count> entry : trafficByKind(trial, side).entrySet()) {
      if (bytesOf(entry.getValue()) > bytesOf(moved)) {
        most = entry.getKey();
        moved = entry.getValue();
      }
    }
    long successful = moved.calls() - moved.failedCalls();
    if (most == null || successful <= 0) {
      return null;
    }
    double bytesPerCall = (double) bytesOf(moved) / successful;
    double goodput = bytesOf(moved) * BITS / seconds;
    int threads = threads(side.tally(), most, bytesOf(moved));
    Roof roof = READERS.contains(most.syscall()) ? reading : writing;
    Double ceiling =
        roof == null ? null : Double.valueOf(roof.bitsPerSecondAt(bytesPerCall) * threads);
    Bound bound = null;
    if (roof != null) {
      bound = bytesPerCall < roof.ridge() ? Bound.CALL_BOUND : Bound.COPY_BOUND;
    }
    return new Point(
        trial.id(),
        trial.environment(),
        test,
        side.role(),
        most,
        bytesPerCall,
        moved.calls() / seconds,
        goodput,
        threads,
        ceiling,
        ceiling == null ? null : Double.valueOf(goodput / ceiling),
        bound);
  }

  /// The time over which the bytes were moved, as the tool says; of others the whole trial's.
  private static @Nullable Double seconds(Trial trial) {
    Outcome outcome = trial.outcome();
    return switch (outcome) {
      case null -> null;
      case Throughput throughput -> Double.valueOf(throughput.receiverSeconds());
      case Latency latency -> Double.valueOf(latency.totalRunSeconds());
      case MessageRate rate -> Double.valueOf(rate.seconds());
      default -> trial.durationNanos() == null ? null : Double.valueOf(trial.durationNanos() / 1e9);
    };
  }

  private static Map<CallKind, Count> trafficByKind(Trial trial, RoleTally side) {
    RoleUse use = trial.roles().get(side.role());
    Set<ObjectKind> objects = use != null && use.vmm() != null ? TRAFFIC_OF_GUESTS : TRAFFIC;
    Map<CallKind, Count> traffic = new TreeMap<>();
    for (Map.Entry<CallKind, Count> entry : side.tally().groupedBy(CallKind::of).entrySet()) {
      CallKind kind = entry.getKey();
      ObjectKind object = kind.object();
      if (object == null ? MOVERS.contains(kind.syscall()) : objects.contains(object)) {
        traffic.put(kind, entry.getValue());
      }
    }
    return traffic;
  }

  private static long bytesOf(Count count) {
    return count.bytes() == null ? 0 : count.bytes();
  }

  private static int threads(Tally tally, CallKind kind, long allBytes) {
    Map<Integer, Long> bytes = new HashMap<>();
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      if (CallKind.of(entry.getKey()).equals(kind)) {
        bytes.merge(entry.getKey().thread().tid(), bytesOf(entry.getValue()), Long::sum);
      }
    }
    int threads = 0;
    for (long moved : bytes.values()) {
      threads += moved >= THREAD_SHARE * allBytes ? 1 : 0;
    }
    return Math.max(1, threads);
  }

  private static void addCeilings(
      List<Ceiling> ceilings, MachineCosts costs, @Nullable Roof reading, @Nullable Roof writing) {
    costs
        .nullSyscallNanos()
        .ifPresent(nanos ->
            ceilings.add(
                slope(
                    "null syscall x bytes",
                    "calibrated " + MachineCosts.NULL_SYSCALL + ": no call is faster",
                    nanos)));
    for (String name : List.of(MachineCosts.READ, MachineCosts.WRITE)) {
      Roof roof = name.equals(MachineCosts.READ) ? reading : writing;
      CostSweep sweep = costs.sweeps().get(name);
      if (roof == null || sweep == null) {
        continue;
      }
      ceilings.add(
          slope(
              name + ": rate of calls x bytes",
              "calibrated " + name + " of one byte",
              roof.callNanos()));
      double flat = BITS * 1e9 * roof.bytesPerNano();
      ceilings.add(
          new Ceiling(
              name + ": copying",
              "calibrated " + name + ": 64 KiB without what one byte costs",
              List.of(LEFT_BYTES, RIGHT_BYTES),
              List.of(flat, flat),
              false));
      List<Double> bytes = new ArrayList<>();
      List<Double> bits = new ArrayList<>();
      for (CostSweep.Point place : sweep.points()) {
        bytes.add((double) place.at());
        bits.add(BITS * 1e9 * place.at() / place.nanos().median());
      }
      ceilings.add(
          new Ceiling(
              name + " as calibrated", "calibrated " + name + " at each size", bytes, bits, true));
    }
  }

  private static Ceiling slope(String name, String source, double nanosPerCall) {
    return new Ceiling(
        name,
        source,
        List.of(LEFT_BYTES, RIGHT_BYTES),
        List.of(BITS * 1e9 * LEFT_BYTES / nanosPerCall, BITS * 1e9 * RIGHT_BYTES / nanosPerCall),
        false);
  }
}
