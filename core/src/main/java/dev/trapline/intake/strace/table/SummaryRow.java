// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of a table, or the sum of several. Null is a column that the table does not have.
///
/// @param name the syscall as strace writes it, or [#TOTAL]
/// @param timeNanos of the column `seconds`; wall or system time, which the table does not tell
/// @param wallNanos of the column `wall-total`
record SummaryRow(
    String name,
    @Nullable Long calls,
    @Nullable Long errors,
    @Nullable Long timeNanos,
    @Nullable Long wallNanos) {
  /// What stands for the name in the last row.
  static final String TOTAL = "total";

  /// Larger numbers are no count of calls (at one call per nanosecond a year has 3e16). The bound
  /// keeps sums of rows from running over.
  private static final int MOST_DIGITS = 15;

  private static final int NANO_DIGITS = 9;

  boolean isTotal() {
    return name.equals(TOTAL);
  }

  /// @return null if a number is beyond anything that a computer can have done
  static @Nullable SummaryRow of(EnumMap<SummaryColumn, String> values) {
    for (Map.Entry<SummaryColumn, String> value : values.entrySet()) {
      boolean isNumber = value.getKey().content != SummaryColumn.Content.NAME;
      if (isNumber && value.getValue().length() > MOST_DIGITS) {
        return null;
      }
    }
    String name = values.get(SummaryColumn.SYSCALL);
    Long calls = whole(values.get(SummaryColumn.CALLS));
    Long errors = whole(values.get(SummaryColumn.ERRORS));
    if (name == null || (calls != null && errors != null && errors > calls)) {
      return null;
    }
    return new SummaryRow(
        name,
        calls,
        errors,
        nanos(values.get(SummaryColumn.SECONDS)),
        nanos(values.get(SummaryColumn.WALL_TOTAL)));
  }

  /// Both together under this name.
  ///
  /// @throws ArithmeticException if a sum does not fit
  SummaryRow plus(SummaryRow other) {
    return new SummaryRow(
        name,
        sum(calls, other.calls),
        sum(errors, other.errors),
        sum(timeNanos, other.timeNanos),
        sum(wallNanos, other.wallNanos));
  }

  private static @Nullable Long sum(@Nullable Long left, @Nullable Long right) {
    return left == null || right == null ? null : Long.valueOf(Math.addExact(left, right));
  }

  /// A blank is zero: strace writes no error as nothing.
  private static @Nullable Long whole(@Nullable String value) {
    if (value == null) {
      return null;
    }
    return value.isEmpty() ? 0L : Long.parseLong(value);
  }

  private static @Nullable Long nanos(@Nullable String seconds) {
    if (seconds == null) {
      return null;
    }
    return new BigDecimal(seconds.replace(',', '.'))
        .movePointRight(NANO_DIGITS)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }
}
