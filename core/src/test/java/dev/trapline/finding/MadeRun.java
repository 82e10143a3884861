// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

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
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A run put together figure by figure, for faults that no program can be given on demand. The
/// thread 1 of the role `server` makes the calls.
final class MadeRun {
  private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  private static final long SECOND = 1_000_000_000L;

  private final String kind;
  private final @Nullable String test;
  private final String environment;
  private final SortedMap<Key, Count> counts = new TreeMap<>();
  private final List<Trial> more = new ArrayList<>();
  private List<EnvironmentFacts> environments = List.of();
  private Completeness completeness = Completeness.COMPLETE;
  private KernelActivity activity = KernelActivity.UNKNOWN;
  private MachineUse machine = new MachineUse(null, null, new TreeMap<>());
  private @Nullable KvmActivity kvm;
  private @Nullable VmmUse vmm;
  private @Nullable Outcome outcome;
  private List<String> commandLine = List.of("bench", "--seed", "42", "-o", "kept");

  private MadeRun(String kind, @Nullable String test, String environment) {
    this.kind = kind;
    this.test = test;
    this.environment = environment;
  }

  /// One second of a command.
  static MadeRun recording() {
    MadeRun made = new MadeRun("record", null, "host");
    made.commandLine = List.of("record", "-o", "kept", "--", "it's", "-o", "output");
    return made;
  }

  /// One traced trial with 1000 messages.
  static MadeRun latency() {
    MadeRun made = new MadeRun("bench", "latency", "netns");
    made.outcome = half(20_000);
    return made;
  }

  /// The same in an environment of this name.
  static MadeRun latencyIn(String environment) {
    MadeRun made = new MadeRun("bench", "latency", environment);
    made.outcome = half(20_000);
    return made;
  }

  /// One traced trial with 2 GiB.
  static MadeRun throughput(@Nullable Long retransmissions) {
    MadeRun made = new MadeRun("bench", "throughput", "netns");
    made.outcome = bulk(10, retransmissions);
    return made;
  }

  MadeRun calls(
      String syscall,
      @Nullable ObjectKind object,
      @Nullable String request,
      long calls,
      long each) {
    return calls(1, syscall, object, request, calls, each, null, 0);
  }

  /// @param each work of a call in nanoseconds
  /// @param bytes of all calls together; null for calls that move none
  /// @param wouldBlock of the calls, those that failed with EAGAIN
  MadeRun calls(
      int thread,
      String syscall,
      @Nullable ObjectKind object,
      @Nullable String request,
      long calls,
      long each,
      @Nullable Long bytes,
      long wouldBlock) {
    CountBuilder count = new CountBuilder().addCalls(calls);
    if (wouldBlock > 0) {
      count.addErrors("EAGAIN", wouldBlock);
    }
    if (bytes == null) {
      count.bytesUnknown();
    } else {
      count.addBytes(bytes);
    }
    count.addTime(calls, calls * each, 0, 0, 0, each);
    count.addToBucket(dev.trapline.tally.LatencyHistogram.bucketOf(each), calls);
    counts.put(key(thread, syscall, object, request), count.build());
    return this;
  }

  /// Calls that sleep.
  MadeRun waits(int thread, String syscall, @Nullable String request, long calls, long blocked) {
    CountBuilder count = new CountBuilder().addCalls(calls).bytesUnknown();
    count.addTime(calls, calls * (blocked + 1000), calls * blocked, 0, 0, blocked + 1000);
    count.addToBucket(dev.trapline.tally.LatencyHistogram.bucketOf(blocked + 1000), calls);
    counts.put(key(thread, syscall, null, request), count.build());
    return this;
  }

  /// Calls that wait for a CPU.
  MadeRun delayed(String syscall, long calls, long runnable, long work) {
    CountBuilder count = new CountBuilder().addCalls(calls).bytesUnknown();
    count.addTime(calls, calls * (runnable + work), 0, calls * runnable, 0, runnable + work);
    counts.put(key(1, syscall, null, null), count.build());
    return this;
  }

  private static Key key(
      int thread, String syscall, @Nullable ObjectKind object, @Nullable String request) {
    return new Key(
        new ThreadKey(7, "program", 6 + thread, "thread-" + thread), syscall, object, request);
  }

  MadeRun exits(Map<String, Long> reasons, long handling, Map<String, Long> returns) {
    SortedMap<String, KvmActivity.Exits> exits = new TreeMap<>();
    reasons.forEach(
        (reason, count) -> exits.put(reason, new KvmActivity.Exits(count, count * handling, 0L)));
    kvm = new KvmActivity(exits, 1, 1, new TreeMap<>(returns), new TreeMap<>(), null, null);
    return guest();
  }

  /// Its side is a virtual machine.
  MadeRun guest() {
    vmm =
        new VmmUse(
            List.of("qemu-system-x86_64"),
            7,
            List.of(
                new ThreadUse(ThreadUse.Kind.MAIN_LOOP, "qemu", 7, SECOND / 2, 0L, 10L, 1L),
                new ThreadUse(ThreadUse.Kind.VCPU, "CPU 0/KVM", 8, SECOND / 2, 0L, 10L, 1L)),
            null);
    return this;
  }

  MadeRun emulated() {
    environments =
        List.of(new EnvironmentFacts(environment, "a guest", true, null, new TreeMap<>()));
    return this;
  }

  MadeRun softirq(long receiveNanos, long daemonNanos) {
    activity = new KernelActivity(receiveNanos, 1000L, 0L, 0L, 0L, new TreeMap<>());
    SortedMap<String, Long> threads = new TreeMap<>();
    threads.put("ksoftirqd", daemonNanos);
    machine = new MachineUse(100L, 0L, threads);
    return this;
  }

  MadeRun stolen(long nanos) {
    machine = new MachineUse(100L, nanos, new TreeMap<>());
    return this;
  }

  MadeRun kernelRetransmissions(long segments) {
    activity = new KernelActivity(0L, 0L, 0L, 0L, segments, new TreeMap<>());
    return this;
  }

  MadeRun ioUring(long operations) {
    SortedMap<String, Long> submitted = new TreeMap<>();
    submitted.put("READ", operations);
    activity = new KernelActivity(0L, 0L, 0L, 0L, 0L, submitted);
    return this;
  }

  MadeRun lost(long events) {
    completeness = new Completeness(events, 0, 0, 0, 0, 0, List.of());
    return this;
  }

  /// More trials with these half-RTTs in microseconds, in this order.
  MadeRun trials(boolean traced, double... micros) {
    for (double each : micros) {
      more.add(
          trial("more-" + more.size(), traced, half(Math.round(each * 1000)), more.size() + 2));
    }
    return this;
  }

  Run run() {
    List<Trial> trials = new ArrayList<>();
    trials.add(trial("first", true, outcome, 1));
    trials.addAll(more);
    RoleTally tally =
        new RoleTally(
            "first",
            environment,
            test,
            "server",
            "server",
            new Tally(counts, Completeness.COMPLETE));
    SortedMap<String, String> facts = new TreeMap<>();
    facts.put("cpus", "2");
    return new Run(
        new Provenance(
            kind,
            "0.1.0",
            commandLine,
            START,
            facts,
            new TreeMap<>(),
            "ebpf",
            "full",
            "it works here",
            List.of(),
            null,
            42L,
            new TreeMap<>(),
            List.of(),
            List.of()),
        completeness,
        trials,
        List.of(tally),
        environments);
  }

  private Trial trial(String id, boolean traced, @Nullable Outcome result, int order) {
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    roles.put(
        "server", new RoleUse("server", List.of("program"), 0, SECOND, 10L, 3L, vmm, kvm, null));
    return new Trial(
        id,
        environment,
        test,
        order,
        order,
        traced,
        START,
        SECOND,
        result,
        null,
        roles,
        completeness,
        traced ? activity : KernelActivity.UNKNOWN,
        machine,
        List.of());
  }

  private static Latency half(long nanos) {
    return new Latency(
        "UDP",
        nanos,
        null,
        1,
        100_000,
        new TreeMap<>(),
        1,
        1000,
        1000,
        1,
        900,
        900,
        0,
        0,
        0,
        1000L);
  }

  private static Throughput bulk(double gigabits, @Nullable Long retransmissions) {
    return new Throughput(
        "TCP",
        new BitRate(gigabits * 1e9),
        new Bytes(2L << 30),
        new Bytes(2L << 30),
        1.0,
        retransmissions,
        List.of(),
        List.of(),
        List.of(),
        null,
        null,
        null);
  }
}
