// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.RunSums;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.workload.Latency;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a report says of one test in one environment.
///
/// @param analysis the figures over all its trials
/// @param environment its name, marked if its figures must be
/// @param emulated whether they must be
/// @param points the outcome of every trial that has one, in the order in which they ran
/// @param percentiles of latency: percentile such as 99.9 to the median, over the trials to quote,
///   of the half-RTT in nanoseconds; empty for other tests
/// @param roles server before client
/// @param doubts of its outcomes, in sentences
/// @param kernel what the kernel did besides, in sentences; empty without a result
public record TestReport(
    TestAnalysis analysis,
    String environment,
    boolean emulated,
    List<Point> points,
    SortedMap<Double, Double> percentiles,
    List<RoleReport> roles,
    List<String> doubts,
    List<String> kernel) {
  /// The outcome of one trial.
  ///
  /// @param value bits per second, or nanoseconds of half a round trip
  public record Point(String trial, int repeat, int order, boolean traced, double value) {}

  /// Keeps copies.
  public TestReport {
    points = List.copyOf(points);
    percentiles = Collections.unmodifiableSortedMap(new TreeMap<>(percentiles));
    roles = List.copyOf(roles);
    doubts = List.copyOf(doubts);
    kernel = List.copyOf(kernel);
  }

  /// `Latency in netns`.
  public String title() {
    return TestWords.capitalised(analysis.test()) + " in " + environment;
  }

  /// The outcome to quote: of the untraced trials, or of the traced ones if there are no others.
  public @Nullable MedianInterval quoted() {
    return analysis.control() == null ? analysis.traced() : analysis.control();
  }

  static TestReport of(RunSums sums, TestAnalysis analysis) {
    Run run = sums.run();
    List<Point> points = new ArrayList<>();
    List<Trial> traced = new ArrayList<>();
    List<Trial> control = new ArrayList<>();
    for (Trial trial : run.trials()) {
      if (!trial.environment().equals(analysis.environment())
          || !analysis.test().equals(trial.test())
          || trial.outcome() == null) {
        continue;
      }
      (trial.traced() ? traced : control).add(trial);
      Double value = TestAnalysis.figure(trial.outcome());
      if (value != null) {
        points.add(new Point(trial.id(), trial.repeat(), trial.order(), trial.traced(), value));
      }
    }
    List<RoleReport> roles = new ArrayList<>();
    for (RoleAnalysis role : analysis.roles()) {
      roles.add(RoleReport.of(sums, analysis, role, traced, control));
    }
    return new TestReport(
        analysis,
        run.titleOf(analysis.environment()),
        run.isEmulated(analysis.environment()),
        points,
        percentiles(control.isEmpty() ? traced : control),
        roles,
        TestWords.doubts(analysis, traced, control),
        analysis.unit() == null ? List.of() : TestWords.kernel(analysis.kernel(), analysis.unit()));
  }

  private static SortedMap<Double, Double> percentiles(List<Trial> trials) {
    SortedMap<Double, List<Double>> values = new TreeMap<>();
    int latencies = 0;
    for (Trial trial : trials) {
      if (trial.outcome() instanceof Latency latency) {
        latencies++;
        latency
            .percentilesNanos()
            .forEach((percentile, nanos) ->
                values
                    .computeIfAbsent(percentile, unseen -> new ArrayList<>())
                    .add(latency.halfRoundTripNanos(nanos)));
      }
    }
    SortedMap<Double, Double> medians = new TreeMap<>();
    for (var entry : values.entrySet()) {
      // A median over some of the trials would be of another population than its neighbours.
      if (entry.getValue().size() == latencies) {
        medians.put(entry.getKey(), MedianInterval.of(entry.getValue()).median());
      }
    }
    return medians;
  }
}
