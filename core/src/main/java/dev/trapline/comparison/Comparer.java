// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.TraplineException;
import dev.trapline.comparison.Comparison.Form;
import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.comparison.Comparison.Side;
import dev.trapline.metric.RunMetrics;
import dev.trapline.metric.TrialMetrics;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Compares, and refuses what cannot be compared.
public final class Comparer {
  private static final List<String> MACHINE_FACTS_TOLD =
      List.of("kernel", "cpu", "cpus", "architecture", "hypervisor", "clocksource");

  /// The figures of a run and where it is, as the user named it.
  ///
  /// @param name its directory
  public record NamedRun(String name, RunMetrics metrics) {
    /// Of a run with its tallies.
    public NamedRun(String name, Run run) {
      this(name, RunMetrics.of(run));
    }

    /// The run, for its trials and provenance.
    public Run run() {
      return metrics.run();
    }
  }

  /// What the user lets pass, which is then marked.
  ///
  /// @param emulated guests emulated in software against native ones
  /// @param incomplete captures that lost something
  public record Allowed(boolean emulated, boolean incomplete) {
    /// The rule.
    public static final Allowed NOTHING = new Allowed(false, false);

    /// For documents that show everything and mark it.
    public static final Allowed EVERYTHING = new Allowed(true, true);
  }

  /// A side with its figures.
  record Ground(Side side, RunMetrics metrics, List<TrialMetrics> trials) {
    List<TrialMetrics> ofTest(String test) {
      return trials.stream().filter(trial -> trial.test().equals(test)).toList();
    }

    Set<String> tests() {
      Set<String> tests = new LinkedHashSet<>();
      trials.forEach(trial -> tests.add(trial.test()));
      return tests;
    }
  }

  private final Form form;
  private final Allowed allowed;
  private final Set<String> marks = new LinkedHashSet<>();
  private final Set<String> notes = new LinkedHashSet<>();

  private Comparer(Form form, Allowed allowed) {
    this.form = form;
    this.allowed = allowed;
  }

  /// The environments of one run against one of them.
  ///
  /// @param baseline its name; null for the first
  /// @throws TraplineException `COMPARE-ONE-SIDE`, `COMPARE-BASELINE`, `COMPARE-NO-COMMON-TEST`,
  ///   `COMPARE-WORKLOAD`, `COMPARE-UNITS`, `COMPARE-EMULATED`, `COMPARE-INCOMPLETE`
  public static Comparison ofEnvironments(
      NamedRun named, @Nullable String baseline, Allowed allowed) {
    return new Comparer(Form.ENVIRONMENTS, allowed).environments(named, baseline);
  }

  /// The same environments in several runs, against one of the runs. Where each run has one
  /// environment only these are compared whatever they are called.
  ///
  /// @param baseline the name of a run; null for the first
  /// @throws TraplineException as [#ofEnvironments], and `COMPARE-NO-COMMON-ENVIRONMENT`
  public static Comparison ofRuns(List<NamedRun> runs, @Nullable String baseline, Allowed allowed) {
    return new Comparer(Form.RUNS, allowed).runs(runs, baseline);
  }

  /// For a document about one run: everything is let pass and marked; empty if there are no two
  /// environments to compare.
  public static Optional<Comparison> forReport(Run run) {
    return forReport(RunMetrics.of(run));
  }

  /// As [#forReport(Run)], where the run's metrics are at hand.
  public static Optional<Comparison> forReport(RunMetrics metrics) {
    if (metrics.environments().size() < 2) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Comparer(Form.ENVIRONMENTS, Allowed.EVERYTHING)
              .environments(new NamedRun("", metrics), null));
    } catch (TraplineException incomparable) {
      return Optional.empty();
    }
  }

  // ---- sides ---------------------------------------------------------------------------

  private Comparison environments(NamedRun named, @Nullable String baseline) {
    RunMetrics metrics = named.metrics();
    List<String> environments = metrics.environments();
    for (EnvironmentFacts facts : named.run().environments()) {
      if (facts.skipped() != null) {
        notes.add(facts.name() + " was skipped: " + facts.skipped());
      }
    }
    if (baseline != null && !environments.contains(baseline)) {
      throw unknownBaseline(baseline, environments);
    }
    if (environments.size() < 2) {
      throw new TraplineException(
          "COMPARE-ONE-SIDE",
          named.name()
              + " has figures of "
              + (environments.isEmpty() ? "no environment" : environments.getFirst() + " only")
              + "; there is nothing to compare.",
          "name a second run, or make one of several environments: trapline bench --environment"
              + " netns,kvm,kvm-vhost");
    }
    String first = baseline == null ? environments.getFirst() : baseline;
    Ground a = ground(named, metrics, first, first);
    List<Pair> pairs = new ArrayList<>();
    for (String other : environments) {
      if (!other.equals(first)) {
        pairs.add(pair(a, ground(named, metrics, other, other)));
      }
    }
    return done(pairs);
  }

  private Comparison runs(List<NamedRun> runs, @Nullable String baseline) {
    List<String> names = runs.stream().map(NamedRun::name).toList();
    if (baseline != null && !names.contains(baseline)) {
      throw unknownBaseline(baseline, names);
    }
    int baselineAt = baseline == null ? 0 : names.indexOf(baseline);
    NamedRun first = runs.get(baselineAt);
    RunMetrics ofFirst = first.metrics();
    List<Pair> pairs = new ArrayList<>();
    for (int at = 0; at < runs.size(); at++) {
      if (at == baselineAt) {
        continue;
      }
      NamedRun other = runs.get(at);
      RunMetrics ofOther = other.metrics();
      List<String[]> common = common(first, ofFirst, other, ofOther);
      for (String[] environment : common) {
        pairs.add(
            pair(
                ground(first, ofFirst, environment[0], first.name() + " " + environment[0]),
                ground(other, ofOther, environment[1], other.name() + " " + environment[1])));
      }
      tellDifferences(first, other);
    }
    return done(pairs);
  }

  private Comparison done(List<Pair> pairs) {
    return new Comparison(form, pairs, List.copyOf(marks), List.copyOf(notes));
  }

  private List<String[]> common(
      NamedRun first, RunMetrics ofFirst, NamedRun other, RunMetrics ofOther) {
    List<String> these = ofFirst.environments();
    List<String> those = ofOther.environments();
    List<String[]> common = new ArrayList<>();
    for (String environment : these) {
      if (those.contains(environment)) {
        common.add(new String[] {environment, environment});
      }
    }
    if (common.isEmpty() && these.size() == 1 && those.size() == 1) {
      notes.add(
          "The runs have different environments, "
              + these.getFirst()
              + " and "
              + those.getFirst()
              + ": whatever differs may be the machine's state on another day as well. One run"
              + " with both interleaves them.");
      common.add(new String[] {these.getFirst(), those.getFirst()});
    }
    if (common.isEmpty()) {
      throw new TraplineException(
          "COMPARE-NO-COMMON-ENVIRONMENT",
          first.name()
              + " has figures of "
              + listed(these)
              + ", "
              + other.name()
              + " of "
              + listed(those)
              + "; none is in both.",
          "run them in one: trapline bench --environment " + String.join(",", union(these, those)));
    }
    for (String environment : union(these, those)) {
      if (!(these.contains(environment) && those.contains(environment)) && common.size() > 1) {
        notes.add(environment + " is in one of the runs only, and left out.");
      }
    }
    return common;
  }

  private static Set<String> union(List<String> these, List<String> those) {
    Set<String> all = new LinkedHashSet<>(these);
    all.addAll(those);
    return all;
  }

  private Ground ground(NamedRun named, RunMetrics metrics, String environment, String name) {
    Run run = named.run();
    List<Trial> trials =
        run.trials().stream().filter(trial -> trial.environment().equals(environment)).toList();
    boolean allComplete =
        run.trials().stream().allMatch(trial -> trial.completeness().isComplete());
    boolean incomplete =
        trials.stream().anyMatch(trial -> !trial.completeness().isComplete())
            || (allComplete && !run.completeness().isComplete());
    if (incomplete) {
      if (!allowed.incomplete()) {
        throw new TraplineException(
            "COMPARE-INCOMPLETE",
            "the capture of "
                + name
                + " lost something; counts that lack a part would be compared with whole ones.",
            "run it again with less load, or --allow incomplete to have the rows marked");
      }
      marks.add("INCOMPLETE: the capture of " + name + " lost something; its counts are too low.");
    }
    long failed = trials.stream().filter(trial -> trial.outcome() == null).count();
    if (failed > 0) {
      notes.add(failed + " trials of " + name + " failed, and are in no figure.");
    }
    long broken =
        trials.stream()
            .filter(trial -> trial.invariants().stream().anyMatch(result -> !result.holds()))
            .count();
    if (broken > 0) {
      notes.add(
          broken + " trials of " + name + " break an invariant: trapline show has which and how.");
    }
    return new Ground(
        new Side(
            name,
            named.name(),
            environment,
            run.isEmulated(environment),
            incomplete,
            provenance(run.provenance())),
        metrics,
        metrics.trials().stream()
            .filter(trial -> trial.trial().environment().equals(environment))
            .toList());
  }

  private static String provenance(Provenance provenance) {
    List<String> parts = new ArrayList<>();
    parts.add("Trapline " + provenance.traplineVersion());
    parts.add("capture " + provenance.captureSource() + " (" + provenance.captureLevel() + ")");
    for (String fact : List.of("kernel", "cpu")) {
      String value = provenance.machine().get(fact);
      if (value != null) {
        parts.add(fact + " " + value);
      }
    }
    if (provenance.startedAt() != null) {
      parts.add("started " + provenance.startedAt());
    }
    return String.join(", ", parts);
  }

  // ---- what differs besides ------------------------------------------------------------

  private void tellDifferences(NamedRun first, NamedRun other) {
    Provenance before = first.run().provenance();
    Provenance after = other.run().provenance();
    Set<String> facts = new TreeSet<>(MACHINE_FACTS_TOLD);
    before.machine().keySet().stream()
        .filter(fact -> fact.startsWith("mitigation"))
        .forEach(facts::add);
    after.machine().keySet().stream()
        .filter(fact -> fact.startsWith("mitigation"))
        .forEach(facts::add);
    List<String> differing = new ArrayList<>();
    for (String fact : facts) {
      addDifference(differing, fact, before.machine(), after.machine());
    }
    if (!differing.isEmpty()) {
      notes.add(
          "The runs are of different machines or states of one: "
              + String.join("; ", differing)
              + ". Whatever differs may come from that.");
    }
    List<String> ways = new ArrayList<>();
    if (!before.traplineVersion().equals(after.traplineVersion())) {
      ways.add("Trapline " + before.traplineVersion() + " and " + after.traplineVersion());
    }
    if (!before.captureSource().equals(after.captureSource())) {
      ways.add("capture " + before.captureSource() + " and " + after.captureSource());
    }
    if (!before.captureLevel().equals(after.captureLevel())) {
      ways.add("level " + before.captureLevel() + " and " + after.captureLevel());
    }
    Set<String> both = new TreeSet<>(before.tools().keySet());
    both.retainAll(after.tools().keySet());
    both.forEach(tool -> addDifference(ways, tool, before.tools(), after.tools()));
    for (String setting : List.of("duration-seconds", "cpus")) {
      addDifference(ways, setting, before.settings(), after.settings());
    }
    if (!ways.isEmpty()) {
      notes.add("The runs were not made alike: " + String.join("; ", ways) + ".");
    }
    marks.add(
        "TWO RUNS: ratios are across "
            + first.name()
            + " and "
            + other.name()
            + ", because both were named; their trials were not interleaved, so a drift of the"
            + " machine between them looks like a difference.");
  }

  private static void addDifference(
      List<String> differing, String fact, Map<String, String> before, Map<String, String> after) {
    String one = before.get(fact);
    String two = after.get(fact);
    if (!Objects.equals(one, two)) {
      differing.add(
          fact
              + " "
              + (one == null ? "not known" : one)
              + " and "
              + (two == null ? "not known" : two));
    }
  }

  // ---- pairs ---------------------------------------------------------------------------

  private Pair pair(Ground a, Ground b) {
    if (a.side().emulated() != b.side().emulated() && !allowed.emulated()) {
      Side emulated = a.side().emulated() ? a.side() : b.side();
      Side other = a.side().emulated() ? b.side() : a.side();
      throw new TraplineException(
          "COMPARE-EMULATED",
          emulated.name()
              + " is "
              + EnvironmentFacts.EMULATED
              + ", and "
              + other.name()
              + " is native: their ratio says nothing of either.",
          "compare native environments, or --allow emulated to have it marked");
    }
    for (Side side : List.of(a.side(), b.side())) {
      if (side.emulated()) {
        marks.add("EMULATED: " + side.name() + " is " + EnvironmentFacts.EMULATED + ".");
      }
    }
    List<PairRows.SharedTest> shared = sharedTests(a, b);
    boolean kindsComparable =
        a.metrics()
                .run()
                .provenance()
                .captureSource()
                .equals(b.metrics().run().provenance().captureSource())
            && a.metrics()
                .run()
                .provenance()
                .captureLevel()
                .equals(b.metrics().run().provenance().captureLevel());
    if (!kindsComparable) {
      notes.add(
          "Kinds of calls are not compared: two sources or levels of capture tell them apart"
              + " differently.");
    }
    PairRows rows = new PairRows(a, b, shared, kindsComparable);
    List<ComparisonRow> made = rows.rows();
    notes.addAll(rows.notes());
    return new Pair(
        a.side(), b.side(), made, kindsComparable ? Signatures.of(a, b, shared) : List.of());
  }

  private List<PairRows.SharedTest> sharedTests(Ground a, Ground b) {
    List<PairRows.SharedTest> shared = new ArrayList<>();
    TraplineException mismatch = null;
    Set<String> onlyOne = new LinkedHashSet<>();
    for (String test : a.tests()) {
      TrialMetrics one = a.ofTest(test).getFirst();
      List<TrialMetrics> others =
          b.trials().stream()
              .filter(other -> Objects.equals(other.trial().test(), one.trial().test()))
              .toList();
      Optional<TrialMetrics> alike =
          others.stream().filter(other -> other.shape().matches(one.shape())).findFirst();
      if (alike.isPresent()) {
        shared.add(new PairRows.SharedTest(test, alike.get().test()));
        if (!one.shape().commandKnown() || !alike.get().shape().commandKnown()) {
          notes.add(
              "The command line of "
                  + test
                  + " is not known on both sides: that message sizes and streams are the same is"
                  + " taken on trust.");
        }
      } else if (others.isEmpty()) {
        onlyOne.add(test);
      } else if (mismatch == null) {
        mismatch = mismatch(a, b, test, one, others.getFirst());
      }
    }
    if (mismatch != null && (shared.isEmpty() || a.tests().size() == b.tests().size())) {
      throw mismatch;
    }
    if (shared.isEmpty()) {
      throw new TraplineException(
          "COMPARE-NO-COMMON-TEST",
          a.side().name()
              + " has "
              + listed(a.tests())
              + ", "
              + b.side().name()
              + " has "
              + listed(b.tests())
              + "; no test is in both.",
          "run the same tests in both: trapline bench runs throughput and latency");
    }
    if (mismatch != null) {
      notes.add("Left out: " + mismatch.getMessage());
    }
    onlyOne.forEach(test -> notes.add(test + " is in " + a.side().name() + " only, and left out."));
    return shared;
  }

  private static TraplineException mismatch(
      Ground a, Ground b, String test, TrialMetrics one, TrialMetrics other) {
    boolean units = one.shape().unit() != other.shape().unit();
    String fact =
        test
            + " of "
            + a.side().name()
            + " is "
            + one.shape().words()
            + (units ? ", counted by " + one.shape().unit().label() : "")
            + ", of "
            + b.side().name()
            + " "
            + other.shape().words()
            + (units ? ", counted by " + other.shape().unit().label() : "")
            + ": their figures do not compare.";
    return units
        ? new TraplineException(
            "COMPARE-UNITS", fact, "compare runs whose tests have the same unit of work")
        : new TraplineException(
            "COMPARE-WORKLOAD",
            fact,
            "run the same workload on both sides: message size, streams and protocol must match");
  }

  private static TraplineException unknownBaseline(String baseline, List<String> names) {
    return new TraplineException(
        "COMPARE-BASELINE",
        "there is no '" + baseline + "' to compare with; there is " + listed(names) + ".",
        names.isEmpty() ? "name a run with figures" : "--baseline " + names.getFirst());
  }

  private static String listed(java.util.Collection<String> names) {
    return names.isEmpty() ? "nothing" : String.join(", ", names);
  }
}
