// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.TraplineException;
import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.metric.Metric;
import dev.trapline.metric.MetricUnit;
import dev.trapline.statistics.RankSum;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A condition under which a comparison has failed: `latency.p99 > 1.05x`.
///
/// Relative ones (`1.05x`, `5%`) hold b against a by a one-sided exact test of b against 1.05 a;
/// absolute ones (`60us`) hold b's median against the limit by a one-sided sign test (W. J. Dixon
/// and A. M. Mood, Journal of the American Statistical Association 41 (1946), 557-566). They fail
/// if that is shown with p of at most 0.05. A median that is beyond the limit by chance does not
/// fail. There is no adjustment for several: each was named before the trials were seen.
///
/// @param text as given
/// @param metric as given: an id, or one without its test
/// @param operator that is to be refuted
/// @param value the factor of a relative one, otherwise the limit in the metric's unit
/// @param relative whether it is a factor
/// @param unit of an absolute one; null for a relative one
public record Threshold(
    String text,
    String metric,
    Operator operator,
    double value,
    boolean relative,
    @Nullable MetricUnit unit) {
  /// One-sided.
  public static final double SIGNIFICANCE = 0.05;

  private static final double ROUNDING = 1e-9;

  private static final Pattern FORM =
      Pattern.compile(
          "\\s*([^<>=\\s]+(?:"
              + " [^<>=\\s]+)*)\\s*(>=|<=|>|<)\\s*([+-]?[0-9]*\\.?[0-9]+)\\s*([A-Za-z%/]*)\\s*");

  private record Scale(MetricUnit unit, double factor) {}

  private static final Map<String, Scale> UNITS =
      Map.ofEntries(
          Map.entry("", new Scale(MetricUnit.COUNT, 1)),
          Map.entry("ns", new Scale(MetricUnit.NANOSECONDS, 1)),
          Map.entry("us", new Scale(MetricUnit.NANOSECONDS, 1e3)),
          Map.entry("ms", new Scale(MetricUnit.NANOSECONDS, 1e6)),
          Map.entry("s", new Scale(MetricUnit.NANOSECONDS, 1e9)),
          Map.entry("bit/s", new Scale(MetricUnit.BITS_PER_SECOND, 1)),
          Map.entry("kbit/s", new Scale(MetricUnit.BITS_PER_SECOND, 1e3)),
          Map.entry("Mbit/s", new Scale(MetricUnit.BITS_PER_SECOND, 1e6)),
          Map.entry("Gbit/s", new Scale(MetricUnit.BITS_PER_SECOND, 1e9)),
          Map.entry("B", new Scale(MetricUnit.BYTES, 1)),
          Map.entry("KiB", new Scale(MetricUnit.BYTES, 1024)),
          Map.entry("MiB", new Scale(MetricUnit.BYTES, 1 << 20)),
          Map.entry("CPUs", new Scale(MetricUnit.CPUS, 1)));

  /// Which way is a failure.
  public enum Operator {
    /// b above.
    ABOVE(">"),
    /// b above or the same.
    AT_LEAST(">="),
    /// b below.
    BELOW("<"),
    /// b below or the same.
    AT_MOST("<=");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }

    /// As written.
    public String symbol() {
      return symbol;
    }

    boolean isUpwards() {
      return this == ABOVE || this == AT_LEAST;
    }

    boolean holds(double one, double other) {
      return switch (this) {
        case ABOVE -> one > other;
        case AT_LEAST -> one >= other;
        case BELOW -> one < other;
        case AT_MOST -> one <= other;
      };
    }

    static Operator of(String symbol) {
      for (Operator operator : values()) {
        if (operator.symbol.equals(symbol)) {
          return operator;
        }
      }
      throw new IllegalArgumentException(symbol);
    }
  }

  /// What came of it in one row of one pair.
  ///
  /// @param outcome whether it failed
  /// @param p one-sided; null if there is nothing to test
  /// @param leastP the least that so many trials can have; null if there is nothing to test
  public record Judged(
      Threshold threshold,
      Pair pair,
      ComparisonRow row,
      Outcome outcome,
      @Nullable Double p,
      @Nullable Double leastP) {}

  /// Whether a condition has failed.
  public enum Outcome {
    /// It is shown that the value is beyond.
    FAILED,
    /// It is not shown.
    PASSED,
    /// No trials whatsoever, so few as these, could show it.
    UNDECIDABLE
  }

  /// Reads one.
  ///
  /// @throws TraplineException `COMPARE-THRESHOLD`
  public static Threshold parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw invalid(text, "is not METRIC OPERATOR VALUE");
    }
    double number = Double.parseDouble(matcher.group(3));
    String unit = matcher.group(4);
    Operator operator = Operator.of(matcher.group(2));
    String metric = matcher.group(1);
    if (unit.equals("x") || unit.equals("%")) {
      double factor = unit.equals("x") ? number : 1 + number / 100;
      if (!(factor >= 0)) {
        throw invalid(text, "compares with less than nothing");
      }
      return new Threshold(text, metric, operator, factor, true, null);
    }
    Scale scale = UNITS.get(unit);
    if (scale == null) {
      throw invalid(text, "has the unit '" + unit + "', which is none of those known");
    }
    return new Threshold(text, metric, operator, number * scale.factor(), false, scale.unit());
  }

  private static TraplineException invalid(String text, String what) {
    return new TraplineException(
        "COMPARE-THRESHOLD",
        "the condition '" + text + "' " + what + "; nothing was compared.",
        "such as --fail-if 'latency.p99 > 1.05x', 'throughput.goodput < -5%', 'latency.mean >"
            + " 60us' or 'latency.server.calls > 4'");
  }

  /// Judges it in every pair and every test that has the metric.
  ///
  /// @throws TraplineException `COMPARE-METRIC` if none has it, `COMPARE-THRESHOLD` if its unit is
  ///   not the metric's
  public List<Judged> judge(Comparison comparison) {
    List<Judged> judged = new ArrayList<>();
    TreeSet<String> known = new TreeSet<>();
    for (Pair pair : comparison.pairs()) {
      for (ComparisonRow row : pair.rows()) {
        known.add(row.metric().id());
        if (means(row.metric())) {
          judged.add(judge(pair, row));
        }
      }
    }
    if (judged.isEmpty()) {
      List<String> near =
          known.stream()
              .filter(id -> id.contains(metric.substring(metric.lastIndexOf('.') + 1)))
              .limit(4)
              .toList();
      throw new TraplineException(
          "COMPARE-METRIC",
          "there is no metric '"
              + metric
              + "' in this comparison, so '"
              + text
              + "' cannot be decided.",
          (near.isEmpty() ? "" : "perhaps " + String.join(", ", near) + "; ")
              + "trapline compare --json lists all under \"metric\"");
    }
    return judged;
  }

  private boolean means(Metric candidate) {
    String id = candidate.id();
    String test = candidate.test();
    String name = id.substring(test.length() + 1);
    int shape = test.indexOf('(');
    String plainTest = shape < 0 ? test : test.substring(0, shape);
    return metric.equals(id) || metric.equals(name) || metric.equals(plainTest + "." + name);
  }

  private Judged judge(Pair pair, ComparisonRow row) {
    if (unit != null && unit != row.metric().unit()) {
      throw new TraplineException(
          "COMPARE-THRESHOLD",
          "the condition '"
              + text
              + "' is in "
              + unit.symbol()
              + ", and "
              + row.metric().id()
              + " in "
              + row.metric().unit().symbol()
              + "; nothing can be decided.",
          "give the limit in the metric's unit, or as a factor such as 1.05x");
    }
    List<Double> b = row.b().values();
    if (b.isEmpty() || (relative && row.a().values().isEmpty())) {
      return new Judged(this, pair, row, Outcome.UNDECIDABLE, null, null);
    }
    double p;
    double least;
    if (relative) {
      List<Double> limits = row.a().values().stream().map(each -> each * value).toList();
      RankSum test = RankSum.of(b, limits);
      p = operator.isUpwards() ? test.pGreater() : test.pLess();
      least = RankSum.smallestP(b.size(), limits.size()) / 2;
    } else {
      long beyond = b.stream().filter(each -> operator.holds(each, value)).count();
      p = signP(b.size(), beyond);
      least = signP(b.size(), b.size());
    }
    Outcome outcome =
        least > SIGNIFICANCE + ROUNDING
            ? Outcome.UNDECIDABLE
            : p <= SIGNIFICANCE + ROUNDING ? Outcome.FAILED : Outcome.PASSED;
    return new Judged(this, pair, row, outcome, p, least);
  }

  /// P(B >= k) with B binomial of n and 1/2.
  private static double signP(int n, long atLeast) {
    double probability = Math.pow(0.5, n);
    double sum = 0;
    for (int k = 0; k <= n; k++) {
      if (k >= atLeast) {
        sum += probability;
      }
      probability *= (double) (n - k) / (k + 1);
    }
    return Math.min(1, sum);
  }
}
