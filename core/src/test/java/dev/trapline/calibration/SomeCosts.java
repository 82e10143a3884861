// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.statistics.MedianInterval;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Costs with round figures, for tests: a read of `b` bytes takes 1000 + b / 16 ns, a write 800 + b
/// / 16; a null syscall 100; selects 500 + 50 per descriptor, an epoll_wait 200.
public final class SomeCosts {
  /// All of them.
  public static final MachineCosts COSTS = costs();

  private SomeCosts() {}

  private static MachineCosts costs() {
    TreeMap<String, MachineCost> costs = new TreeMap<>();
    costs.put(
        MachineCosts.NULL_SYSCALL,
        new MachineCost(MachineCosts.NULL_SYSCALL, "made up", interval(100)));
    TreeMap<String, CostSweep> sweeps = new TreeMap<>();
    sweeps.put(MachineCosts.READ, bytes(MachineCosts.READ, 1000));
    sweeps.put(MachineCosts.WRITE, bytes(MachineCosts.WRITE, 800));
    sweeps.put(MachineCosts.SELECT, descriptors(MachineCosts.SELECT, 500, 50));
    sweeps.put(MachineCosts.POLL, descriptors(MachineCosts.POLL, 300, 50));
    sweeps.put(MachineCosts.EPOLL_WAIT, descriptors(MachineCosts.EPOLL_WAIT, 200, 0));
    return new MachineCosts(
        new MachineIdentity(new TreeMap<>(Map.of("cpu", "made up"))),
        Instant.EPOCH,
        "0.1.0",
        3,
        1,
        costs,
        sweeps,
        new TreeMap<>(),
        List.of());
  }

  private static CostSweep bytes(String name, double nanos) {
    List<CostSweep.Point> points = new ArrayList<>();
    for (long bytes : new long[] {1, 1025, 65537}) {
      points.add(new CostSweep.Point(bytes, interval(nanos + (bytes - 1) / 16.0)));
    }
    return new CostSweep(name, "made up", "bytes", points);
  }

  private static CostSweep descriptors(String name, double nanos, double each) {
    return new CostSweep(
        name,
        "made up",
        "descriptors",
        List.of(
            new CostSweep.Point(1, interval(nanos)),
            new CostSweep.Point(1001, interval(nanos + 1000 * each))));
  }

  private static MedianInterval interval(double nanos) {
    return new MedianInterval(3, nanos, nanos * 0.99, nanos * 1.01, 0.75);
  }
}
