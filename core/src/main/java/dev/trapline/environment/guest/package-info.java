// SPDX-License-Identifier: Apache-2.0
/// Guests that run a workload, whichever monitor carries them: their image, the network between
/// them, the agent inside, and what is done when one dies. Knows `host`, `environment.image` and
/// `environment.vmm`. Read `VmEnvironment`, then `GuestAgent`.
@NullMarked
package dev.trapline.environment.guest;

import org.jspecify.annotations.NullMarked;
