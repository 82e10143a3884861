// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What all trials of one test in one environment say together. Failed trials are counted, and are
/// in no figure.
///
/// @param unit of work, the denominator of every cost
/// @param control outcomes of the untraced trials: bits per second, or half-RTT nanoseconds
/// @param traced the same of the traced ones
/// @param observation traced over control: what watching cost; null without both
/// @param percentiles for latency: name to the controls' median half-RTT in nanoseconds
/// @param roles server before client
/// @param kernel what the kernel did besides, per unit of work
/// @param broken invariants that a trial did not meet, with its id
/// @param checkedInvariants how many were looked at
/// @param failures trial id to reason
public record TestAnalysis(
    String environment,
    String test,
    @Nullable UnitOfWork unit,
    @Nullable MedianInterval control,
    @Nullable MedianInterval traced,
    @Nullable RatioInterval observation,
    Map<String, Double> percentiles,
    List<RoleAnalysis> roles,
    KernelAnalysis kernel,
    Map<String, List<InvariantResult>> broken,
    int checkedInvariants,
    SortedMap<String, String> failures) {
  /// The tests of a run, in order of their first appearance by name of test (throughput before
  /// latency, as the study has them).
  public static List<TestAnalysis> of(Run run) {
    return of(RunSums.of(run));
  }

  /// As [#of(Run)], where the run's tallies are summed already.
  public static List<TestAnalysis> of(RunSums sums) {
    Run run = sums.run();
    List<TestAnalysis> analyses = new ArrayList<>();
    Collection<String> environments = new LinkedHashSet<>();
    run.trials().forEach(trial -> environments.add(trial.environment()));
    for (String environment : environments) {
      Collection<String> tests = new TreeSet<>(java.util.Comparator.reverseOrder());
      for (Trial trial : run.trials()) {
        if (trial.environment().equals(environment) && trial.test() != null) {
          tests.add(trial.test());
        }
      }
      for (String test : tests) {
        analyses.add(of(sums, environment, test));
      }
    }
    return analyses;
  }

  private static TestAnalysis of(RunSums sums, String environment, String test) {
    Run run = sums.run();
    List<Trial> control = new ArrayList<>();
    List<Trial> traced = new ArrayList<>();
    SortedMap<String, String> failures = new TreeMap<>();
    SortedMap<String, List<InvariantResult>> broken = new TreeMap<>();
    int checked = 0;
    for (Trial trial : run.trials()) {
      if (!trial.environment().equals(environment) || !test.equals(trial.test())) {
        continue;
      }
      if (trial.outcome() == null) {
        failures.put(trial.id(), trial.failure() == null ? "no outcome" : trial.failure());
        continue;
      }
      (trial.traced() ? traced : control).add(trial);
      checked += trial.invariants().size();
      List<InvariantResult> wrong =
          trial.invariants().stream().filter(invariant -> !invariant.holds()).toList();
      if (!wrong.isEmpty()) {
        broken.put(trial.id(), wrong);
      }
    }
    List<Double> controlValues = figures(control);
    List<Double> tracedValues = figures(traced);
    UnitOfWork unit = null;
    for (Trial trial : run.trials()) {
      if (test.equals(trial.test()) && trial.outcome() != null) {
        unit = trial.outcome().unitOfWork();
      }
    }
    List<RoleAnalysis> roles = new ArrayList<>();
    for (String role : List.of("server", "client")) {
      if (!traced.isEmpty() || !control.isEmpty()) {
        roles.add(
            RoleAnalysis.of(
                role,
                traced,
                control,
                sums.side(environment, test, role).map(SideSum::byKind).orElseGet(TreeMap::new),
                unit == UnitOfWork.MESSAGE));
      }
    }
    return new TestAnalysis(
        environment,
        test,
        unit,
        controlValues.isEmpty() ? null : MedianInterval.of(controlValues),
        tracedValues.isEmpty() ? null : MedianInterval.of(tracedValues),
        controlValues.isEmpty() || tracedValues.isEmpty()
            ? null
            : RatioInterval.of(tracedValues, controlValues),
        percentiles(control.isEmpty() ? traced : control),
        roles,
        KernelAnalysis.of(traced, control),
        broken,
        checked,
        failures);
  }

  private static List<Double> figures(List<Trial> trials) {
    List<Double> values = new ArrayList<>();
    for (Trial trial : trials) {
      Double figure = trial.outcome() == null ? null : figure(trial.outcome());
      if (figure != null) {
        values.add(figure);
      }
    }
    return values;
  }

  /// The figure that a test is about: bits per second of goodput, or nanoseconds of half a round
  /// trip. Null for what was sent only, which is neither and stands in no table with them.
  public static @Nullable Double figure(Outcome outcome) {
    return switch (outcome) {
      case Throughput throughput -> Double.valueOf(throughput.goodput().bitsPerSecond());
      case BidirectionalThroughput both -> Double.valueOf(both.goodput().bitsPerSecond());
      case Latency latency -> Double.valueOf(latency.halfRoundTripNanos(latency.meanNanos()));
      case MessageRate rate -> null;
    };
  }

  private static Map<String, Double> percentiles(List<Trial> trials) {
    Map<String, Double> medians = new java.util.LinkedHashMap<>();
    for (double percentile : new double[] {50, 90, 99, 99.9}) {
      String name =
          "p"
              + (percentile == Math.rint(percentile)
                  ? Long.toString((long) percentile)
                  : percentile);
      addMedian(
          medians,
          name,
          trials,
          latency -> {
            Long nanos = latency.percentilesNanos().get(percentile);
            return nanos == null ? null : Double.valueOf(latency.halfRoundTripNanos(nanos));
          });
    }
    addMedian(
        medians,
        "max",
        trials,
        latency -> Double.valueOf(latency.halfRoundTripNanos(latency.maximumNanos())));
    return medians;
  }

  private static void addMedian(
      Map<String, Double> medians,
      String name,
      List<Trial> trials,
      Function<Latency, @Nullable Double> figure) {
    List<Double> values = new ArrayList<>();
    for (Trial trial : trials) {
      if (trial.outcome() instanceof Latency latency) {
        Double value = figure.apply(latency);
        if (value != null) {
          values.add(value);
        }
      }
    }
    if (!values.isEmpty()) {
      medians.put(name, MedianInterval.of(values).median());
    }
  }
}
