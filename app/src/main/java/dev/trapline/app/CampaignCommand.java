// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.campaign.file.CampaignTemplates;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline campaign`: what helps to write a campaign's file. Running one is `bench --campaign`.
@Command(
    name = "campaign",
    description = {
      "Helps to write a campaign down: which environments, which tests, how often. `trapline bench"
          + " --campaign FILE` runs it."
    },
    subcommands = {
      CampaignCommand.Check.class,
      CampaignCommand.Init.class,
      CampaignCommand.Schema.class
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class CampaignCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /// The words that a file may call environments by.
  static List<String> environmentKinds() {
    return EnvironmentChooser.NAMES;
  }

  /// `trapline campaign check`.
  @Command(
      name = "check",
      description = "Says everything that is wrong in a file, or what it would run.",
      mixinStandardHelpOptions = true,
      usageHelpWidth = 80,
      sortOptions = false)
  static final class Check implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "A campaign's file.")
    private Path file = Path.of("");

    @Option(names = "--commands", description = "Show each test's command too.")
    private boolean commands;

    @Override
    public Integer call() {
      CampaignSummary.of(CampaignFile.read(file, environmentKinds()), commands)
          .forEach(spec.commandLine().getOut()::println);
      return Main.DONE;
    }
  }

  /// `trapline campaign init`.
  @Command(
      name = "init",
      description = "Prints a commented file to start from: trapline campaign init > FILE",
      mixinStandardHelpOptions = true,
      usageHelpWidth = 80,
      sortOptions = false)
  static final class Init implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
      spec.commandLine().getOut().print(CampaignTemplates.example());
      return Main.DONE;
    }
  }

  /// `trapline campaign schema`.
  @Command(
      name = "schema",
      description = "Prints the JSON Schema (draft 2020-12), for editors.",
      mixinStandardHelpOptions = true,
      usageHelpWidth = 80,
      sortOptions = false)
  static final class Schema implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
      spec.commandLine().getOut().print(CampaignTemplates.schema());
      return Main.DONE;
    }
  }
}
