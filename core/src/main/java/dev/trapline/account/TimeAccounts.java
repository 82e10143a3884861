// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import dev.trapline.run.Run;
import java.util.List;

/// Makes the accounts of a run: of each test in each environment that was traced with time.
public final class TimeAccounts {
  private TimeAccounts() {}

  /// In the order of environments in the run, throughput before latency; empty if nothing was
  /// traced, or the capture could not split time.
  public static List<TimeAccount> of(Run run) {
    return List.of();
  }
}
