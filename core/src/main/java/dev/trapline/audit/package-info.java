// SPDX-License-Identifier: Apache-2.0
/// Judges a study: whether its figures agree with each other, and what of its claims its figures
/// bear out. Pure computation over the values of `study`; by the kind of a claim, never by its
/// name. Every figure found is an interval as wide as the rounding of what it was computed from,
/// and names the assumptions that it rests on. docs/concepts/audit.md has the rules. Knows `study`
/// and the nouns. Read `Audit` first.
@NullMarked
package dev.trapline.audit;

import org.jspecify.annotations.NullMarked;
