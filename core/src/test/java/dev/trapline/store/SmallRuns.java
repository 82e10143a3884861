// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

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
import dev.trapline.workload.Throughput;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A run that a reader can hold in mind: one traced trial, one role, three keys.
final class SmallRuns {
  static final ThreadKey THREAD = new ThreadKey(4711, "iperf3", 4712, "iperf3");
  static final Key SEND = new Key(THREAD, "sendto", ObjectKind.TCP, null);
  static final Key CONTROL = new Key(THREAD, "ioctl", null, "KVM_RUN");
  static final Key UNLISTED = new Key(new ThreadKey(0, "", 0, ""), "syscall-999", null, null);

  private SmallRuns() {}

  static Run run() {
    return new Run(provenance(), Completeness.COMPLETE, List.of(trial()), List.of(tally()));
  }

  static RoleTally tally() {
    SortedMap<Key, Count> counts = new TreeMap<>();
    counts.put(
        SEND,
        new CountBuilder()
            .addCalls(3)
            .addErrors("EAGAIN", 1)
            .addBytes(2000)
            .addWall(1000)
            .addWall(2000)
            .addWall(5000)
            .addTime(0, 0, 3000, 1000, 0, 0)
            .build());
    counts.put(CONTROL, new CountBuilder().addCalls(7).bytesUnknown().build());
    counts.put(UNLISTED, Count.ofCalls(11));
    return new RoleTally(
        "t1", "netns", "throughput", "client", "client", new Tally(counts, Completeness.COMPLETE));
  }

  static Trial trial() {
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    roles.put(
        "client", new RoleUse("client", List.of("iperf3", "-c", "10.0.0.1"), 0, 5L, 6L, null));
    return new Trial(
        "t1",
        "netns",
        "throughput",
        1,
        1,
        true,
        Instant.parse("2026-11-01T12:00:00Z"),
        3_000_000_000L,
        new Throughput(
            "TCP",
            new BitRate(8e9),
            new Bytes(3_000_000_000L),
            new Bytes(3_000_000_100L),
            3.0,
            2L,
            List.of(),
            List.of(),
            List.of(),
            null,
            null,
            null),
        null,
        roles,
        Completeness.COMPLETE,
        KernelActivity.UNKNOWN,
        new MachineUse(100L, null, new TreeMap<>()),
        List.of());
  }

  static Provenance provenance() {
    return new Provenance(
        "bench",
        "0.1.0",
        List.of("bench"),
        Instant.parse("2026-11-01T12:00:00Z"),
        new TreeMap<>(),
        new TreeMap<>(),
        "ebpf",
        "full",
        "it works here",
        List.of(),
        "quick",
        42L,
        new TreeMap<>(),
        List.of(),
        List.of());
  }
}
