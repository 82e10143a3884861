// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.campaign.StopRule;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a campaign's file says, checked: docs/reference/campaign-file.md is the format. It is a
/// description only; whether an environment can be made here is not asked.
///
/// @param name of the campaign
/// @param nodes in the order of the file
/// @param environments likewise, at least one
/// @param tests likewise, sweeps written out, at least one
/// @param repeats traced trials of each test in each environment, at the most if there is a stop
///   rule
/// @param controls untraced ones likewise
/// @param warmUpSeconds of a run of each test in each environment before the first block, of which
///   nothing is kept; 0 for none
/// @param coolDownMillis between two trials
/// @param seed of the order of trials; null for one that is chosen and recorded
/// @param cpus as `--cpus` takes them
/// @param captureSource as `--capture` takes it
/// @param captureLevel as `--level` takes it
/// @param stop null if all repeats are run whatever they find
/// @param text the file as it was read, for the run's provenance
public record CampaignFile(
    String name,
    List<CampaignNode> nodes,
    List<CampaignEnvironment> environments,
    List<PlannedWorkload> tests,
    int repeats,
    int controls,
    int warmUpSeconds,
    int coolDownMillis,
    @Nullable Long seed,
    String cpus,
    String captureSource,
    String captureLevel,
    @Nullable StopRule stop,
    String text) {
  /// Keeps copies.
  public CampaignFile {
    nodes = List.copyOf(nodes);
    environments = List.copyOf(environments);
    tests = List.copyOf(tests);
  }

  /// Reads a file.
  ///
  /// @param environmentKinds the words of `--environment`
  /// @throws dev.trapline.TraplineException `CAMPAIGN-INVALID` with everything that is wrong in it,
  ///   each with file, line, column and, where there is one, the nearest valid word
  public static CampaignFile read(Path file, List<String> environmentKinds) {
    return CampaignYaml.read(file, environmentKinds);
  }

  /// As [#read], of text that is in memory.
  ///
  /// @param source what errors call it
  public static CampaignFile parse(String text, String source, List<String> environmentKinds) {
    return CampaignYaml.parse(text, source, environmentKinds);
  }

  /// How many trials there are, at the most.
  public int trials() {
    return environments.size() * tests.size() * (repeats + controls);
  }

  /// How long all traffic lasts, at the most, in seconds.
  public long trafficSeconds() {
    long once = 0;
    for (PlannedWorkload test : tests) {
      once += test.workload().durationSeconds();
    }
    return environments.size()
        * (once * (repeats + controls) + (long) tests.size() * warmUpSeconds);
  }
}
