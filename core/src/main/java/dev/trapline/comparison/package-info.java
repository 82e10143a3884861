// SPDX-License-Identifier: Apache-2.0
/// Sets environments of a run, or runs before and after a change, side by side: what differs, by
/// how much, how sure that is, and which difference explains the work time. Plain values in, plain
/// values out; the words around them are `report`'s. Knows `metric`, `analysis`, `statistics`,
/// `run` and the nouns. Read `Comparison` first, then `Comparer`.
@NullMarked
package dev.trapline.comparison;

import org.jspecify.annotations.NullMarked;
