// SPDX-License-Identifier: Apache-2.0
/// The port through which virtual machines are started, whichever monitor runs them: QEMU or
/// Firecracker. Knows `host` and the nouns of `environment`. Read `VmmDriver` first.
@NullMarked
package dev.trapline.environment.vmm;

import org.jspecify.annotations.NullMarked;
