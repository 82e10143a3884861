// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.Workload;
import java.util.ArrayList;
import java.util.List;

/// One outcome of all clients of a trial, read from what the programs printed.
final class TrialOutcome {
  private TrialOutcome() {}

  /// One workload for each client and its server, on ports that follow each other.
  static List<Workload> workloads(Campaign.PlannedTrial planned) {
    Workload first = planned.workload();
    List<Workload> all = new ArrayList<>(List.of(first));
    for (int number = 1; number < planned.test().clients(); number++) {
      all.add(first.onPort(first.port() + number));
    }
    return all;
  }

  /// @throws TraplineException `WORKLOAD-OUTPUT` if a tool's output is not understood,
  ///   `CLIENTS-NOT-ADDABLE` if there is no one outcome of several clients
  static Outcome read(Campaign.PlannedTrial planned, TrialFiles files) {
    List<Outcome> outcomes = new ArrayList<>();
    List<Workload> workloads = workloads(planned);
    for (int number = 0; number < workloads.size(); number++) {
      outcomes.add(
          workloads
              .get(number)
              .parse(
                  files.of(TrialFiles.nameOf(TrialRunner.CLIENT, number)),
                  files.of(TrialFiles.nameOf(TrialRunner.SERVER, number))));
    }
    if (outcomes.size() == 1) {
      return outcomes.getFirst();
    }
    List<Throughput> parts = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      if (!(outcome instanceof Throughput throughput)) {
        throw new TraplineException(
            "CLIENTS-NOT-ADDABLE",
            "the outcomes of several clients of "
                + planned.workload().name()
                + " have no sum: each has a latency of its own.",
            "clients: 1 for this test");
      }
      parts.add(throughput);
    }
    return Throughput.together(parts);
  }
}
