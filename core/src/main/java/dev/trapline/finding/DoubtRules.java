// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.TestAnalysis;
import dev.trapline.finding.FindingRule.About;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.statistics.Spearman;
import dev.trapline.tally.Completeness;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// What throws doubt on a run's figures.
final class DoubtRules {
  static final List<FindingRule> RULES =
      List.of(
          FindingRule.ofRun(
              "incomplete-capture",
              "Calls were made that are not counted.",
              About.DOUBT,
              DoubtRules::incomplete),
          FindingRule.ofTrials(
              "io-uring-hides-work",
              "Work is done through io_uring, which no syscall count shows.",
              About.DOUBT,
              DoubtRules::ioUring),
          FindingRule.ofTrials(
              "emulated-environment",
              "The guest was emulated in software: its figures stand for nothing else.",
              About.DOUBT,
              DoubtRules::emulated),
          new FindingRule(
              "observer-effect",
              "Being watched changed what was measured.",
              About.DOUBT,
              DoubtRules::observer),
          FindingRule.ofRun(
              "too-few-repeats",
              "Too few trials for an interval of 95% confidence.",
              About.DOUBT,
              DoubtRules::tooFew),
          FindingRule.ofTrials(
              "drift", "Results change as the run goes on.", About.DOUBT, DoubtRules::drift),
          FindingRule.ofTrials(
              "steal",
              "A hypervisor gave this machine's CPUs to others during the trials.",
              About.DOUBT,
              DoubtRules::steal));

  /// Beside so many calls, submitted operations are a part of the work that matters.
  private static final double HIDDEN_SHARE = 0.01;

  private static final long FEWEST_HIDDEN = 100;

  /// The goal that Trapline has for itself: no more than five hundredths either way.
  private static final double NOTICEABLE = 0.05;

  /// Six values are the fewest whose smallest and largest hold the median with 95% confidence: 1 -
  /// 2 / 2^6 = 96.9%.
  private static final int ENOUGH = 6;

  /// Five values in order have p = 2 / 5! = 0.017; four cannot reach 0.05.
  private static final int FEWEST_IN_ORDER = 5;

  private static final double SIGNIFICANT = 0.05;
  private static final double STOLEN = 0.01;

  /// /proc/stat counts ticks of 10 ms: five of them are no rounding.
  private static final long LEAST_STOLEN_NANOS = 50_000_000;

  private DoubtRules() {}

  private static Optional<Finding> incomplete(Draft draft, RunView view) {
    Completeness completeness = view.run().completeness();
    if (completeness.isComplete()) {
      return Optional.empty();
    }
    add(draft, "events lost", completeness.lostEvents(), "lostEvents");
    add(draft, "calls seen but not counted", completeness.droppedCalls(), "droppedCalls");
    add(draft, "threads missed", completeness.threadsMissed(), "threadsMissed");
    add(draft, "other reasons for doubt", completeness.notes().size(), "notes");
    return draft
        .confidence(Confidence.high("the capture says so itself"))
        .advise(
            "Do not quote counts of this run. Record fewer processes or for a shorter time, or take"
                + " the level light; trapline doctor says whether a better source works.",
            "capture complete");
  }

  private static void add(Draft draft, String figure, long value, String field) {
    if (value > 0) {
      draft.figure(figure, value, "count", "run.json, completeness." + field);
    }
  }

  private static Optional<Finding> ioUring(Draft draft, RunView view, List<Trial> trials) {
    long operations = 0;
    long calls = 0;
    for (Trial trial : trials) {
      SortedMap<String, Long> submitted = trial.kernelActivity().ioUringOperations();
      if (submitted != null) {
        operations += submitted.values().stream().mapToLong(Long::longValue).sum();
      }
    }
    for (Side side : view.sides()) {
      if (side.trials().stream().anyMatch(trials::contains)) {
        calls += side.total().calls();
      }
    }
    if (operations < FEWEST_HIDDEN || operations < HIDDEN_SHARE * calls) {
      return Optional.empty();
    }
    draft.figure(
        "operations submitted to io_uring",
        operations,
        "count",
        "run.json, kernelActivity.ioUringOperations");
    if (calls > 0) {
      draft.figure("for one syscall", (double) operations / calls, "ratio", "tallies: all calls");
    }
    return draft
        .confidence(Confidence.high("the submissions were counted"))
        .advise(
            "Read io_uring_enter as the door to these operations: their work is in it, in io_uring's"
                + " own threads, or in softirqs. Compare CPU time, not calls, with programs that use"
                + " plain syscalls.",
            "nothing: io_uring is no fault");
  }

  private static Optional<Finding> emulated(Draft draft, RunView view, List<Trial> trials) {
    String environment = trials.getFirst().environment();
    if (!view.run().isEmulated(environment)) {
      return Optional.empty();
    }
    return draft
        .figure(
            "trials in an emulated guest (" + EnvironmentFacts.EMULATED + ")",
            trials.size(),
            "count",
            "run.json, environments[" + environment + "].emulated")
        .confidence(Confidence.high("the accelerator was tried and found not to work"))
        .advise(
            "Take counts and their order from it, never times or speeds. Use a machine whose"
                + " /dev/kvm runs guests: trapline doctor boots one to see.",
            "environments that are not marked");
  }

  private static List<Finding> observer(RunView view) {
    List<Finding> findings = new ArrayList<>();
    for (TestAnalysis test : view.tests()) {
      RatioInterval ratio = test.observation();
      if (ratio == null
          || ratio.low() == null
          || ratio.high() == null
          || ratio.admits(1)
          || Math.abs(ratio.estimate() - 1) < NOTICEABLE) {
        continue;
      }
      String source =
          "trials of " + test.test() + " in " + test.environment() + ", traced / control";
      new Draft(
              "observer-effect",
              "Being watched changed what was measured.",
              view,
              new Where(test.environment(), test.test(), null),
              true)
          .figure("traced over untraced", ratio.estimate(), "ratio", source)
          .figure("at least", ratio.low(), "ratio", source)
          .figure("at most", ratio.high(), "ratio", source)
          .confidence(Confidence.high("the interval of the ratio leaves out 1"))
          .advise(
              "Quote the untraced trials' results; take times per call as an upper limit. --level"
                  + " light costs less; counts stay right at either level.",
              "an interval that has 1 in it, or a ratio nearer to it")
          .ifPresent(findings::add);
    }
    return findings;
  }

  private static Optional<Finding> tooFew(Draft draft, RunView view) {
    boolean few = false;
    for (TestAnalysis test : view.tests()) {
      MedianInterval figure = test.control() == null ? test.traced() : test.control();
      if (figure != null && figure.n() < ENOUGH) {
        draft.figure(
            "trials of " + test.test() + " in " + test.environment(),
            figure.n(),
            "count",
            "run.json, trials");
        few = true;
      }
    }
    if (!few) {
      return Optional.empty();
    }
    return draft
        .confidence(Confidence.high("the trials were counted"))
        .advise(
            "Repeat more often: six trials are the fewest whose interval holds the median with 95%"
                + " confidence, ten make it narrow. trapline bench --repeats 6",
            "intervals with 96.9% confidence");
  }

  private static Optional<Finding> drift(Draft draft, RunView view, List<Trial> trials) {
    boolean hasControls = trials.stream().anyMatch(trial -> !trial.traced());
    List<Double> order = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    trials.stream()
        .filter(trial -> trial.traced() != hasControls)
        .sorted(Comparator.comparingInt(Trial::order))
        .forEach(trial -> {
          Double value = figure(trial.outcome());
          if (value != null) {
            order.add((double) trial.order());
            values.add(value);
          }
        });
    if (values.size() < FEWEST_IN_ORDER) {
      return Optional.empty();
    }
    Optional<Spearman> trend = Spearman.of(order, values);
    int third = Math.max(1, values.size() / 3);
    double early = MedianInterval.of(values.subList(0, third)).median();
    double late = MedianInterval.of(values.subList(values.size() - third, values.size())).median();
    if (trend.isEmpty()
        || trend.get().p() > SIGNIFICANT
        || early <= 0
        || Math.abs(late / early - 1) < NOTICEABLE) {
      return Optional.empty();
    }
    String source = "run.json, trials: outcome by order";
    return draft
        .figure("last third over first third", late / early, "ratio", source)
        .figure("rank correlation of result and order", trend.get().rho(), "ratio", source)
        .figure("probability of such an order by chance", trend.get().p(), "share", source)
        .confidence(
            Confidence.medium(
                "the order is unlikely by chance, but every test of every run has such a chance"))
        .advise(
            "Look for what changes with time: a clock rate (turbostat, scaling_governor), heat, page"
                + " cache, other guests of the same host. Compare only trials that were interleaved,"
                + " as those of one run are.",
            "no trend over the trials");
  }

  private static @Nullable Double figure(@Nullable Outcome outcome) {
    return switch (outcome) {
      case Throughput throughput -> throughput.goodput().bitsPerSecond();
      case BidirectionalThroughput both -> both.goodput().bitsPerSecond();
      case Latency latency -> latency.halfRoundTripNanos(latency.meanNanos());
      case null, default -> null;
    };
  }

  private static Optional<Finding> steal(Draft draft, RunView view, List<Trial> trials) {
    String told = view.run().provenance().machine().get("cpus");
    int cpus = told != null && told.matches("[0-9]{1,6}") ? Integer.parseInt(told) : 1;
    long stolen = 0;
    double elapsed = 0;
    for (Trial trial : trials) {
      Long nanos = trial.machine().stealNanos();
      Long duration = trial.durationNanos();
      if (nanos != null && duration != null) {
        stolen += nanos;
        elapsed += duration;
      }
    }
    if (stolen < LEAST_STOLEN_NANOS || stolen < STOLEN * elapsed * cpus) {
      return Optional.empty();
    }
    return draft
        .figure("stolen", stolen, "ns", "run.json, machine.stealNanos")
        .figure(
            "of the CPUs' time",
            Math.min(1, stolen / (elapsed * cpus)),
            "share",
            "run.json, machine.stealNanos / (durationNanos x cpus)")
        .confidence(Confidence.high("/proc/stat counts it, in ticks of 10 ms"))
        .advise(
            "Times of this run have the neighbours' load in them. Use a machine of your own, CPUs"
                + " that are yours (dedicated or pinned vCPUs), or another hour; trust counts and"
                + " ratios of interleaved trials before times.",
            "hardly any time stolen");
  }
}
