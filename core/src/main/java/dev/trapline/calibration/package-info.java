// SPDX-License-Identifier: Apache-2.0
/// What calls cost on this machine, measured on it: the price list that predictions and ceilings
/// rest on. Measured by `Calibration`, kept by `CalibrationStore` under the machine's identity,
/// held in `MachineCosts`. Knows `statistics` and `host`; no run and no workload. Read
/// `MachineCosts` first.
@NullMarked
package dev.trapline.calibration;

import org.jspecify.annotations.NullMarked;
