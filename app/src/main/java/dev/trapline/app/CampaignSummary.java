// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.campaign.file.CampaignEnvironment;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.report.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What a campaign's file comes to, in lines for a terminal.
final class CampaignSummary {
  /// What a trial takes beyond its traffic.
  private static final double OVERHEAD_SECONDS = 0.7;

  private CampaignSummary() {}

  /// @param withTests whether every test is listed with its command
  static List<String> of(CampaignFile file, boolean withTests) {
    List<String> lines = new ArrayList<>();
    lines.add(
        file.name()
            + ": "
            + counted(file.environments().size(), "environment")
            + " x "
            + counted(file.tests().size(), "test")
            + " x ("
            + file.repeats()
            + " traced + "
            + file.controls()
            + " control) = "
            + counted(file.trials(), "trial"));
    double seconds =
        file.trafficSeconds() + file.trials() * (OVERHEAD_SECONDS + file.coolDownMillis() / 1000.0);
    lines.add(
        "about "
            + Progress.time(seconds)
            + (file.stop() == null ? "" : " at the most; each test stops " + file.stop()));
    for (CampaignEnvironment environment : file.environments()) {
      lines.add("environment " + Printable.terminal(describe(environment)));
    }
    for (PlannedWorkload test : file.tests()) {
      lines.add(
          "test " + test.name() + (test.clients() == 1 ? "" : " (" + test.clients() + " clients)"));
      if (withTests) {
        lines.add("  " + String.join(" ", test.workload().clientCommand("SERVER")));
      }
    }
    return lines;
  }

  private static String describe(CampaignEnvironment environment) {
    StringBuilder text = new StringBuilder(environment.kind());
    environment
        .options()
        .forEach((name, value) -> text.append(' ').append(name).append('=').append(value));
    if (environment.server() != null) {
      text.append(": server ").append(environment.server()).append(", clients ");
      text.append(String.join(", ", environment.clients()));
    }
    return text.toString();
  }

  private static String counted(int number, String noun) {
    return String.format(Locale.ROOT, "%d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
