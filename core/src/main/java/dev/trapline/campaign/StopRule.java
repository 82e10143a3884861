// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.statistics.MedianInterval;
import java.util.Collection;
import java.util.Locale;

/// When enough is known of a test in an environment: the interval of the median of its untraced
/// outcomes is narrow. It is asked between blocks only, and of finished trials only, so that a
/// campaign that was broken off goes on as it would have.
///
/// A rule that looks at the data and then stops makes intervals a little too narrow. That it was
/// used is therefore in the run's settings.
///
/// @param within half of the interval's width, as a part of the median: 0.05 for 5%
/// @param confidence that the interval must really have, which takes 6 trials for 95%
public record StopRule(double within, double confidence) {
  /// Checks the ranges.
  public StopRule {
    if (!(within > 0 && within < 1 && confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException("within " + within + " with " + confidence);
    }
  }

  /// Whether these outcomes are enough.
  public boolean isMet(Collection<Double> outcomes) {
    if (outcomes.isEmpty()) {
      return false;
    }
    MedianInterval interval = MedianInterval.of(outcomes, confidence);
    return interval.low() != null
        && interval.high() != null
        && interval.confidence() != null
        && interval.confidence() >= confidence
        && interval.median() > 0
        && (interval.high() - interval.low()) / 2 <= within * interval.median();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "within %s%% with %s%% confidence", percent(within), percent(confidence));
  }

  private static String percent(double part) {
    return java.math.BigDecimal.valueOf(part)
        .movePointRight(2)
        .stripTrailingZeros()
        .toPlainString();
  }
}
