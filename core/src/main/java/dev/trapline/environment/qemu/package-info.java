// SPDX-License-Identifier: Apache-2.0
/// Virtual machines of QEMU's, and whether KVM really runs them here. Knows `host`, the port
/// `environment.vmm`, and `environment.guest` to boot a guest for a try. Read `QemuDriver` first.
@NullMarked
package dev.trapline.environment.qemu;

import org.jspecify.annotations.NullMarked;
