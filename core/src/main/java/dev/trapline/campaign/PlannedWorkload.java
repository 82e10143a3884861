// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.workload.Workload;

/// One thing to measure: a workload under the name that tables, trial ids and folders give it.
///
/// @param name unique in its campaign; lower case letters, digits, `.`, `_` and `-`
/// @param clients that use one server at once, each with a program of its own; 1 to [#MOST_CLIENTS]
public record PlannedWorkload(String name, Workload workload, int clients) {
  /// More than that are a load test of the scheduler.
  public static final int MOST_CLIENTS = 64;

  /// Checks the range.
  public PlannedWorkload {
    if (clients < 1 || clients > MOST_CLIENTS) {
      throw new IllegalArgumentException(clients + " clients");
    }
  }

  /// A workload under its own name, with one client.
  public static PlannedWorkload of(Workload workload) {
    return new PlannedWorkload(workload.test(), workload, 1);
  }
}
