// SPDX-License-Identifier: Apache-2.0
/// What runs on a node: starts programs, counts what they ask of the kernel, tells when they have
/// ended, and ends everything when nobody is heard any more. Knows `remote.wire`, `capture`,
/// `host`, `environment` (what a node says of itself) and `store` (how a capture is written down).
/// Read `Agent` first.
@NullMarked
package dev.trapline.remote.agent;

import org.jspecify.annotations.NullMarked;
