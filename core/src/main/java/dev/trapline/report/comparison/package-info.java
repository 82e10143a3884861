// SPDX-License-Identifier: Apache-2.0
/// Comparisons and associations for people and for programs: a `Document`, and JSON. Read
/// `ComparisonDocument` first.
@NullMarked
package dev.trapline.report.comparison;

import org.jspecify.annotations.NullMarked;
