// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureResult.ContextSwitches;
import dev.trapline.capture.KernelActivity;
import dev.trapline.capture.KvmActivity;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.SourceFile;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.run.VmmUse;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Runs made of chance and spite: any field that may be null is so now and then, and names hold
/// what a program may call itself. The same seed gives the same run.
public final class RandomRuns {
  private static final List<String> HOSTILE_NAMES =
      List.of(
          "",
          " ",
          "null",
          "iperf3",
          "two\nlines",
          "a\r\n\tb",
          "\"quoted\" 'twice'",
          "back\\slash",
          "{\"json\":1}",
          "'; DROP TABLE tallies; --",
          "comma,separated;values",
          "\u0000\u0001\u001b[31mred\u007f",
          "naïve-Größe",
          "網路",
          "🪤👩‍🔬",
          "\u202eright-to-left",
          "\ufeffbyte order mark",
          "e\u0301 combined",
          "\u2028line separator");

  private static final List<String> SYSCALLS =
      List.of("read", "write", "epoll_wait", "ioctl", "futex", "sendto", "syscall-999", "i386#4");

  private static final List<ThreadUse.Kind> THREAD_KINDS = List.of(ThreadUse.Kind.values());

  private static final List<ObjectKind> OBJECT_KINDS = List.of(ObjectKind.values());

  private final Random random;

  public RandomRuns(long seed) {
    random = new Random(seed);
  }

  public Run run() {
    List<Trial> trials = new ArrayList<>();
    List<RoleTally> tallies = new ArrayList<>();
    int count = random.nextInt(5);
    for (int order = 1; order <= count; order++) {
      Trial trial = trial(order);
      trials.add(trial);
      if (trial.traced()) {
        for (String role : trial.roles().keySet()) {
          tallies.add(
              new RoleTally(
                  trial.id(), trial.environment(), trial.test(), name(), role, tally(20)));
        }
      }
    }
    return new Run(provenance(), completeness(), trials, tallies, environments());
  }

  private List<EnvironmentFacts> environments() {
    List<EnvironmentFacts> environments = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      environments.add(
          new EnvironmentFacts(name(), name(), random.nextBoolean(), orNull(this::name), texts()));
    }
    return environments;
  }

  private VmmUse vmm() {
    List<ThreadUse> threads = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      threads.add(
          new ThreadUse(
              THREAD_KINDS.get(random.nextInt(THREAD_KINDS.size())),
              name(),
              random.nextInt(4_000_000),
              orNull(this::number),
              orNull(this::number),
              orNull(this::number),
              orNull(this::number)));
    }
    return new VmmUse(
        names(), random.nextInt(4_000_000), threads, orNull(this::number), orNull(this::numbers));
  }

  private KvmActivity kvm() {
    if (random.nextInt(4) == 0) {
      return KvmActivity.unknown(name());
    }
    SortedMap<String, KvmActivity.Exits> exits = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      exits.put(name(), new KvmActivity.Exits(number(), number(), number()));
    }
    return new KvmActivity(
        exits,
        orNull(this::number),
        orNull(this::number),
        numbers(),
        numbers(),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::name),
        orNull(this::name),
        null);
  }

  CaptureResult capture() {
    SortedMap<String, Tally> byRole = new TreeMap<>();
    SortedMap<String, ContextSwitches> switches = new TreeMap<>();
    SortedMap<String, KvmActivity> kvm = new TreeMap<>();
    SortedMap<String, CallRate> rates = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String role = name();
      byRole.put(role, tally(20));
      switches.put(role, new ContextSwitches(number(), number()));
      if (random.nextBoolean()) {
        kvm.put(role, kvm());
        rates.put(role, new CallRate(number(), numberList()));
      }
    }
    return new CaptureResult(
        byRole,
        completeness(),
        random.nextInt(3) == 0 ? KernelActivity.UNKNOWN : kernelActivity(),
        orNull(() -> switches),
        kvm,
        rates);
  }

  private List<Long> numberList() {
    return List.copyOf(numbers().values());
  }

  List<RoleTally> tallies(int parts, int keysEach) {
    List<RoleTally> tallies = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      tallies.add(
          new RoleTally("trial-" + i, name(), orNull(this::name), name(), name(), tally(keysEach)));
    }
    return tallies;
  }

  /// At most `keys` keys, often fewer: chance repeats some.
  Tally tally(int keys) {
    SortedMap<Key, Count> counts = new TreeMap<>();
    int wanted = random.nextInt(keys + 1);
    for (int i = 0; i < wanted; i++) {
      counts.put(key(), count());
    }
    return new Tally(counts, completeness());
  }

  private Key key() {
    boolean known = random.nextInt(4) != 0;
    return new Key(
        new ThreadKey(
            known ? 1 + random.nextInt(4_000_000) : ThreadKey.UNKNOWN_ID,
            name(),
            known ? 1 + random.nextInt(4_000_000) : ThreadKey.UNKNOWN_ID,
            name()),
        SYSCALLS.get(random.nextInt(SYSCALLS.size())),
        orNull(() -> OBJECT_KINDS.get(random.nextInt(OBJECT_KINDS.size()))),
        orNull(this::name));
  }

  private Count count() {
    long calls = random.nextInt(1_000_000);
    return new Count(
        calls,
        calls == 0 ? 0 : random.nextLong(calls + 1),
        numbers(),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::histogram));
  }

  LatencyHistogram histogram() {
    long[] buckets = new long[LatencyHistogram.BUCKETS];
    int filled = random.nextInt(8);
    for (int i = 0; i < filled; i++) {
      buckets[random.nextInt(buckets.length)] += 1 + random.nextInt(1_000_000);
    }
    return LatencyHistogram.ofBuckets(buckets, number());
  }

  private Trial trial(int order) {
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      roles.put(
          name(),
          new RoleUse(
              name(),
              names(),
              orNull(() -> random.nextInt(256)),
              orNull(this::number),
              orNull(this::number),
              orNull(this::number),
              orNull(this::vmm),
              orNull(this::kvm),
              orNull(() -> new CallRate(number(), numberList()))));
    }
    List<InvariantResult> invariants = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      invariants.add(
          new InvariantResult(name(), random.nextBoolean(), name(), orNull(random::nextGaussian)));
    }
    return new Trial(
        "trial-" + order,
        name(),
        orNull(this::name),
        1 + random.nextInt(9),
        order,
        random.nextInt(3) != 0,
        orNull(this::instant),
        orNull(this::number),
        orNull(this::outcome),
        orNull(this::name),
        roles,
        completeness(),
        random.nextInt(3) == 0 ? KernelActivity.UNKNOWN : kernelActivity(),
        new MachineUse(
            orNull(this::number),
            orNull(this::number),
            numbers(),
            orNull(this::number),
            orNull(this::number),
            orNull(this::number)),
        invariants);
  }

  private KernelActivity kernelActivity() {
    return new KernelActivity(
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::number),
        orNull(this::numbers));
  }

  Outcome outcome() {
    return switch (random.nextInt(4)) {
      case 0 -> throughput();
      case 1 -> new BidirectionalThroughput(throughput(), throughput());
      case 2 -> latency();
      default -> messageRate();
    };
  }

  Throughput throughput() {
    List<Throughput.Stream> streams = new ArrayList<>();
    List<Throughput.Interval> intervals = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      streams.add(new Throughput.Stream(rate(), bytes(), orNull(this::number)));
      intervals.add(new Throughput.Interval(random.nextDouble(), random.nextDouble() * 30, rate()));
    }
    return new Throughput(
        name(),
        rate(),
        bytes(),
        orNull(this::bytes),
        random.nextDouble() * 30,
        orNull(this::number),
        streams,
        intervals,
        random.nextBoolean() ? List.of() : intervals,
        orNull(this::cpu),
        orNull(this::cpu),
        orNull(this::bytes),
        orNull(this::datagrams),
        orNull(() -> new Throughput.Rounding(bytes(), rate(), random.nextDouble())),
        random.nextBoolean());
  }

  Latency latency() {
    SortedMap<Double, Long> percentiles = new TreeMap<>();
    for (double percentile : new double[] {25, 50, 90, 99, 99.9, 99.99, 99.999}) {
      if (random.nextBoolean()) {
        percentiles.put(percentile, number());
      }
    }
    return new Latency(
        name(),
        number(),
        orNull(this::number),
        number(),
        number(),
        percentiles,
        random.nextDouble() * 30,
        number(),
        number(),
        random.nextDouble() * 30,
        number(),
        number(),
        number(),
        number(),
        number(),
        orNull(this::number),
        random.nextBoolean(),
        random.nextBoolean(),
        orNull(() -> clients(percentiles.keySet())));
  }

  private Latency.Clients clients(Set<Double> percentiles) {
    SortedMap<Double, Latency.Clients.Bounds> bounds = new TreeMap<>();
    for (double percentile : percentiles) {
      bounds.put(percentile, new Latency.Clients.Bounds(number(), number()));
    }
    return new Latency.Clients(
        1 + random.nextInt(64), number(), number(), random.nextDouble() * 30, bounds);
  }

  private MessageRate messageRate() {
    return new MessageRate(
        name(),
        number(),
        random.nextDouble() * 30,
        number(),
        rate(),
        orNull(() -> random.nextInt(65_507)),
        orNull(this::number),
        orNull(this::number));
  }

  private Throughput.Datagrams datagrams() {
    return new Throughput.Datagrams(
        orNull(this::number),
        number(),
        // Duplicates can bring it below 0.
        random.nextInt(10) - 3,
        orNull(this::number),
        orNull(this::number),
        orNull(() -> random.nextInt(65_507)));
  }

  private Throughput.CpuUtilisation cpu() {
    return new Throughput.CpuUtilisation(
        random.nextDouble() * 100, random.nextDouble() * 100, random.nextDouble() * 100);
  }

  private BitRate rate() {
    return new BitRate(random.nextDouble() * 1e11);
  }

  private Bytes bytes() {
    return new Bytes(number());
  }

  private Provenance provenance() {
    return new Provenance(
        name(),
        name(),
        names(),
        orNull(this::instant),
        texts(),
        texts(),
        name(),
        name(),
        name(),
        names(),
        orNull(this::name),
        orNull(random::nextLong),
        texts(),
        names(),
        sources());
  }

  private List<SourceFile> sources() {
    List<SourceFile> sources = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      sources.add(
          new SourceFile(
              name(),
              name(),
              orNull(this::name),
              orNull(this::number),
              orNull(this::name),
              name(),
              orNull(this::name),
              name(),
              orNull(this::number),
              number(),
              orNull(this::name),
              names(),
              names()));
    }
    return sources;
  }

  Completeness completeness() {
    return random.nextBoolean()
        ? Completeness.COMPLETE
        : new Completeness(number(), number(), number(), number(), number(), number(), names());
  }

  private Instant instant() {
    return Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
  }

  /// Small, and now and then as large as it gets.
  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(10);
      case 1 -> random.nextInt(Integer.MAX_VALUE);
      case 2 -> random.nextLong(1L << 53);
      default -> random.nextInt(5) == 0 ? Long.MAX_VALUE : random.nextLong(Long.MAX_VALUE);
    };
  }

  private SortedMap<String, Long> numbers() {
    SortedMap<String, Long> numbers = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      numbers.put(random.nextBoolean() ? "EAGAIN" : name(), number());
    }
    return numbers;
  }

  private SortedMap<String, String> texts() {
    SortedMap<String, String> texts = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      texts.put(name(), name());
    }
    return texts;
  }

  private List<String> names() {
    List<String> names = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      names.add(name());
    }
    return names;
  }

  String name() {
    return HOSTILE_NAMES.get(random.nextInt(HOSTILE_NAMES.size()));
  }

  private <T> @Nullable T orNull(Supplier<T> some) {
    return random.nextInt(3) == 0 ? null : some.get();
  }
}
