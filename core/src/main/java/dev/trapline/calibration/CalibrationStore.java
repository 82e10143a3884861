// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import java.util.Optional;
import java.util.SortedMap;

/// Where calibrations are kept, one file per machine identity.
public final class CalibrationStore {
  private CalibrationStore() {}

  /// What is kept for the machine that made a run, if it was calibrated on this machine's account.
  ///
  /// @param machineFacts as in a run's provenance
  public static Optional<MachineCosts> find(SortedMap<String, String> machineFacts) {
    return Optional.empty();
  }
}
