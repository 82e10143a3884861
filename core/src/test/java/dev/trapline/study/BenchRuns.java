// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.capture.KernelActivity;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
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
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Runs as `bench` and `record` leave them, with figures that a reader can check in mind.
public final class BenchRuns {
  private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  private static final List<String> CLIENT = List.of("iperf3", "-c", "198.18.0.1", "-P", "4");

  private BenchRuns() {}

  /// Two traced and three control trials of each test: 4 GiB at 10 Gbit/s, 2000 messages at 20 us.
  public static Run twoTests() {
    return run("bench", "quick", Completeness.COMPLETE, List.of(), trials(), tallies());
  }

  /// The same and one that did not work.
  static Run withAFailedTrial() {
    List<Trial> trials = new ArrayList<>(trials());
    trials.add(trial("failed-1", "throughput", true, null, "the server did not start"));
    List<RoleTally> tallies = new ArrayList<>(tallies());
    tallies.add(tally("failed-1", "throughput", "server", "read", ObjectKind.TCP, 1, 1L, 1, 1));
    return run("bench", "quick", Completeness.COMPLETE, List.of(), trials, tallies);
  }

  /// A command that was watched.
  static Run recording() {
    Trial trial =
        new Trial(
            "record",
            "host",
            null,
            1,
            1,
            true,
            START,
            1_000_000_000L,
            null,
            null,
            uses("command", List.of("curl", "http://example.invalid/")),
            Completeness.COMPLETE,
            KernelActivity.UNKNOWN,
            new MachineUse(null, null, new TreeMap<>()),
            List.of());
    SortedMap<Key, Count> counts = new TreeMap<>();
    ThreadKey thread = new ThreadKey(7, "curl", 7, "curl");
    counts.put(new Key(thread, "read", ObjectKind.TCP, null), Count.ofCalls(3));
    counts.put(new Key(thread, "close", ObjectKind.FILE, null), Count.ofCalls(5));
    RoleTally tally =
        new RoleTally(
            "record", "host", null, "host", "command", new Tally(counts, Completeness.COMPLETE));
    return run("record", null, Completeness.COMPLETE, List.of(), List.of(trial), List.of(tally));
  }

  /// With losses.
  static Run incomplete() {
    return run(
        "bench",
        "quick",
        new Completeness(7, 0, 0, 0, 0, 0, List.of()),
        List.of("bytes of vectors"),
        trials(),
        tallies());
  }

  /// Somebody's table of counts beside rounded output of iperf3 that was cut.
  public static Run importedCounts() {
    long received = Math.round(82.2 * (1L << 30));
    Throughput printed =
        new Throughput(
            "TCP",
            new BitRate(23.5e9),
            new Bytes(received),
            null,
            30,
            null,
            List.of(),
            List.of(),
            List.of(),
            null,
            null,
            null,
            null,
            new Throughput.Rounding(
                new Bytes(Math.round(0.05 * (1L << 30))), new BitRate(5e7), 0.005),
            true);
    SortedMap<Key, Count> counts = new TreeMap<>();
    counts.put(new Key(new ThreadKey(0, "", 0, ""), "read", null, null), Count.ofCalls(1_900_000));
    RoleTally tally =
        new RoleTally(
            "1",
            "netns",
            "throughput",
            "server",
            "server",
            new Tally(counts, Completeness.COMPLETE));
    return run(
        "import",
        null,
        Completeness.COMPLETE,
        List.of(),
        List.of(trial("1", "throughput", true, printed, null)),
        List.of(tally));
  }

  /// Nothing ran.
  public static Run empty() {
    return run("bench", "quick", Completeness.COMPLETE, List.of(), List.of(), List.of());
  }

  private static List<Trial> trials() {
    List<Trial> trials = new ArrayList<>();
    for (int repeat = 1; repeat <= 2; repeat++) {
      trials.add(trial("throughput-" + repeat, "throughput", true, throughput(9.0), null));
      trials.add(trial("latency-" + repeat, "latency", true, latency(22_000), null));
    }
    for (int repeat = 1; repeat <= 3; repeat++) {
      trials.add(
          trial(
              "throughput-c" + repeat, "throughput", false, throughput(9.5 + 0.25 * repeat), null));
      trials.add(
          trial("latency-c" + repeat, "latency", false, latency(19_000 + 500 * repeat), null));
    }
    return trials;
  }

  private static List<RoleTally> tallies() {
    List<RoleTally> tallies = new ArrayList<>();
    for (int repeat = 1; repeat <= 2; repeat++) {
      String bulk = "throughput-" + repeat;
      tallies.add(
          tally(bulk, "throughput", "server", "read", ObjectKind.TCP, 40_000, 2L << 30, 400, 10));
      tallies.add(tally(bulk, "throughput", "server", "pselect6", null, 40_000, null, 20, 900));
      tallies.add(
          tally(bulk, "throughput", "client", "write", ObjectKind.TCP, 16_384, 2L << 30, 900, 50));
      String ping = "latency-" + repeat;
      for (String role : List.of("server", "client")) {
        tallies.add(tally(ping, "latency", role, "recvfrom", ObjectKind.UDP, 1000, 64_000L, 2, 30));
        tallies.add(tally(ping, "latency", role, "sendto", ObjectKind.UDP, 1000, 64_000L, 5, 0));
      }
    }
    return tallies;
  }

  private static RoleTally tally(
      String trial,
      String test,
      String role,
      String syscall,
      @Nullable ObjectKind object,
      long calls,
      @Nullable Long bytes,
      long workMillis,
      long blockedMillis) {
    CountBuilder count = new CountBuilder().addCalls(calls);
    if (bytes == null) {
      count.bytesUnknown();
    } else {
      count.addBytes(bytes);
    }
    count.addTime(
        calls,
        (workMillis + blockedMillis) * 1_000_000,
        blockedMillis * 1_000_000,
        0,
        0,
        1_000_000);
    SortedMap<Key, Count> counts = new TreeMap<>();
    counts.put(new Key(new ThreadKey(7, role, 7, role), syscall, object, null), count.build());
    return new RoleTally(
        trial, "netns", test, role, role, new Tally(counts, Completeness.COMPLETE));
  }

  private static Trial trial(
      String id, String test, boolean traced, @Nullable Outcome outcome, @Nullable String failure) {
    return new Trial(
        id,
        "netns",
        test,
        1,
        1,
        traced,
        START,
        1_000_000_000L,
        outcome,
        failure,
        uses("client", test.equals("throughput") ? CLIENT : List.of("sockperf", "ping-pong")),
        Completeness.COMPLETE,
        KernelActivity.UNKNOWN,
        new MachineUse(null, null, new TreeMap<>()),
        List.of());
  }

  private static SortedMap<String, RoleUse> uses(String role, List<String> command) {
    SortedMap<String, RoleUse> uses = new TreeMap<>();
    uses.put(role, new RoleUse(role, command, 0, null, null, null));
    return uses;
  }

  private static Throughput throughput(double gigabits) {
    return new Throughput(
        "TCP",
        new BitRate(gigabits * 1e9),
        new Bytes(2L << 30),
        new Bytes(2L << 30),
        1.0,
        0L,
        List.of(),
        List.of(),
        List.of(),
        null,
        null,
        null);
  }

  private static Latency latency(long meanNanos) {
    return new Latency(
        "UDP",
        meanNanos,
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

  private static Run run(
      String kind,
      @Nullable String campaign,
      Completeness completeness,
      List<String> cannotKnow,
      List<Trial> trials,
      List<RoleTally> tallies) {
    Provenance provenance =
        new Provenance(
            kind,
            "0.1.0",
            List.of(kind),
            START,
            new TreeMap<>(),
            new TreeMap<>(),
            "ebpf",
            "full",
            "it works here",
            cannotKnow,
            campaign,
            42L,
            new TreeMap<>(),
            List.of(),
            List.of());
    return new Run(provenance, completeness, trials, tallies);
  }
}
