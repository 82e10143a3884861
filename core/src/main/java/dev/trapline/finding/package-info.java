// SPDX-License-Identifier: Apache-2.0
/// What a run shows that should be changed or doubted, each with its evidence, how sure it is, what
/// to do, what that may bring by estimate, and how to see whether it did. Knows `analysis`, `run`
/// and the nouns below; how a finding is printed is `report`. Read `Findings` first, then
/// `FindingRule`.
@NullMarked
package dev.trapline.finding;

import org.jspecify.annotations.NullMarked;
