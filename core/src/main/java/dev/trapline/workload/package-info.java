// SPDX-License-Identifier: Apache-2.0
/// The programs that make the traffic: how each is started, how its readiness is seen, and what its
/// output says. It starts nothing itself. Knows only `dev.trapline`. Read `Workload` first, then
/// `Outcome`.
@NullMarked
package dev.trapline.workload;

import org.jspecify.annotations.NullMarked;
