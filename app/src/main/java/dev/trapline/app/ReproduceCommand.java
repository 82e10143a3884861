// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignEnvironment;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.comparison.Comparer;
import dev.trapline.comparison.Comparison;
import dev.trapline.metric.RunMetrics;
import dev.trapline.report.Document;
import dev.trapline.report.comparison.ComparisonDocument;
import dev.trapline.run.Provenance;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline reproduce`: somebody's run once more, here, and what came of it.
@Command(
    name = "reproduce",
    description = {
      "Runs the campaign of a run again on this machine, with its seed, and compares: what differs"
          + " in machine, kernel and versions, then in the figures."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class ReproduceCommand implements Callable<Integer> {
  /// Options by which a run that came from elsewhere would have its own files executed here. An ssh
  /// configuration has commands in it too.
  private static final List<String> FILES =
      List.of("--firecracker", "--guest-kernel", "--guest-initrd", "--guest-rootfs");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The run directory of a bench.")
  private Path original = Path.of("");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "The new run's directory (default: trapline-runs/TIME-NAME here).")
  private @Nullable Path directory;

  @Option(
      names = "--use-files",
      description = {
        "Use the files that the run names: a guest's kernel, a Firecracker binary, an ssh"
            + " configuration. What they say is executed: only for runs that you trust."
      })
  private boolean useFiles;

  @Option(names = "--plain", description = "One line per trial, on a terminal too.")
  private boolean plain;

  @Override
  public Integer call() throws InterruptedException {
    StoredRun before = RunDirectory.open(original);
    Provenance provenance = before.run().provenance();
    checkKind(provenance);
    if (!useFiles) {
      checkNoFiles(provenance);
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    BenchCommand bench = BenchCommand.again(provenance, out, err);
    bench.into(directory, plain);
    int code = bench.call();
    Path made = bench.made();
    StoredRun now = RunDirectory.open(made);
    out.println();
    differences(before.run(), now.run()).toTerminal().forEach(out::println);
    out.println();
    comparison(before, now).toTerminal().forEach(out::println);
    out.println();
    out.println("Compare again: trapline compare " + original + " " + made);
    return code;
  }

  private void checkKind(Provenance provenance) {
    if (!provenance.kind().equals(BenchCommand.NAME)) {
      throw new TraplineException(
          "REPRODUCE-KIND",
          original + " is of kind '" + provenance.kind() + "': only a bench has a campaign.",
          "trapline show " + original);
    }
  }

  private static void checkNoFiles(Provenance provenance) {
    for (String option : FILES) {
      if (provenance.commandLine().stream()
          .anyMatch(word -> word.equals(option) || word.startsWith(option + "="))) {
        throw files(option.substring(2));
      }
    }
    String text = provenance.settings().get(BenchSetup.CAMPAIGN_FILE);
    if (text == null) {
      return;
    }
    // Read as it will be read: a name can be written in many ways.
    CampaignFile file =
        CampaignFile.parse(text, "the run's campaign", CampaignCommand.environmentKinds());
    for (CampaignEnvironment environment : file.environments()) {
      for (String option : environment.options().keySet()) {
        if (FILES.contains("--" + option)) {
          throw files(option);
        }
      }
    }
    for (CampaignNode node : file.nodes()) {
      if (node.ssh() != null && node.ssh().config() != null) {
        throw files("config of node " + node.name());
      }
    }
  }

  private static TraplineException files(String what) {
    return new TraplineException(
        "REPRODUCE-FILES",
        "the run used a file of its machine ("
            + what
            + "), and what a run directory names is not executed unasked.",
        "if you trust the run: trapline reproduce --use-files DIR");
  }

  private Document differences(Run before, Run now) {
    Document document = new Document();
    document.add(new Document.Heading(1, "Reproduction of " + original));
    document.add(new Document.Heading(2, "What differs here"));
    List<String> changes = CampaignChanges.between(before.provenance(), now.provenance());
    document.add(
        changes.isEmpty()
            ? new Document.Paragraph(
                "Nothing that is recorded: machine, kernel, versions and settings are the same.")
            : new Document.Bullets(changes));
    document.add(
        new Document.Paragraph(
            "Two runs, each on its own day: what differs in the figures may be what is named here,"
                + " what else ran beside them, or chance."));
    return document;
  }

  private static Document comparison(StoredRun before, StoredRun now) {
    Comparison comparison =
        Comparer.ofRuns(
            List.of(
                new Comparer.NamedRun("original", RunMetrics.of(before.run(), before.tallies())),
                new Comparer.NamedRun("here", RunMetrics.of(now.run(), now.tallies()))),
            null,
            new Comparer.Allowed(true, true));
    return ComparisonDocument.of(comparison, null, List.of(), ComparisonDocument.ROWS);
  }
}
