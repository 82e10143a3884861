// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// A run as rules look at it: the sides of its tests, summed over the traced trials.
///
/// @param tests of a campaign or an import; empty for a recording
/// @param sides with what was counted
public record RunView(Run run, List<TestAnalysis> tests, List<Side> sides) {
  private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9_./:=,@%+-]+");

  /// Keeps copies.
  public RunView {
    tests = List.copyOf(tests);
    sides = List.copyOf(sides);
  }

  /// All that there is in a run.
  public static RunView of(Run run) {
    return new RunView(run, TestAnalysis.of(run), Side.of(run));
  }

  /// The command that made the run, as a shell takes it: what to repeat after a change.
  public String repeat() {
    StringBuilder command = new StringBuilder("trapline");
    List<String> words = run.provenance().commandLine();
    if (words.isEmpty()) {
      command.append(' ').append(run.provenance().kind());
    }
    for (String word : words) {
      command
          .append(' ')
          .append(
              PLAIN_WORD.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'");
    }
    return command.toString();
  }

  /// The trials that worked, by environment and test; tests of a recording have an empty name.
  Map<Where, List<Trial>> trialsByTest() {
    Map<Where, List<Trial>> byTest = new LinkedHashMap<>();
    for (Trial trial : run.trials()) {
      if (trial.test() == null || trial.outcome() != null) {
        byTest
            .computeIfAbsent(
                new Where(trial.environment(), trial.test(), null), unseen -> new ArrayList<>())
            .add(trial);
      }
    }
    return byTest;
  }
}
