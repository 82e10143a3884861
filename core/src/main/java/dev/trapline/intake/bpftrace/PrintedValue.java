// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

/// What stands behind one key of a printed map.
///
/// @param number the number itself; of statistics and histograms how many values they are of
/// @param total of statistics the sum of their values; otherwise 0
record PrintedValue(Kind kind, long number, long total) {
  enum Kind {
    /// `count()`, `sum()`, `min()`, `max()` or a plain number: they are printed alike, and as text
    /// `avg()` is too.
    NUMBER,
    /// `stats()`.
    STATISTICS,
    /// `hist()` or `lhist()`, of which only the number of values is kept.
    HISTOGRAM,
    /// `avg()`, which only JSON tells apart.
    AVERAGE,
    /// A string, a tuple, a stack, a number beyond 63 bits: nothing that can be counted.
    OTHER
  }

  static final PrintedValue OTHER = new PrintedValue(Kind.OTHER, 0, 0);

  static PrintedValue ofNumber(long number) {
    return new PrintedValue(Kind.NUMBER, number, 0);
  }
}
