// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.app.hosts.CampaignHosts;
import dev.trapline.campaign.Campaign;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.environment.Environment;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.host.MachineFacts;
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
/// @param machine facts of this machine, and as `NODE.FACT` of the others that take part
/// @param tools version lines by name, and as `NODE.TOOL` of other machines; of one that is
///   missing, [#MISSING]
/// @param hosts other machines; null if none take part
/// @param campaignText the campaign's file; null for a preset
record BenchSetup(
    Campaign campaign,
    List<EnvironmentFacts> skipped,
    CaptureChooser.Chosen capture,
    CaptureLevel level,
    SortedMap<String, String> machine,
    SortedMap<String, String> tools,
    @Nullable CampaignHosts hosts,
    @Nullable String campaignText) {
  /// The setting that has the whole text of the campaign's file.
  static final String CAMPAIGN_FILE = "campaign-file";

  /// The setting that names the nodes, joined by `+`.
  static final String NODES = "nodes";

  /// In place of a tool's version.
  static final String MISSING = "missing";

  /// @throws TraplineException `TOOL-MISSING` if every test lacks its tool, wherever it runs
  static BenchSetup of(
      Campaign campaign,
      List<EnvironmentFacts> skipped,
      String captureSource,
      CaptureLevel level,
      @Nullable CampaignHosts hosts,
      @Nullable String campaignText) {
    boolean here =
        hosts == null || hosts.includesThisMachine() || campaign.environments().size() > 1;
    SortedMap<String, String> machine = MachineFacts.read();
    if (hosts != null) {
      machine.putAll(hosts.machineFacts());
    }
    return new BenchSetup(
        campaign,
        skipped,
        CaptureChooser.choose(captureSource, target(campaign.environments()), here, hosts),
        level,
        machine,
        toolVersions(campaign, here, hosts),
        hosts,
        campaignText);
  }

  /// Trials of a missing tool fail, each in one line; others go on.
  private static SortedMap<String, String> toolVersions(
      Campaign campaign, boolean here, @Nullable CampaignHosts hosts) {
    SortedMap<String, String> versions = new TreeMap<>();
    List<String> tools =
        campaign.workloads().stream().map(Workload::requiredTool).distinct().toList();
    for (String tool : here ? tools : List.<String>of()) {
      versions.put(
          tool,
          Tool.find(tool).isEmpty()
              ? MISSING
              : Tool.run(List.of(tool, "--version"))
                  .output()
                  .lines()
                  .findFirst()
                  .orElse("unknown")
                  .strip());
    }
    if (hosts != null) {
      versions.putAll(hosts.tools(tools, MISSING));
    }
    if (versions.values().stream().allMatch(MISSING::equals)) {
      // Says which package has it.
      tools.forEach(tool -> Tool.run(List.of(tool, "--version")));
      throw new TraplineException(
          "TOOL-MISSING",
          String.join(" and ", tools) + " are on none of the nodes.",
          "on each node: apt-get install " + String.join(" ", tools));
    }
    return versions;
  }

  /// What is worth a word before the first trial.
  List<String> remarks() {
    return hosts == null ? List.of() : hosts.remarks();
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
    if (hosts != null) {
      settings.put(NODES, String.join("+", hosts.names()));
    }
    if (campaignText != null) {
      settings.put(CAMPAIGN_FILE, campaignText);
    }
    return settings;
  }
}
