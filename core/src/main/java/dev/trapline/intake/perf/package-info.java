// SPDX-License-Identifier: Apache-2.0
/// Reads what perf(1) wrote into tallies: the table of `perf trace -s`, and the file of `perf
/// record` with the raw_syscalls tracepoints, which `capture.perf` makes. Knows `syscall` and
/// `tally`. Read `PerfTraceSummaryReader` first; `PerfDataReader` is the exact one.
@NullMarked
package dev.trapline.intake.perf;

import org.jspecify.annotations.NullMarked;
