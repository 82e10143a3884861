// SPDX-License-Identifier: Apache-2.0
/// The programs that make the traffic: how each is started, how its readiness is seen, and what its
/// output says, also that of runs which others made. It starts nothing itself. Knows `reading`.
/// Read `Workload` first, then `Outcome`; for others' files `WorkloadReading`.
@NullMarked
package dev.trapline.workload;

import org.jspecify.annotations.NullMarked;
