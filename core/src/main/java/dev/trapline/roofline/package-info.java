// SPDX-License-Identifier: Apache-2.0
/// The syscall roofline: goodput against bytes per call, below the ceilings that this machine's
/// calibrated costs set. Pure functions of a `Run` and of `MachineCosts`. Read `Roofline` first.
@NullMarked
package dev.trapline.roofline;

import org.jspecify.annotations.NullMarked;
