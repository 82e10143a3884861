// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.comparison.Comparer.Ground;
import dev.trapline.comparison.ComparisonRow.Group;
import dev.trapline.comparison.ComparisonRow.Verdict;
import dev.trapline.metric.Metric;
import dev.trapline.metric.Metric.Family;
import dev.trapline.metric.TrialMetrics;
import dev.trapline.statistics.Bootstrap;
import dev.trapline.statistics.CliffsDelta;
import dev.trapline.statistics.Drift;
import dev.trapline.statistics.Holm;
import dev.trapline.statistics.Interval;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.Outliers;
import dev.trapline.statistics.RankSum;
import dev.trapline.statistics.RatioInterval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The rows of one pair of sides.
final class PairRows {
  /// A kind of call below this share of its side's calls and work, on both sides, has no row.
  private static final double WORTH_A_ROW = 0.001;

  /// A rank interval of more is not asked for: its work grows with the square.
  private static final int MOST_RANKED_PAIRS = 2500;

  private static final String VHOST_CPU = ".cpu.vhost-worker";
  private static final String KSOFTIRQD = ".machine.ksoftirqd";

  /// A test under its names on both sides, which differ where a run has several of its kind.
  record SharedTest(String a, String b) {}

  private final Ground a;
  private final Ground b;
  private final List<SharedTest> tests;
  private final boolean kindsComparable;
  private final Set<String> notes = new LinkedHashSet<>();

  PairRows(Ground a, Ground b, List<SharedTest> tests, boolean kindsComparable) {
    this.a = a;
    this.b = b;
    this.tests = tests;
    this.kindsComparable = kindsComparable;
  }

  /// What making the rows brought up.
  Set<String> notes() {
    return notes;
  }

  /// One row before it is known how many there are.
  private record Draft(
      Metric metric,
      Group a,
      Group b,
      @Nullable RankSum test,
      @Nullable Double explained,
      @Nullable Double share) {}

  /// Rows that are one question: the outcomes of a test; the costs of one side of it; its details.
  private record Table(String test, String subject, Family family) {
    static Table of(Metric metric) {
      return new Table(metric.test(), metric.subject(), metric.family());
    }
  }

  /// Outcomes, then costs in all, then kinds; by what explains most work time.
  List<ComparisonRow> rows() {
    List<Draft> drafts = new ArrayList<>();
    for (SharedTest test : tests) {
      drafts.addAll(drafts(test));
    }
    Map<Table, List<Double>> adjusted = adjusted(drafts);
    Map<Table, Integer> next = new HashMap<>();
    Map<Table, Integer> sizes = new HashMap<>();
    adjusted.forEach((table, values) -> sizes.put(table, values.size()));
    List<ComparisonRow> rows = new ArrayList<>();
    for (Draft draft : drafts) {
      Table table = Table.of(draft.metric());
      Double p = null;
      if (draft.test() != null) {
        int at = next.merge(table, 1, Integer::sum) - 1;
        p = Objects.requireNonNull(adjusted.get(table)).get(at);
      }
      rows.add(row(draft, p, sizes.getOrDefault(table, 0)));
    }
    rows.sort(
        Comparator.comparing((ComparisonRow row) -> row.metric().test(), Comparator.reverseOrder())
            .thenComparing(row -> row.metric().family())
            .thenComparing(
                row -> row.explainedNanos() == null ? -1 : Math.abs(row.explainedNanos()),
                Comparator.reverseOrder()));
    return rows;
  }

  private static Map<Table, List<Double>> adjusted(List<Draft> drafts) {
    Map<Table, List<Double>> raw = new HashMap<>();
    for (Draft draft : drafts) {
      if (draft.test() != null) {
        raw.computeIfAbsent(Table.of(draft.metric()), unseen -> new ArrayList<>())
            .add(draft.test().p());
      }
    }
    raw.replaceAll((_, values) -> Holm.adjusted(values));
    return raw;
  }

  // ---- one test ------------------------------------------------------------------------

  private List<Draft> drafts(SharedTest test) {
    List<TrialMetrics> ofA = a.ofTest(test.a());
    List<TrialMetrics> ofB = b.ofTest(test.b());
    boolean controls = hasControl(ofA) && hasControl(ofB);
    if (!controls) {
      notes.add(
          "Outcomes of "
              + test.a()
              + " are of traced trials: "
              + (hasControl(ofA) || hasControl(ofB) ? "one side has" : "there are")
              + " no control trials, so what watching cost is in them.");
    }
    Map<String, Metric> metrics = new HashMap<>();
    Set<String> names = new TreeSet<>();
    collect(metrics, names, a.metrics().metrics().values(), test.a());
    collect(metrics, names, b.metrics().metrics().values(), test.b());
    Map<String, Sample[]> groups = new HashMap<>();
    for (String name : names) {
      Metric metric = Objects.requireNonNull(metrics.get(name));
      if (metric.kind() != null && !kindsComparable) {
        continue;
      }
      boolean traced = metric.traced() || !controls;
      groups.put(
          name,
          new Sample[] {
            sample(ofA, test.a() + name, traced), sample(ofB, test.b() + name, traced)
          });
    }
    Map<String, Double> work = workDifferences(groups);
    double allWork = work.values().stream().mapToDouble(Math::abs).sum();
    List<Draft> drafts = new ArrayList<>();
    for (String name : names) {
      Sample[] pair = groups.get(name);
      Metric metric = Objects.requireNonNull(metrics.get(name));
      if (pair == null || isNothing(pair) || !isWorthARow(metric, groups, pair)) {
        continue;
      }
      Double explained = explained(metric, name, work, groups);
      drafts.add(
          new Draft(
              metric,
              group(metric, pair[0]),
              group(metric, pair[1]),
              pair[0].values().isEmpty() || pair[1].values().isEmpty()
                  ? null
                  : RankSum.of(pair[1].values(), pair[0].values()),
              explained,
              explained == null || allWork == 0
                  ? null
                  : Double.valueOf(Math.abs(explained) / allWork)));
    }
    drafts.sort(Comparator.comparing(draft -> order(draft.metric())));
    return drafts;
  }

  /// Mean before percentiles before the largest, p50 before p99.9; otherwise by name.
  private static String order(Metric metric) {
    String name = metric.id();
    return name.endsWith(".mean") ? " " : name.endsWith(".max") ? "~" : name;
  }

  private static void collect(
      Map<String, Metric> metrics, Set<String> names, Iterable<Metric> all, String test) {
    for (Metric metric : all) {
      if (metric.test().equals(test)) {
        String name = metric.id().substring(test.length());
        names.add(name);
        metrics.putIfAbsent(name, metric);
      }
    }
  }

  private static boolean hasControl(List<TrialMetrics> trials) {
    return trials.stream().anyMatch(trial -> !trial.trial().traced());
  }

  /// One side's values before it is known whether they make a row: most kinds of calls do not.
  private record Sample(List<String> trials, List<Double> values, @Nullable Double median) {}

  private static Sample sample(List<TrialMetrics> trials, String id, boolean traced) {
    List<String> ids = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (TrialMetrics trial : trials) {
      Double value = trial.trial().traced() == traced ? trial.value(id) : null;
      if (value != null) {
        ids.add(trial.trial().id());
        values.add(value);
      }
    }
    return new Sample(
        ids, values, values.isEmpty() ? null : Double.valueOf(MedianInterval.of(values).median()));
  }

  private static Group group(Metric metric, Sample sample) {
    List<Double> values = sample.values();
    if (values.isEmpty()) {
      return new Group(sample.trials(), values, null, null, null, null, List.of());
    }
    boolean watched = metric.family() != Family.DETAIL;
    return new Group(
        sample.trials(),
        values,
        sample.median(),
        values.size() < 2 ? null : Bootstrap.ofMedian(values),
        MedianInterval.of(values),
        watched ? Drift.of(values).orElse(null) : null,
        watched ? Outliers.in(values).stream().map(sample.trials()::get).toList() : List.of());
  }

  private static boolean isNothing(Sample[] pair) {
    for (Sample group : pair) {
      for (double value : group.values()) {
        if (value != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isWorthARow(Metric metric, Map<String, Sample[]> groups, Sample[] pair) {
    String kind = metric.kind();
    if (kind == null) {
      return true;
    }
    String side = "." + metric.subject();
    for (int at = 0; at < pair.length; at++) {
      for (String what : List.of(".calls", ".work")) {
        Double ofKind = median(groups, side + what + "." + kind, at);
        Double all = median(groups, side + what, at);
        if (ofKind != null && all != null && ofKind > 0 && ofKind >= WORTH_A_ROW * all) {
          return true;
        }
      }
    }
    return false;
  }

  private static @Nullable Double median(Map<String, Sample[]> groups, String name, int at) {
    Sample[] pair = groups.get(name);
    return pair == null ? null : pair[at].median();
  }

  // ---- what explains the work time -----------------------------------------------------

  /// By how much b's work time per unit of work is above a's, for each party that works: kinds of
  /// calls of each side, vhost workers, ksoftirqd. Waiting is no work. Softirqs within calls are in
  /// the calls' work already.
  private static Map<String, Double> workDifferences(Map<String, Sample[]> groups) {
    Map<String, Double> work = new HashMap<>();
    groups.forEach((name, pair) -> {
      boolean party = name.contains(".work.") || name.endsWith(VHOST_CPU) || name.equals(KSOFTIRQD);
      Double one = pair[0].median();
      Double two = pair[1].median();
      if (party && one != null && two != null) {
        work.put(name, two - one);
      }
    });
    return work;
  }

  private static @Nullable Double explained(
      Metric metric, String name, Map<String, Double> work, Map<String, Sample[]> groups) {
    if (metric.kind() != null) {
      return work.get("." + metric.subject() + ".work." + metric.kind());
    }
    Double party = work.get(name);
    if (party != null) {
      return party;
    }
    String total = "." + metric.subject() + ".work";
    if (!name.equals(total) && !name.equals("." + metric.subject() + ".calls")) {
      return null;
    }
    Double one = median(groups, total, 0);
    Double two = median(groups, total, 1);
    return one == null || two == null ? null : Double.valueOf(two - one);
  }

  // ---- one row -------------------------------------------------------------------------

  private static ComparisonRow row(Draft draft, @Nullable Double adjusted, int familySize) {
    Group a = draft.a();
    Group b = draft.b();
    Double one = a.median();
    Double two = b.median();
    Double ratio = one == null || two == null || !(one > 0) ? null : Double.valueOf(two / one);
    boolean repeated = a.n() > 1 && b.n() > 1;
    boolean allPositive = a.values().stream().allMatch(value -> value > 0);
    Interval interval =
        ratio == null || !allPositive || !repeated
            ? null
            : Bootstrap.ofMedianRatio(b.values(), a.values());
    boolean ranked =
        ratio != null
            && allPositive
            && b.values().stream().allMatch(value -> value > 0)
            && (long) a.n() * b.n() <= MOST_RANKED_PAIRS;
    RankSum test = draft.test();
    Verdict verdict = verdict(draft, adjusted);
    return new ComparisonRow(
        draft.metric(),
        a,
        b,
        ratio,
        interval,
        ranked ? RatioInterval.of(b.values(), a.values()) : null,
        test == null || !repeated ? null : CliffsDelta.of(b.values(), a.values()),
        test,
        adjusted,
        verdict,
        draft.explained(),
        draft.share(),
        reason(draft, verdict, adjusted, familySize),
        notes(a, b));
  }

  private static Verdict verdict(Draft draft, @Nullable Double adjusted) {
    RankSum test = draft.test();
    if (test == null || adjusted == null) {
      return Verdict.UNKNOWN;
    }
    double first = draft.a().values().getFirst();
    if (draft.a().values().stream().allMatch(value -> value == first)
        && draft.b().values().stream().allMatch(value -> value == first)) {
      return Verdict.SAME;
    }
    if (!(adjusted < ComparisonRow.SIGNIFICANCE)) {
      return Verdict.NOT_SHOWN;
    }
    return test.u() * 2 > (double) test.nFirst() * test.nSecond() ? Verdict.HIGHER : Verdict.LOWER;
  }

  private static String reason(
      Draft draft, Verdict verdict, @Nullable Double adjusted, int familySize) {
    RankSum test = draft.test();
    if (test == null || adjusted == null) {
      return "no figure of " + (draft.a().n() == 0 ? draft.b().n() == 0 ? "either" : "a" : "b");
    }
    String sizes =
        test.nFirst() == test.nSecond()
            ? "n = " + test.nFirst()
            : "n = " + test.nSecond() + " against " + test.nFirst();
    String family = familySize == 1 ? "" : " after Holm over " + familySize + " rows";
    return switch (verdict) {
      case SAME -> "every value is the same (" + sizes + ")";
      case HIGHER, LOWER ->
          verdict.word() + " (" + sizes + ", " + probability(adjusted) + family + ")";
      case NOT_SHOWN -> {
        double least = test.smallestP();
        if (least >= ComparisonRow.SIGNIFICANCE) {
          yield "no difference can be shown ("
              + sizes
              + "; p is at least "
              + number(least)
              + ")"
              + apart(test);
        }
        if (least * familySize >= ComparisonRow.SIGNIFICANCE) {
          yield "no difference can be shown ("
              + sizes
              + "; p is at least "
              + number(least)
              + ", times "
              + familySize
              + " rows)"
              + apart(test);
        }
        yield "no difference is shown (" + sizes + ", " + probability(adjusted) + family + ")";
      }
      case UNKNOWN -> "not known";
    };
  }

  private static String apart(RankSum test) {
    if (test.nFirst() < 2 || test.nSecond() < 2) {
      return "";
    }
    double pairs = (double) test.nFirst() * test.nSecond();
    return test.u() == pairs
        ? ", though all of one are above all of the other"
        : test.u() == 0 ? ", though all of one are below all of the other" : "";
  }

  private static String probability(double p) {
    return p < 0.0001 ? "p < 0.0001" : "p = " + number(p);
  }

  private static String number(double p) {
    return String.format(Locale.ROOT, p < 0.001 ? "%.1g" : "%.2g", p);
  }

  private static List<String> notes(Group a, Group b) {
    List<String> notes = new ArrayList<>();
    addNotes(notes, "a", a);
    addNotes(notes, "b", b);
    return notes;
  }

  private static void addNotes(List<String> notes, String side, Group group) {
    Drift drift = group.drift();
    if (drift != null && drift.p() < ComparisonRow.SIGNIFICANCE) {
      notes.add(
          side
              + " "
              + (drift.tau() > 0 ? "rises" : "falls")
              + " over its "
              + drift.n()
              + " trials (Mann-Kendall "
              + probability(drift.p())
              + ")");
    }
    if (!group.outliers().isEmpty()) {
      notes.add(side + " has outliers: " + String.join(", ", group.outliers()));
    }
  }
}
