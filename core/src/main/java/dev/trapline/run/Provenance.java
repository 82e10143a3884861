// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Where a run's figures come from: enough to judge them, and to do the run again.
///
/// @param kind `bench`, `record` or `import`
/// @param traplineVersion of the program that made the run
/// @param commandLine as the user gave it, without the program's name
/// @param startedAt when the first trial began; null if imported files do not tell
/// @param machine facts such as `kernel`, `cpu`, `cpus`, `architecture`, `clocksource`,
///   `hypervisor`, `mitigation.meltdown`; what could not be read is absent
/// @param tools version lines of the tools that ran, by name
/// @param captureSource `ebpf`, `perf`, `strace`; for an import the tools whose counts were read,
///   or `none`
/// @param captureLevel `light` or `full`; `imported` for an import
/// @param captureReason why this source was taken
/// @param cannotKnow what this source never knows, in words
/// @param campaign the plan's name, `quick` or `study`; null for a recording
/// @param seed of the order of trials; null for a recording
/// @param settings durations, repeats and the like, as used
/// @param warnings what the user should know before trusting the figures
/// @param sources the files that an import read; empty for runs of our own
public record Provenance(
    String kind,
    String traplineVersion,
    List<String> commandLine,
    @Nullable Instant startedAt,
    SortedMap<String, String> machine,
    SortedMap<String, String> tools,
    String captureSource,
    String captureLevel,
    String captureReason,
    List<String> cannotKnow,
    @Nullable String campaign,
    @Nullable Long seed,
    SortedMap<String, String> settings,
    List<String> warnings,
    List<SourceFile> sources) {
  /// Keeps unmodifiable copies.
  public Provenance {
    commandLine = List.copyOf(commandLine);
    machine = Collections.unmodifiableSortedMap(new TreeMap<>(machine));
    tools = Collections.unmodifiableSortedMap(new TreeMap<>(tools));
    cannotKnow = List.copyOf(cannotKnow);
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    warnings = List.copyOf(warnings);
    sources = List.copyOf(sources);
  }
}
