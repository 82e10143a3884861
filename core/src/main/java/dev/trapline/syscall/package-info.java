// SPDX-License-Identifier: Apache-2.0
/// The catalogue: what every Linux syscall is called, takes, returns and means in a network
/// workload. Knows nothing of any other package. Read `SyscallCatalogue` first.
@NullMarked
package dev.trapline.syscall;

import org.jspecify.annotations.NullMarked;
