// SPDX-License-Identifier: Apache-2.0
/// Reads what perf(1) wrote into tallies. Of others' captures: the table of `perf trace -s`, the
/// lines of `perf trace`, the text of `perf script`. Of one's own: the file of `perf record` with
/// the raw_syscalls tracepoints, which `capture.perf` makes. Knows `syscall`, `tally` and
/// `reading`. Read `PerfTraceSummaryReader` first; `CallPairing` is where begins and ends become
/// calls.
@NullMarked
package dev.trapline.intake.perf;

import org.jspecify.annotations.NullMarked;
