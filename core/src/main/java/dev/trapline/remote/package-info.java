// SPDX-License-Identifier: Apache-2.0
/// The way to other machines: ssh, the runtime image that is sent there, and the talk with the
/// agent that runs on it. Makes `environment.RemoteMachine` of a machine that ssh reaches; what to
/// do with it is its user's business. Knows `environment`, `store` (how a capture is written down),
/// `host` and the nouns. Read `Nodes` first, then `AgentConnection`.
@NullMarked
package dev.trapline.remote;

import org.jspecify.annotations.NullMarked;
