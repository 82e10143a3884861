// SPDX-License-Identifier: Apache-2.0
/// Words and tables for what `trapline calibrate` measured. Knows `report`'s `Document` and what it
/// is about. Read `CalibrationDocument`.
@NullMarked
package dev.trapline.report.costs;

import org.jspecify.annotations.NullMarked;
