// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.workload.Outcome;
import dev.trapline.workload.ToolOutput;
import dev.trapline.workload.Workload;
import java.util.ArrayList;
import java.util.List;

/// One outcome of all clients of a trial, read from what the programs printed.
final class TrialOutcome {
  private TrialOutcome() {}

  /// One workload for each client: all alike if one server serves them all, otherwise on ports that
  /// follow each other.
  static List<Workload> workloads(Campaign.PlannedTrial planned) {
    Workload first = planned.workload();
    List<Workload> all = new ArrayList<>(List.of(first));
    for (int number = 1; number < planned.test().clients(); number++) {
      all.add(first.servesManyClients() ? first : first.onPort(first.port() + number));
    }
    return all;
  }

  /// How many servers there are.
  static int servers(Campaign.PlannedTrial planned) {
    return planned.workload().servesManyClients() ? 1 : planned.test().clients();
  }

  /// @throws dev.trapline.TraplineException `WORKLOAD-OUTPUT` if a tool's output is not understood
  static Outcome read(Campaign.PlannedTrial planned, TrialFiles files) {
    return planned
        .workload()
        .parseTogether(
            outputs(files, TrialRunner.CLIENT, planned.test().clients()),
            outputs(files, TrialRunner.SERVER, servers(planned)));
  }

  private static List<ToolOutput> outputs(TrialFiles files, String role, int count) {
    List<ToolOutput> outputs = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      outputs.add(files.of(TrialFiles.nameOf(role, number)));
    }
    return outputs;
  }
}
