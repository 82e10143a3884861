// SPDX-License-Identifier: Apache-2.0
/// What is to be run, in which order, and the running of it. Knows the nouns below and `run`; not
/// `store`, `analysis` or `report`. Read `Campaign`, then `TrialRunner`.
@NullMarked
package dev.trapline.campaign;

import org.jspecify.annotations.NullMarked;
