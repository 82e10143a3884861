// SPDX-License-Identifier: Apache-2.0
/// Reads the maps that bpftrace prints, as text or by `-f json`, into tallies. Knows `reading`,
/// `syscall` and `tally`, and nothing of the script that printed them: what a map's keys and
/// numbers are is inferred from the maps themselves, told in remarks, and refused where it cannot
/// be decided. Read `BpftraceMapsReader` first, then `KeyShape` for what keys are taken for and
/// `MapJoin` for how maps of one script come together.
@NullMarked
package dev.trapline.intake.bpftrace;

import org.jspecify.annotations.NullMarked;
