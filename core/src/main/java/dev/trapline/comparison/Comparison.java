// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import java.util.List;

/// What was set side by side, and what came of it. One baseline against each other side.
///
/// @param form environments of one run, or runs before and after a change
/// @param pairs the baseline first in each; never empty
/// @param marks what every output must say: emulation, incomplete captures that were allowed
/// @param notes what a reader should know besides: differing machines, versions, left-out tests
public record Comparison(Form form, List<Pair> pairs, List<String> marks, List<String> notes) {
  /// The published name of its JSON.
  public static final String SCHEMA = "trapline.compare/1";

  /// What the sides are.
  public enum Form {
    /// Environments of one run, interleaved on one machine.
    ENVIRONMENTS,
    /// The same environment in several runs: before and after. The only place where figures of two
    /// runs are divided by each other, because the user asked for it.
    RUNS
  }

  /// Keeps copies.
  public Comparison {
    pairs = List.copyOf(pairs);
    marks = List.copyOf(marks);
    notes = List.copyOf(notes);
  }

  /// Two sides.
  ///
  /// @param a the baseline
  /// @param b what is held against it
  /// @param rows outcomes first, then what explains most work time
  /// @param signatures calls per message of each side of the workload
  public record Pair(Side a, Side b, List<ComparisonRow> rows, List<SignatureDiff> signatures) {
    /// Keeps copies.
    public Pair {
      rows = List.copyOf(rows);
      signatures = List.copyOf(signatures);
    }
  }

  /// One side.
  ///
  /// @param name as it is printed: the environment, or the run and the environment
  /// @param run the run's directory as the user named it; empty if it has none
  /// @param environment as trials have it
  /// @param emulated whether its figures stand for nothing but themselves
  /// @param incomplete whether a capture of it lost something
  /// @param provenance of its run: versions, kernel, CPU, when, in a line
  public record Side(
      String name,
      String run,
      String environment,
      boolean emulated,
      boolean incomplete,
      String provenance) {}
}
