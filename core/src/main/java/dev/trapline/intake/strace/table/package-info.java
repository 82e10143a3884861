// SPDX-License-Identifier: Apache-2.0
/// Reads the tables that strace(1) sums calls up in (`-c`, and behind its log `-C`), and holds such
/// a table against a tally. Knows `syscall`, `tally` and `reading`. Read `StraceTableReader` first,
/// then `SummaryLayout` for what a line of a table is.
@NullMarked
package dev.trapline.intake.strace.table;

import org.jspecify.annotations.NullMarked;
