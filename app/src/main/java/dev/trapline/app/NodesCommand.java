// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.app.nodes.NodesCheck;
import dev.trapline.app.nodes.NodesDocument;
import dev.trapline.app.nodes.NodesJson;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.ClockReading;
import dev.trapline.environment.NodeFacts;
import dev.trapline.environment.RemoteMachine;
import dev.trapline.host.ScratchFolder;
import dev.trapline.remote.Nodes;
import dev.trapline.report.Document;
import dev.trapline.report.Printable;
import dev.trapline.report.Quantity;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline nodes`: the machines that a campaign names, before and after it runs on them.
@Command(
    name = "nodes",
    description =
        "The machines that a campaign's file names: what works on them and what differs, and taking"
            + " away what was sent.",
    subcommands = {NodesCommand.Check.class, NodesCommand.Clean.class},
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class NodesCommand implements Runnable {
  private static final int WIDTH = 80;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /// `trapline nodes check`.
  @Command(
      name = "check",
      description = {
        "Asks all nodes of a campaign at once: what works on each, and what differs between them."
            + " Exit code 1 if one cannot be used as it is, 2 if none is reached."
      },
      mixinStandardHelpOptions = true,
      usageHelpWidth = 80,
      sortOptions = false)
  static final class Check implements Callable<Integer> {
    private static final int LONGEST_DEADLINE = 3600;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "A campaign's file.")
    private Path file = Path.of("");

    @Option(
        names = "--deadline",
        paramLabel = "SECONDS",
        defaultValue = "120",
        description = "For each node to answer; a first use sends it 30 MB. Default: 120.")
    private int deadline;

    @Option(names = "--json", description = "As JSON (schema trapline.nodes/1).")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
      if (deadline < 1 || deadline > LONGEST_DEADLINE) {
        throw new CommandLine.ParameterException(
            spec.commandLine(),
            "--deadline must be from 1 to " + LONGEST_DEADLINE + ", and is " + deadline);
      }
      PrintWriter err = spec.commandLine().getErr();
      CampaignFile campaign = CampaignFile.read(file, CampaignCommand.environmentKinds());
      NodesCheck check;
      try (NodeConnections connections = new NodeConnections()) {
        check =
            NodesCheck.of(
                campaign,
                (node, news) ->
                    node.ssh() == null
                        ? new ThisMachine()
                        : new SshNode(connections.open(node, news)),
                Duration.ofSeconds(deadline),
                news -> err.println(cut("trapline: " + Printable.terminal(news))));
      }
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(NodesJson.of(check));
      } else {
        NodesDocument.of(check).toTerminal().forEach(out::println);
      }
      if (check.reached().isEmpty()) {
        return Main.COULD_NOT;
      }
      return check.usable() == check.answers().size() ? Main.DONE : Main.THRESHOLD_FAILED;
    }
  }

  /// `trapline nodes clean`.
  @Command(
      name = "clean",
      description = {
        "Takes away what Trapline keeps on the nodes of a campaign: the runtime image, which the"
            + " next use sends again. Exit code 1 if that failed on some node, 2 on all."
      },
      mixinStandardHelpOptions = true,
      usageHelpWidth = 80,
      sortOptions = false)
  static final class Clean implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "A campaign's file.")
    private Path file = Path.of("");

    @Override
    public Integer call() throws InterruptedException {
      CampaignFile campaign = CampaignFile.read(file, CampaignCommand.environmentKinds());
      PrintWriter out = spec.commandLine().getOut();
      int asked = 0;
      int failed = 0;
      try (ScratchFolder logs = ScratchFolder.create("nodes");
          ExecutorService all = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
        SequencedMap<CampaignNode, Future<Optional<Nodes.Kept>>> cleaning = new LinkedHashMap<>();
        for (CampaignNode node : campaign.nodes()) {
          if (node.ssh() != null) {
            Path log = logs.file(node.name());
            cleaning.put(node, all.submit(() -> Nodes.clean(NodeConnections.target(node), log)));
          }
        }
        NodesCheck.requireSome(campaign, cleaning.size());
        for (Map.Entry<CampaignNode, Future<Optional<Nodes.Kept>>> entry : cleaning.entrySet()) {
          asked++;
          String name = entry.getKey().name() + ": ";
          try {
            String done =
                entry
                    .getValue()
                    .get()
                    .map(kept ->
                        "removed "
                            + Quantity.bytes(kept.kibibytes() * 1024.0)
                            + ", "
                            + kept.folder())
                    .orElse("nothing of Trapline is kept there");
            print(out, name + done);
          } catch (ExecutionException failure) {
            failed++;
            if (!(failure.getCause() instanceof TraplineException known)) {
              throw new IllegalStateException("cleaning " + name, failure.getCause());
            }
            print(out, name + "NOT CLEANED: " + known.getMessage() + " [" + known.code() + "]");
          }
        }
      }
      return failed == 0 ? Main.DONE : failed == asked ? Main.COULD_NOT : Main.THRESHOLD_FAILED;
    }
  }

  private static void print(PrintWriter out, String paragraph) {
    new Document().add(new Document.Bullets(List.of(paragraph))).toTerminal().forEach(out::println);
  }

  private static String cut(String line) {
    return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 3) + "...";
  }

  /// A node that is reached by ssh.
  private record SshNode(RemoteMachine machine) implements NodesCheck.Asked {
    @Override
    public SortedMap<String, String> examine(String address, List<String> peers)
        throws InterruptedException {
      return machine.examine(address, peers);
    }

    @Override
    public ClockReading clock() throws InterruptedException {
      return machine.clock();
    }

    @Override
    public void close() {
      machine.close();
    }
  }

  /// A node without `ssh`.
  private static final class ThisMachine implements NodesCheck.Asked {
    @Override
    public SortedMap<String, String> examine(String address, List<String> peers) {
      return NodeFacts.examine(CaptureChooser.SOURCES, address, peers);
    }

    @Override
    public @Nullable ClockReading clock() {
      return null;
    }

    @Override
    public void close() {
      // Nothing was opened.
    }
  }
}
