// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.RemoteMachine;
import java.util.function.Consumer;

/// The way to a node that a campaign's file names.
final class NodeConnections {
  private NodeConnections() {}

  /// Reaches it by ssh and starts an agent there.
  ///
  /// @param node with ssh
  /// @param news told what is being waited for
  static RemoteMachine open(CampaignNode node, Consumer<String> news) throws InterruptedException {
    throw new TraplineException(
        "CAMPAIGN-REMOTE",
        "node " + node.name() + " is reached by ssh, which this release does not do yet.",
        "leave `ssh` out for this machine itself");
  }
}
