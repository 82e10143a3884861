// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.comparison;

import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.comparison.ComparisonRow;
import dev.trapline.comparison.Threshold;
import dev.trapline.metric.Metric;
import dev.trapline.metric.MetricUnit;
import dev.trapline.report.Quantity;
import dev.trapline.statistics.CliffsDelta;
import dev.trapline.statistics.Interval;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Rows in sentences, and figures as they are printed.
public final class ComparisonWords {
  private ComparisonWords() {}

  /// A figure in its unit, `-` if it is unknown.
  public static String value(MetricUnit unit, @Nullable Double value) {
    if (value == null) {
      return Quantity.UNKNOWN;
    }
    return switch (unit) {
      case NANOSECONDS -> Quantity.nanos(value.doubleValue());
      case BITS_PER_SECOND -> Quantity.bitRate(value);
      case BYTES -> Quantity.bytes(value);
      case COUNT, CPUS -> value == 0 ? "0" : Quantity.significant(value);
    };
  }

  /// `x1.05`, `-` if there is none.
  public static String ratio(@Nullable Double ratio) {
    return ratio == null ? Quantity.UNKNOWN : "x" + plainRatio(ratio);
  }

  static String plainRatio(double ratio) {
    return ratio == 0 ? "0" : Quantity.significant(ratio);
  }

  static String ratioWithInterval(ComparisonRow row) {
    Double ratio = row.ratio();
    Interval interval = row.ratioInterval();
    if (ratio == null) {
      return Quantity.UNKNOWN;
    }
    return interval == null
        ? ratio(ratio)
        : String.format(
            Locale.ROOT,
            "%s [%s,%s]",
            shortRatio(ratio),
            shortRatio(interval.low()),
            shortRatio(interval.high()));
  }

  private static String shortRatio(double ratio) {
    if (ratio > 0 && ratio < 0.005) {
      return "<.01";
    }
    return ratio >= 100
        ? String.format(Locale.ROOT, "%.0f", ratio)
        : String.format(Locale.ROOT, ratio >= 10 ? "%.1f" : "%.2f", ratio);
  }

  /// A probability in at most six columns.
  public static String probability(@Nullable Double p) {
    if (p == null) {
      return Quantity.UNKNOWN;
    }
    return p < 0.0001 ? "<.0001" : String.format(Locale.ROOT, p < 0.00995 ? "%.4f" : "%.2f", p);
  }

  private static String equation(@Nullable Double p) {
    return p != null && p < 0.0001 ? "p < .0001" : "p = " + probability(p);
  }

  /// What a metric is, with its side and its unit of work: `server VM exits per message`.
  public static String name(Metric metric) {
    return (metric.subject().equals(Metric.OUTCOME) ? "" : metric.subject() + " ")
        + metric.label()
        + (metric.per() == null ? "" : " per " + metric.per());
  }

  /// A row in a sentence.
  public static String sentence(ComparisonRow row, Pair pair) {
    StringBuilder text = new StringBuilder();
    Metric metric = row.metric();
    text.append(capitalised(metric.test()))
        .append(", ")
        .append(name(metric))
        .append(": ")
        .append(medianWithInterval(metric.unit(), row.b()))
        .append(" in ")
        .append(pair.b().name())
        .append(" against ")
        .append(medianWithInterval(metric.unit(), row.a()))
        .append(" in ")
        .append(pair.a().name());
    if (row.ratio() != null) {
      text.append(", ").append(ratio(row.ratio()));
      Interval interval = row.ratioInterval();
      if (interval != null) {
        text.append(" (")
            .append(plainRatio(interval.low()))
            .append(" to ")
            .append(plainRatio(interval.high()))
            .append(')');
      }
    }
    CliffsDelta effect = row.effect();
    if (effect != null) {
      text.append(
          String.format(
              Locale.ROOT,
              ", Cliff's delta %+.2f (%+.2f to %+.2f)",
              effect.delta(),
              effect.low(),
              effect.high()));
    }
    text.append(": ");
    Boolean better = row.isBetter();
    if (better != null) {
      text.append(better ? "better, " : "worse, ");
    }
    return text.append(row.reason()).append('.').toString();
  }

  private static String medianWithInterval(MetricUnit unit, ComparisonRow.Group group) {
    Interval interval = group.interval();
    return value(unit, group.median())
        + (interval == null || group.n() < 2
            ? ""
            : " ("
                + value(unit, Double.valueOf(interval.low()))
                + " to "
                + value(unit, Double.valueOf(interval.high()))
                + ")");
  }

  /// What came of a condition, and why.
  public static String sentence(Threshold.Judged judged) {
    Threshold threshold = judged.threshold();
    ComparisonRow row = judged.row();
    MetricUnit unit = row.metric().unit();
    String sizes =
        threshold.relative()
            ? "n = " + row.b().n() + " against " + row.a().n()
            : "n = " + row.b().n();
    String head =
        switch (judged.outcome()) {
          case FAILED -> "FAILED ";
          case PASSED -> "passed ";
          case UNDECIDABLE -> "UNDECIDABLE ";
        };
    String seen =
        row.metric().id()
            + " is "
            + value(unit, row.b().median())
            + " in "
            + judged.pair().b().name()
            + (threshold.relative()
                ? ", "
                    + value(unit, row.a().median())
                    + " in "
                    + judged.pair().a().name()
                    + (row.ratio() == null ? "" : ", " + ratio(row.ratio()))
                : "");
    String why =
        switch (judged.outcome()) {
          case FAILED -> "beyond the limit, one-sided " + equation(judged.p());
          case PASSED ->
              "that it is beyond the limit is not shown, one-sided " + equation(judged.p());
          case UNDECIDABLE ->
              judged.leastP() == null
                  ? "a side has no figure"
                  : "so few trials cannot show it, p is at least " + probability(judged.leastP());
        };
    return head + threshold.text().strip() + ": " + seen + "; " + why + " (" + sizes + ").";
  }

  static String shown(ComparisonRow row) {
    return switch (row.verdict()) {
      case HIGHER -> "higher";
      case LOWER -> "lower";
      case SAME -> "same";
      case NOT_SHOWN -> "no";
      case UNKNOWN -> Quantity.UNKNOWN;
    };
  }

  static String capitalised(String word) {
    return word.isEmpty()
        ? word
        : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
