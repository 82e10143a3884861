// SPDX-License-Identifier: Apache-2.0
/// What passes between a controller and the agent on a node: frames, JSON messages, packed bodies.
/// Both ends are untrusted by the other. Knows `host` for its nouns. Read `Wire` first.
@NullMarked
package dev.trapline.remote.wire;

import org.jspecify.annotations.NullMarked;
