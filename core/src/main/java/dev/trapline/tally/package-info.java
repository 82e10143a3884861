// SPDX-License-Identifier: Apache-2.0
/// The central value: what every thread asked of the kernel, how often, for how long, and how sure
/// that count is. Knows no other package but `dev.trapline`. Read `Tally` first.
@NullMarked
package dev.trapline.tally;

import org.jspecify.annotations.NullMarked;
