// SPDX-License-Identifier: Apache-2.0
/// What the trials of a run say: costs per unit of work, signatures, time accounts, the price of
/// observation. Pure functions of a `Run`; no words for readers, which are `report`'s. Read
/// `TestAnalysis` first.
@NullMarked
package dev.trapline.analysis;

import org.jspecify.annotations.NullMarked;
