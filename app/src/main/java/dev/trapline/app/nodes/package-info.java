// SPDX-License-Identifier: Apache-2.0
/// The nodes of a campaign, asked all at once: whether each can take part, and what differs between
/// them. Has the rights of `app` and knows none of its verbs. Read `NodesCheck` first.
@NullMarked
package dev.trapline.app.nodes;

import org.jspecify.annotations.NullMarked;
