// SPDX-License-Identifier: Apache-2.0
/// How a run is kept: a directory with `run.json`, `tallies.parquet` and the raw output of every
/// tool, written so that a run that was cut short never reads as whole. The published shapes are in
/// `docs/reference/run-directory.md`. Knows the nouns `run`, `tally`, `capture`, `workload` and
/// `syscall`; nothing of analysis or reports. Read `RunDirectory` first.
@NullMarked
package dev.trapline.store;

import org.jspecify.annotations.NullMarked;
