// SPDX-License-Identifier: Apache-2.0
/// Reads what strace(1) wrote into tallies, by all CPUs and in constant memory. Knows `syscall`,
/// `tally` and `reading`, and nothing of how the log came about: `capture.strace` uses it for logs
/// of its own. Read `StraceLogReader` first, then `StraceLine` for the grammar of a line,
/// `ChunkReader` for what a part of a log tells by itself, and `LogMerger` for the rest.
@NullMarked
package dev.trapline.intake.strace;

import org.jspecify.annotations.NullMarked;
