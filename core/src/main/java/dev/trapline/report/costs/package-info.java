// SPDX-License-Identifier: Apache-2.0
/// Words and tables for what things cost: calibrated costs, time accounts, predictions, the
/// roofline. Knows `report`'s `Document` and what it is about. Read `CostDocument` first.
@NullMarked
package dev.trapline.report.costs;

import org.jspecify.annotations.NullMarked;
