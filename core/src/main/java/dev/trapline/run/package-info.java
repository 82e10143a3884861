// SPDX-License-Identifier: Apache-2.0
/// What a campaign or a recording leaves behind: trials, their tallies, and where all of it came
/// from. Plain values; how they are kept is `store`, what they mean is `analysis`. Knows the nouns
/// below: `tally`, `capture`, `workload`, `host`. Read `Run` first.
@NullMarked
package dev.trapline.run;

import org.jspecify.annotations.NullMarked;
