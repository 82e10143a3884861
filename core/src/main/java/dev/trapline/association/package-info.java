// SPDX-License-Identifier: Apache-2.0
/// Which costs go with the outcome, over trials and over environments, and what so few points allow
/// to say of it. Never a cause. Knows `metric`, `statistics`, `run` and the nouns. Read
/// `Association` first, then `Associations`.
@NullMarked
package dev.trapline.association;

import org.jspecify.annotations.NullMarked;
