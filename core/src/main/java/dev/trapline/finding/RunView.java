// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.RunSums;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A run as rules look at it: the sides of its tests, summed over the traced trials.
///
/// @param tests of a campaign or an import; empty for a recording
/// @param sides with what was counted
public record RunView(Run run, List<TestAnalysis> tests, List<Side> sides) {
  private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9_./:=,@%+-]+");

  private static final Set<String> OUTPUT = Set.of("-o", "--output");

  private static final Set<String> WITH_A_VALUE =
      Set.of("-p", "--pid", "--cgroup", "-d", "--duration", "--by", "--capture", "--level");

  /// Keeps copies.
  public RunView {
    tests = List.copyOf(tests);
    sides = List.copyOf(sides);
  }

  /// All that there is in a run.
  public static RunView of(Run run) {
    RunSums sums = RunSums.of(run);
    return new RunView(run, TestAnalysis.of(sums), Side.of(sums));
  }

  /// The command that made the run, as a shell takes it: what to repeat after a change. Where the
  /// run was kept is left out, since it is there now.
  public String repeat() {
    List<String> words = run.provenance().commandLine();
    StringBuilder command = new StringBuilder("trapline");
    if (words.isEmpty()) {
      command.append(' ').append(run.provenance().kind());
    }
    boolean records = run.provenance().kind().equals("record");
    boolean ours = true;
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      if (ours && OUTPUT.contains(word)) {
        at++;
        continue;
      }
      append(command, word);
      if (ours && WITH_A_VALUE.contains(word) && at + 1 < words.size()) {
        at++;
        append(command, words.get(at));
      } else if (records && at > 0 && (!word.startsWith("-") || word.equals("--"))) {
        // From here on the options are those of the command that was recorded.
        ours = false;
      }
    }
    return command.toString();
  }

  private static void append(StringBuilder command, String word) {
    command
        .append(' ')
        .append(PLAIN_WORD.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'");
  }

  /// CPU time of a side for one unit of work, the median of the untraced trials, or of the traced
  /// ones if there are no others; null if unknown.
  @Nullable Double cpuNanosPerUnit(Where side) {
    List<Double> control = new ArrayList<>();
    List<Double> traced = new ArrayList<>();
    for (Trial trial : run.trials()) {
      RoleUse use = trial.roles().get(side.role());
      boolean same =
          trial.environment().equals(side.environment())
              && Objects.equals(trial.test(), side.test());
      if (same
          && use != null
          && use.cpuNanos() != null
          && trial.outcome() != null
          && trial.outcome().workDone() > 0) {
        (trial.traced() ? traced : control).add(use.cpuNanos() / trial.outcome().workDone());
      }
    }
    List<Double> values = control.isEmpty() ? traced : control;
    return values.isEmpty() ? null : Double.valueOf(MedianInterval.of(values).median());
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
