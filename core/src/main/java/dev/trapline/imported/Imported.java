// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.run.RoleTally;
import dev.trapline.run.SourceFile;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What files of others say together; all of a run but who made it.
///
/// @param startedAt the earliest start that a file tells; null if none does
/// @param captureSource the tools whose counts were read, joined by `+`; `none` if there are none
/// @param cannotKnow what no file of counts tells
/// @param tools version lines by tool, where files have them
/// @param warnings what to know before trusting the figures
public record Imported(
    @Nullable Instant startedAt,
    String captureSource,
    List<String> cannotKnow,
    SortedMap<String, String> tools,
    List<String> warnings,
    List<SourceFile> sources,
    Completeness completeness,
    List<Trial> trials,
    List<RoleTally> tallies) {
  /// Keeps unmodifiable copies.
  public Imported {
    cannotKnow = List.copyOf(cannotKnow);
    tools = Collections.unmodifiableSortedMap(new TreeMap<>(tools));
    warnings = List.copyOf(warnings);
    sources = List.copyOf(sources);
    trials = List.copyOf(trials);
    tallies = List.copyOf(tallies);
  }
}
