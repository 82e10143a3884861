// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.HostsEnvironment;
import dev.trapline.environment.RemoteMachine;
import dev.trapline.host.ScratchFolder;
import dev.trapline.remote.NodeNews;
import dev.trapline.remote.Nodes;
import dev.trapline.remote.RuntimeImage;
import dev.trapline.remote.SshTarget;
import dev.trapline.store.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The ways to the nodes that a campaign's file names, and what ssh and agents said on them.
final class NodeConnections implements AutoCloseable {
  private final ScratchFolder folder = ScratchFolder.create("nodes");
  private final Set<String> opened = new TreeSet<>();
  private @Nullable RuntimeImage image;

  /// Reaches a node by ssh, sends what is missing there, and starts an agent.
  ///
  /// @param node with ssh
  /// @param news told what is being waited for
  RemoteMachine open(CampaignNode node, Consumer<String> news) throws InterruptedException {
    NodeNews told = new Told(news);
    return Nodes.connect(target(node), image(node, told), folder.file(logOf(node.name())), told);
  }

  private synchronized RuntimeImage image(CampaignNode node, NodeNews told) {
    opened.add(node.name());
    RuntimeImage sent = image;
    if (sent == null) {
      sent = AgentVerb.image(told);
      image = sent;
    }
    return sent;
  }

  /// The node as ssh takes it.
  ///
  /// @param node with ssh
  static SshTarget target(CampaignNode node) {
    CampaignNode.Ssh ssh = Objects.requireNonNull(node.ssh());
    return new SshTarget(
        node.name(), ssh.host(), ssh.user(), ssh.port(), ssh.key(), ssh.configPath());
  }

  private static String logOf(String node) {
    return node + ".log";
  }

  /// Keeps what was said so far: one file for each node. It throws nothing: what was said is of use
  /// where something went wrong, and then that is told anyway.
  synchronized void keepLogs(RunDirectory directory) {
    try {
      Path kept = directory.rawFolder(HostsEnvironment.NAME);
      for (String node : opened) {
        Path log = folder.file(logOf(node));
        if (Files.exists(log) && Files.size(log) > 0) {
          Files.copy(log, kept.resolve(logOf(node)), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException | TraplineException full) {
      opened.clear();
    }
  }

  @Override
  public void close() {
    folder.close();
  }

  /// In a line each.
  private static final class Told implements NodeNews {
    private final Consumer<String> news;
    private boolean sending;

    private Told(Consumer<String> news) {
      this.news = news;
    }

    @Override
    public void building() {
      news.accept("putting together what is sent to nodes, once per version");
    }

    @Override
    public void sending(String node, long sentBytes, long allBytes) {
      if (!sending) {
        sending = true;
        news.accept("sending " + (allBytes >> 20) + " MiB to node " + node + ", once per version");
      }
    }
  }
}
