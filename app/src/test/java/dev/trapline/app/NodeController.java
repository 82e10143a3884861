// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.environment.RemoteTrial;
import dev.trapline.remote.AgentConnection;
import dev.trapline.remote.NodeNews;
import dev.trapline.remote.Nodes;
import dev.trapline.remote.SshTarget;
import java.nio.file.Path;
import java.util.List;

/// A controller that starts something on a node and then waits to be killed.
final class NodeController {
  private NodeController() {}

  /// @param arguments ssh's configuration, the node's name, a log
  public static void main(String[] arguments) throws InterruptedException {
    AgentConnection node =
        Nodes.connect(
            new SshTarget(arguments[1], arguments[1], null, null, null, arguments[0]),
            AgentVerb.image(NodeNews.NONE),
            Path.of(arguments[2]),
            NodeNews.NONE);
    RemoteTrial trial = node.begin(null, null);
    trial.start("server", "server", List.of("sleep", "1000"), List.of(), null);
    System.out.println("started");
    Thread.sleep(Long.MAX_VALUE);
    trial.close();
  }
}
