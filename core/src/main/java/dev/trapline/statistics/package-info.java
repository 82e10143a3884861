// SPDX-License-Identifier: Apache-2.0
/// What can be said from a few repeats: medians, ratios, and how sure each is. Exact, from order
/// statistics and rank distributions, with no assumption about the shape of the values. Knows no
/// other package, not even what it measures. Read `MedianInterval` first.
@NullMarked
package dev.trapline.statistics;

import org.jspecify.annotations.NullMarked;
