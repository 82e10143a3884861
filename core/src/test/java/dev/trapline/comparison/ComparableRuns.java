// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.capture.KernelActivity;
import dev.trapline.capture.KvmActivity;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.run.VmmUse;
import dev.trapline.store.RunDirectory;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.CountBuilder;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.Latency;
import dev.trapline.workload.Throughput;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Runs of several environments as `bench` would leave them, made up: the calls per message are
/// those that were once measured of QEMU with vhost off and on, the times are chance around a
/// middle. The same seed gives the same run.
///
/// They stand for the shape and the size of a run, not for what any machine does. `main` keeps one,
/// for benchmarks: DIRECTORY TRIALS [SEED].
public final class ComparableRuns {
  private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  private static final long SECOND = 1_000_000_000L;

  private final long seed;
  private List<String> environments = List.of("kvm", "kvm-vhost");
  private List<String> tests = List.of("throughput", "latency");
  private int repeats = 3;
  private int controls = 3;
  private int rareKinds = 5;
  private double latencyFactor = 1;
  private double noise = 0.03;
  private double driftPerTrial;
  private int messageBytes = 64;
  private int seconds = 3;
  private String kernel = "6.1.0";
  private String captureSource = "ebpf";
  private List<String> emulated = List.of();
  private Completeness completeness = Completeness.COMPLETE;

  public ComparableRuns(long seed) {
    this.seed = seed;
  }

  public ComparableRuns environments(String... names) {
    environments = List.of(names);
    return this;
  }

  public ComparableRuns tests(String... names) {
    tests = List.of(names);
    return this;
  }

  /// As many traced trials of each test in each environment, and as many controls.
  public ComparableRuns repeats(int count) {
    repeats = count;
    controls = count;
    return this;
  }

  public ComparableRuns controls(int count) {
    controls = count;
    return this;
  }

  /// Kinds of calls besides those of the data path.
  public ComparableRuns rareKinds(int count) {
    rareKinds = count;
    return this;
  }

  /// On all latencies.
  public ComparableRuns latencyFactor(double factor) {
    latencyFactor = factor;
    return this;
  }

  /// Half of the range of chance, as a share.
  public ComparableRuns noise(double share) {
    noise = share;
    return this;
  }

  /// By so much latencies rise from one repeat to the next, as a share.
  public ComparableRuns drift(double share) {
    driftPerTrial = share;
    return this;
  }

  public ComparableRuns messageBytes(int bytes) {
    messageBytes = bytes;
    return this;
  }

  public ComparableRuns seconds(int count) {
    seconds = count;
    return this;
  }

  public ComparableRuns kernel(String release) {
    kernel = release;
    return this;
  }

  public ComparableRuns captureSource(String name) {
    captureSource = name;
    return this;
  }

  public ComparableRuns emulated(String... names) {
    emulated = List.of(names);
    return this;
  }

  /// Every capture lost something.
  public ComparableRuns incomplete() {
    completeness = new Completeness(7, 0, 0, 0, 0, 0, List.of());
    return this;
  }

  public Run run() {
    Random random = new Random(seed);
    List<Trial> trials = new ArrayList<>();
    List<RoleTally> tallies = new ArrayList<>();
    int order = 0;
    for (int repeat = 1; repeat <= Math.max(repeats, controls); repeat++) {
      for (String environment : environments) {
        for (String test : tests) {
          for (boolean traced : new boolean[] {true, false}) {
            if (repeat <= (traced ? repeats : controls)) {
              order++;
              add(trials, tallies, random, environment, test, traced, repeat, order);
            }
          }
        }
      }
    }
    List<EnvironmentFacts> facts = new ArrayList<>();
    for (String environment : environments) {
      facts.add(
          new EnvironmentFacts(
              environment,
              "made up",
              emulated.contains(environment),
              null,
              new TreeMap<String, String>()));
    }
    return new Run(provenance(), completeness, trials, tallies, facts);
  }

  /// How one environment is.
  private record Nature(long halfRttNanos, double gigabits, boolean guest, boolean vhost) {
    static Nature of(String environment) {
      return switch (environment) {
        case "kvm" -> new Nature(1_340_000, 0.33, true, false);
        case "kvm-vhost" -> new Nature(460_000, 0.5, true, true);
        case "microvm" -> new Nature(1_100_000, 0.36, true, false);
        default -> new Nature(37_000, 26, false, false);
      };
    }
  }

  private void add(
      List<Trial> trials,
      List<RoleTally> tallies,
      Random random,
      String environment,
      String test,
      boolean traced,
      int repeat,
      int order) {
    Nature nature = Nature.of(environment);
    String id = environment + "-" + test + (traced ? "-traced-" : "-control-") + repeat;
    double chance = (1 + noise * (2 * random.nextDouble() - 1)) * (1 + driftPerTrial * repeat);
    boolean latency = test.equals("latency");
    long halfRtt = Math.round(nature.halfRttNanos() * latencyFactor * chance);
    long messages = seconds * SECOND / (2 * halfRtt);
    long bytes = Math.round(nature.gigabits() * chance * 1e9 / 8 * seconds);
    double units = latency ? messages : bytes / (double) (1L << 30);
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    for (String role : List.of("server", "client")) {
      roles.put(role, use(random, nature, role, latency, traced, units));
      if (traced) {
        tallies.add(
            new RoleTally(
                id,
                environment,
                test,
                role,
                role,
                new Tally(calls(random, nature, role, latency, messages, bytes), completeness)));
      }
    }
    trials.add(
        new Trial(
            id,
            environment,
            test,
            repeat,
            order,
            traced,
            START.plusSeconds(order * 10L),
            seconds * SECOND + 40_000_000,
            latency ? latency(halfRtt, messages) : throughput(bytes),
            null,
            roles,
            traced ? completeness : Completeness.COMPLETE,
            traced
                ? new KernelActivity(
                    Math.round(units * 900), 1000L, Math.round(units * 20), 10L, 3L, null)
                : KernelActivity.UNKNOWN,
            machine(random, units),
            List.of()));
  }

  private static MachineUse machine(Random random, double units) {
    SortedMap<String, Long> threads = new TreeMap<>();
    threads.put("ksoftirqd/N", Math.round(units * 40 * (1 + random.nextDouble())));
    return new MachineUse(Math.round(units * (4 + random.nextDouble())), 0L, threads);
  }

  private Latency latency(long halfRtt, long messages) {
    SortedMap<Double, Long> percentiles = new TreeMap<>();
    percentiles.put(50.0, Math.round(halfRtt * 0.97));
    percentiles.put(90.0, Math.round(halfRtt * 1.2));
    percentiles.put(99.0, Math.round(halfRtt * 1.6));
    percentiles.put(99.9, Math.round(halfRtt * 2.4));
    return new Latency(
        "UDP",
        halfRtt,
        null,
        halfRtt / 2,
        halfRtt * 5,
        percentiles,
        seconds,
        messages,
        messages,
        seconds,
        messages,
        messages,
        0,
        0,
        0,
        messages);
  }

  private Throughput throughput(long bytes) {
    return new Throughput(
        "TCP",
        new BitRate(bytes * 8.0 / seconds),
        new Bytes(bytes),
        new Bytes(bytes),
        seconds,
        2L,
        List.of(),
        List.of(),
        List.of(),
        null,
        null,
        null);
  }

  private RoleUse use(
      Random random, Nature nature, String role, boolean latency, boolean traced, double units) {
    List<String> command =
        latency
            ? List.of(
                "sockperf",
                role.equals("server") ? "server" : "ping-pong",
                "-i",
                "198.18.0." + random.nextInt(200),
                "-p",
                "11111",
                "-m",
                Integer.toString(messageBytes),
                "-t",
                Integer.toString(seconds))
            : List.of("iperf3", "-c", "198.18.0.1", "-P", "4", "-t", "" + seconds, "-J");
    double unitNanos = latency ? 27_000 : 165_000_000;
    long cpu = Math.round(units * unitNanos * (1 + 0.05 * random.nextDouble()));
    VmmUse vmm = null;
    KvmActivity kvm = null;
    if (nature.guest()) {
      long vhostNanos = nature.vhost() ? cpu / 3 : 0;
      List<ThreadUse> threads = new ArrayList<>();
      threads.add(thread(ThreadUse.Kind.MAIN_LOOP, "qemu", 100, cpu / 4));
      threads.add(thread(ThreadUse.Kind.VCPU, "CPU 0/KVM", 101, cpu / 2));
      if (nature.vhost()) {
        threads.add(thread(ThreadUse.Kind.VHOST_WORKER, "vhost-100", 102, vhostNanos));
      }
      vmm = new VmmUse(List.of("qemu-system-x86_64"), 100, threads, cpu / 3);
      kvm = traced ? kvm(nature, units, latency ? 1 : 20_000) : null;
    }
    return new RoleUse(
        role, command, 0, cpu, Math.round(units * 1.1), Math.round(units * 0.1), vmm, kvm, null);
  }

  private static ThreadUse thread(ThreadUse.Kind kind, String name, int tid, long cpu) {
    return new ThreadUse(kind, name, tid, cpu, cpu / 10, 100L, 10L);
  }

  private static KvmActivity kvm(Nature nature, double units, double scale) {
    SortedMap<String, KvmActivity.Exits> exits = new TreeMap<>();
    long each = Math.round(units * scale);
    exits.put("HLT", new KvmActivity.Exits(2 * each, 2000 * each, 0L));
    exits.put("NPF", new KvmActivity.Exits(nature.vhost() ? 2 * each : each, 1000 * each, 0L));
    exits.put("MSR", new KvmActivity.Exits(3 * each, 500 * each, 0L));
    SortedMap<String, Long> injections = new TreeMap<>();
    injections.put("kvm_msi_set_irq", 2 * each);
    return new KvmActivity(
        exits, each * 7, each * 9000, new TreeMap<String, Long>(), injections, each * 30, null);
  }

  private SortedMap<Key, Count> calls(
      Random random, Nature nature, String role, boolean latency, long messages, long bytes) {
    SortedMap<Key, Count> counts = new TreeMap<>();
    int pid = 100 + random.nextInt(30_000);
    ThreadKey main = new ThreadKey(pid, nature.guest() ? "qemu" : "sockperf", pid, "main");
    long units = latency ? messages : bytes / 20_000;
    if (nature.vhost()) {
      put(random, counts, main, "ppoll", null, null, 40, null, 2000);
    } else if (nature.guest()) {
      put(random, counts, main, "ppoll", null, null, 3 * units, null, 1500);
      put(random, counts, main, "read", ObjectKind.TUN, null, 3 * units, 200L, 2500);
      put(random, counts, main, "ioctl", ObjectKind.KVM_VM, "KVM_SIGNAL_MSI", 2 * units, null, 900);
      put(random, counts, main, "writev", ObjectKind.TUN, null, units, 200L, 9000);
    } else if (latency) {
      put(random, counts, main, "recvfrom", ObjectKind.UDP, null, messages, 64L, 2600);
      put(random, counts, main, "sendto", ObjectKind.UDP, null, messages, 64L, 15_500);
    } else {
      String call = role.equals("server") ? "read" : "write";
      put(random, counts, main, call, ObjectKind.TCP, null, bytes / 80_000, 80_000L, 6000);
      put(random, counts, main, "pselect6", null, null, bytes / 200_000, null, 2700);
    }
    for (int kind = 0; kind < rareKinds; kind++) {
      put(random, counts, main, "syscall-" + (900 + kind), ObjectKind.FILE, null, 3, 10L, 400);
    }
    return counts;
  }

  private static void put(
      Random random,
      SortedMap<Key, Count> counts,
      ThreadKey thread,
      String syscall,
      @Nullable ObjectKind object,
      @Nullable String request,
      long calls,
      @Nullable Long bytesEach,
      long workNanosEach) {
    if (calls == 0) {
      return;
    }
    CountBuilder count = new CountBuilder().addCalls(calls);
    if (bytesEach == null) {
      count.bytesUnknown();
    } else {
      count.addBytes(calls * bytesEach);
    }
    for (int sample = 0; sample < Math.min(calls, 40); sample++) {
      count.addWall(workNanosEach / 2 + random.nextLong(workNanosEach * 4));
    }
    long work = Math.round(calls * workNanosEach * (1 + 0.1 * random.nextDouble()));
    long timed = calls - Math.min(calls, 40);
    count.addTime(timed, work, 0, 0, 0, 0);
    counts.put(new Key(thread, syscall, object, request), count.build());
  }

  private Provenance provenance() {
    SortedMap<String, String> machine = new TreeMap<>();
    machine.put("kernel", kernel);
    machine.put("cpu", "made up");
    machine.put("cpus", "2");
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("duration-seconds", Integer.toString(seconds));
    return new Provenance(
        "bench",
        "0.1.0",
        List.of("bench"),
        START,
        machine,
        new TreeMap<String, String>(),
        captureSource,
        "full",
        "it is made up",
        List.of(),
        "quick",
        seed,
        settings,
        List.of("these figures are made up by a generator of tests, and were not measured"),
        List.of());
  }

  /// Keeps a run of at least so many trials, half of them traced, in three environments.
  public static void main(String[] arguments) {
    int trials = Integer.parseInt(arguments[1]);
    long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : 1;
    Run run =
        new ComparableRuns(seed)
            .environments("netns", "kvm", "kvm-vhost")
            .repeats((trials + 11) / 12)
            .rareKinds(40)
            .run();
    RunDirectory.create(Path.of(arguments[0])).write(run);
  }
}
