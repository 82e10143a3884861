// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.campaign.Campaign;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.environment.Environment;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.host.Tool;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.workload.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a bench is about to do, all of it chosen.
///
/// @param skipped environments that were asked for and cannot be had here
/// @param capture that works here
/// @param tools version lines by name; of one that is missing, [#MISSING]
/// @param campaignText the campaign's file; null for a preset
record BenchSetup(
    Campaign campaign,
    List<EnvironmentFacts> skipped,
    CaptureChooser.Chosen capture,
    CaptureLevel level,
    SortedMap<String, String> tools,
    @Nullable String campaignText) {
  /// The setting that has the whole text of the campaign's file.
  static final String CAMPAIGN_FILE = "campaign-file";

  /// In place of a tool's version.
  static final String MISSING = "missing";

  /// @throws TraplineException `TOOL-MISSING` if every test lacks its tool
  static BenchSetup of(
      Campaign campaign,
      List<EnvironmentFacts> skipped,
      String captureSource,
      CaptureLevel level,
      @Nullable String campaignText) {
    return new BenchSetup(
        campaign,
        skipped,
        CaptureChooser.choose(captureSource, target(campaign.environments())),
        level,
        toolVersions(campaign),
        campaignText);
  }

  /// Trials of a missing tool fail, each in one line; others go on.
  private static SortedMap<String, String> toolVersions(Campaign campaign) {
    SortedMap<String, String> versions = new TreeMap<>();
    TraplineException missing = null;
    for (Workload workload : campaign.workloads()) {
      String tool = workload.requiredTool();
      try {
        if (!versions.containsKey(tool)) {
          String output = Tool.run(List.of(tool, "--version")).output();
          versions.put(tool, output.lines().findFirst().orElse("unknown").strip());
        }
      } catch (TraplineException failure) {
        missing = failure;
        versions.put(tool, MISSING);
      }
    }
    if (missing != null && versions.values().stream().allMatch(MISSING::equals)) {
      throw missing;
    }
    return versions;
  }

  /// The ids of all planned trials, in their order.
  List<String> trialIds() {
    return campaign.plan().stream().map(Campaign.PlannedTrial::id).toList();
  }

  /// What the environments are made of; to be asked after the trials.
  List<EnvironmentFacts> environmentFacts() {
    List<EnvironmentFacts> facts =
        new ArrayList<>(campaign.environments().stream().map(EnvironmentChooser::facts).toList());
    facts.addAll(skipped);
    return facts;
  }

  /// Monitors stand before a trial begins; everything else is launched in it.
  private static CaptureTarget target(List<Environment> places) {
    return places.stream().anyMatch(VmEnvironment.class::isInstance)
        ? new CaptureTarget.Roles(new TreeMap<>())
        : new CaptureTarget.Launched();
  }

  /// What was chosen, by name, as the run's provenance has it.
  SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put(
        "duration-seconds",
        String.join(
            "+",
            new TreeSet<>(campaign.workloads().stream().map(Workload::durationSeconds).toList())
                .stream().map(String::valueOf).toList()));
    settings.put("repeats", Integer.toString(campaign.repeats()));
    settings.put("controls", Integer.toString(campaign.controls()));
    settings.put("cpus", campaign.cpus().toString());
    settings.put(
        "environments",
        String.join("+", campaign.environments().stream().map(Environment::name).toList()));
    if (campaign.warmUpSeconds() > 0) {
      settings.put("warm-up-seconds", Integer.toString(campaign.warmUpSeconds()));
    }
    if (campaign.coolDownMillis() > 0) {
      settings.put(
          "cool-down-seconds",
          String.format(Locale.ROOT, "%.3f", campaign.coolDownMillis() / 1000.0));
    }
    if (campaign.stop() != null) {
      settings.put("stop", campaign.stop().toString());
    }
    if (campaignText != null) {
      settings.put(CAMPAIGN_FILE, campaignText);
    }
    return settings;
  }
}
