// SPDX-License-Identifier: Apache-2.0
/// The machine below us: C library calls through `java.lang.foreign`, child processes, network
/// namespaces, `/proc`, and the leases by which a killed Trapline is cleaned up after. Knows only
/// `dev.trapline`. Read `ChildProcess` and `Lease` first.
@NullMarked
package dev.trapline.host;

import org.jspecify.annotations.NullMarked;
