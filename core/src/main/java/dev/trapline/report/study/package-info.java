// SPDX-License-Identifier: Apache-2.0
/// The report of a study in the study's own kind: every syscall that was seen, by category, with
/// where it was counted and what that means; then what costs, what would cost less, and what the
/// figures cannot tell. It quotes figures of a `Study` and computes from them; it has none of its
/// own. Read `StudyReport` first.
@NullMarked
package dev.trapline.report.study;

import org.jspecify.annotations.NullMarked;
