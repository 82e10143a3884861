// SPDX-License-Identifier: Apache-2.0
/// Where a workload runs: prepares the nodes, says how to reach them, and takes them down again.
/// Knows `host` only. Read `Environment` first.
@NullMarked
package dev.trapline.environment;

import org.jspecify.annotations.NullMarked;
