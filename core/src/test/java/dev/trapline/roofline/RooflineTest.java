// SPDX-License-Identifier: Apache-2.0
package dev.trapline.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.calibration.SomeCosts;
import dev.trapline.capture.KernelActivity;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.Throughput;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RooflineTest {
  private static final long SECONDS = 2;

  private static Run run(SortedMap<Key, Count> counts) {
    Trial trial =
        new Trial(
            "netns-throughput-traced-1",
            "netns",
            "throughput",
            1,
            1,
            true,
            null,
            SECONDS * 1_000_000_000,
            new Throughput(
                "TCP",
                new BitRate(8e6),
                new Bytes(2_000_000),
                null,
                SECONDS,
                null,
                List.of(),
                List.of(),
                List.of(),
                null,
                null,
                null),
            null,
            new TreeMap<>(),
            Completeness.COMPLETE,
            KernelActivity.UNKNOWN,
            new MachineUse(null, null, new TreeMap<>()),
            List.of());
    return new Run(
        new Provenance(
            "bench",
            "0.1.0",
            List.of(),
            null,
            new TreeMap<>(),
            new TreeMap<>(),
            "ebpf",
            "full",
            "a test",
            List.of(),
            "quick",
            1L,
            new TreeMap<>(),
            List.of(),
            List.of()),
        Completeness.COMPLETE,
        List.of(trial),
        List.of(
            new RoleTally(
                trial.id(),
                "netns",
                "throughput",
                "local",
                "client",
                new Tally(counts, Completeness.COMPLETE))));
  }

  private static Key key(int tid, String syscall, @Nullable ObjectKind object) {
    return new Key(new ThreadKey(10, "iperf3", tid, "iperf3"), syscall, object, null);
  }

  private static Count moved(long calls, long bytes) {
    return new Count(calls, calls, new TreeMap<>(), bytes, null, null, null, null, null, null);
  }

  @Test
  void smallCallsAreCallBoundAndTheirCeilingRisesWithTheirSize() {
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(key(10, "write", ObjectKind.TCP), moved(20_000, 20_000 * 100));
    Roofline.Point point = Roofline.of(run(counts), SomeCosts.COSTS).points().getFirst();
    assertThat(point.bytesPerCall()).isEqualTo(100);
    assertThat(point.callsPerSecond()).isEqualTo(10_000);
    assertThat(point.goodputBitsPerSecond()).isEqualTo(8e6);
    assertThat(point.threads()).isEqualTo(1);
    assertThat(point.bound()).isEqualTo(Roofline.Bound.CALL_BOUND);
    // 100 bytes every 800 ns are 1 Gbit/s.
    assertThat(point.ceilingBitsPerSecond()).isCloseTo(1e9, within(1.0));
    assertThat(point.shareOfCeiling()).isCloseTo(0.008, within(1e-9));
  }

  @Test
  void largeCallsAreCopyBoundAndTheirCeilingIsTheRateOfCopying() {
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(key(10, "write", ObjectKind.TCP), moved(20, 20 * 100_000));
    Roofline roofline = Roofline.of(run(counts), SomeCosts.COSTS);
    Roofline.Point point = roofline.points().getFirst();
    assertThat(point.bound()).isEqualTo(Roofline.Bound.COPY_BOUND);
    // 16 bytes per nanosecond.
    assertThat(point.ceilingBitsPerSecond()).isCloseTo(128e9, within(1e3));
    assertThat(roofline.ridgeBytesPerCall()).isCloseTo(800 * 16.0, within(1e-6));
    assertThat(roofline.ceilings()).extracting(Roofline.Ceiling::name).doesNotHaveDuplicates();
    for (Roofline.Ceiling ceiling : roofline.ceilings()) {
      assertThat(ceiling.bytesPerCall()).isSorted().hasSameSizeAs(ceiling.bitsPerSecond());
    }
  }

  @Test
  void theCallThatMovesMostIsThePointAndFilesAreNoTraffic() {
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(key(10, "write", ObjectKind.TCP), moved(10, 1_000));
    counts.put(key(10, "read", ObjectKind.FILE), moved(10, 1_000_000));
    counts.put(key(10, "read", ObjectKind.TCP), moved(10, 5_000));
    counts.put(key(11, "read", ObjectKind.TCP), moved(10, 5_000));
    counts.put(key(12, "read", ObjectKind.TCP), moved(1, 1));
    Roofline.Point point = Roofline.of(run(counts), SomeCosts.COSTS).points().getFirst();
    assertThat(point.kind().syscall()).isEqualTo("read");
    assertThat(point.kind().object()).isEqualTo(ObjectKind.TCP);
    assertThat(point.threads()).isEqualTo(2);
  }

  @Test
  void withoutCalibrationThereArePointsAndNoCeilings() {
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(key(10, "write", ObjectKind.TCP), moved(20, 20 * 100_000));
    Roofline roofline = Roofline.of(run(counts), null);
    assertThat(roofline.points()).hasSize(1);
    assertThat(roofline.points().getFirst().ceilingBitsPerSecond()).isNull();
    assertThat(roofline.ceilings()).isEmpty();
    assertThat(roofline.ridgeBytesPerCall()).isNull();
  }

  @Test
  void aSideThatMovedNothingIsNoPoint() {
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(key(10, "futex", null), Count.ofCalls(5));
    assertThat(Roofline.of(run(counts), SomeCosts.COSTS).points()).isEmpty();
  }
}
