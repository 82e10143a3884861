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
import dev.trapline.report.Printable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
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
    description = "Asks the machines that a campaign's file names.",
    subcommands = {NodesCommand.Check.class},
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class NodesCommand implements Runnable {
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
        description = "For each node to answer; a first use sends it 40 MB. Default: 120.")
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
      NodesCheck check =
          NodesCheck.of(
              CampaignFile.read(file, CampaignCommand.environmentKinds()),
              NodesCommand::open,
              Duration.ofSeconds(deadline),
              news -> err.println("trapline: " + Printable.terminal(news)));
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

  private static NodesCheck.Asked open(CampaignNode node, Consumer<String> news) {
    if (node.ssh() == null) {
      return new ThisMachine();
    }
    throw new TraplineException(
        "CAMPAIGN-REMOTE",
        "node " + node.name() + " is reached by ssh, which this release does not do yet.",
        "leave `ssh` out for this machine itself");
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
