// SPDX-License-Identifier: Apache-2.0
/// Reads what strace(1) wrote, line by line and in constant memory, into tallies. Knows `syscall`
/// and `tally`, and nothing of how the log came about: `capture.strace` uses it for logs of its
/// own. Read `StraceLogReader` first, then `StraceLine` for the grammar of a line.
@NullMarked
package dev.trapline.intake.strace;

import org.jspecify.annotations.NullMarked;
