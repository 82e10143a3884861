// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import dev.trapline.tally.Tally;
import org.jspecify.annotations.Nullable;

/// What one side of one trial asked of the kernel.
public record RoleTally(
    String trial,
    String environment,
    @Nullable String test,
    String node,
    String role,
    Tally tally) {}
