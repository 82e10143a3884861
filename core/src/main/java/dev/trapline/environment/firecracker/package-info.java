// SPDX-License-Identifier: Apache-2.0
/// Firecracker as a monitor of virtual machines, driven through its API socket. Knows `host` and
/// `environment.vmm`. Read `FirecrackerDriver` first.
@NullMarked
package dev.trapline.environment.firecracker;

import org.jspecify.annotations.NullMarked;
