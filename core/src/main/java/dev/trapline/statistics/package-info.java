// SPDX-License-Identifier: Apache-2.0
/// What can be said from a few repeats or a few pairs: medians, ratios, correlations, and how sure
/// each is. Exact, from order statistics, rank distributions and permutations, with no assumption
/// about the shape of the values; `Pearson` alone assumes one and says so. Knows no other package,
/// not even what it measures. Read `MedianInterval` first.
@NullMarked
package dev.trapline.statistics;

import org.jspecify.annotations.NullMarked;
