// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.environment.lab.NestedLab;
import dev.trapline.host.Interrupts;
import dev.trapline.host.Lease;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.report.Printable;
import dev.trapline.store.RunDirectory;
import java.io.File;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline lab bench`: the whole matrix of environments on a machine without KVM.
@Command(
    name = "bench",
    description = {
      "Boots the lab, runs 'trapline bench ARG...' in it, brings the run directory back to DIR, and"
          + " ends the lab. One boot takes half a minute or more, and everything in the lab is about"
          + " ten times slower."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false,
    footer = {"", "Such as:  trapline lab bench --environment netns,kvm,kvm-vhost -o lab-run"})
public final class LabBenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "The run directory, new or empty.")
  private @Nullable Path directory;

  @Option(names = "--json", description = "Print the run as JSON (schema trapline.run/1).")
  private boolean json;

  @Parameters(
      arity = "0..*",
      paramLabel = "ARG",
      description = "Options of 'trapline bench', passed on as they are.")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    if (directory == null) {
      throw new IllegalStateException("picocli lets no call through without -o");
    }
    Path folder = directory;
    NestedLab.unavailable()
        .ifPresent(obstacle -> {
          throw new TraplineException(
              "LAB-UNAVAILABLE",
              "the nested lab cannot be started: " + obstacle + ".",
              "apt-get install qemu-system-x86 busybox-static iproute2");
        });
    RunDirectory.create(folder);
    int code = runInLab(folder);
    if (!Files.exists(folder.resolve("run.json"))) {
      throw new TraplineException(
          "LAB-FAILED",
          "'trapline bench' in the lab ended with "
              + code
              + " and left no run; its words are above.",
          "the same arguments mean the same outside the lab: trapline bench --help");
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      RunReports.printJson(folder, out);
    } else {
      Document report = BenchReport.of(RunReports.read(folder), "trapline findings " + folder);
      report.toTerminal().forEach(out::println);
      out.println();
      out.println("Kept in " + folder + ": run.json, tallies.parquet, raw/, report.md");
      out.println("Look closer: trapline show " + folder + " --by object");
    }
    return code;
  }

  private int runInLab(Path folder) {
    List<String> inner = new ArrayList<>(List.of(Main.class.getName(), "bench"));
    inner.addAll(arguments);
    inner.addAll(List.of("-o", NestedLab.outputInLab()));
    PrintWriter err = spec.commandLine().getErr();
    NestedLab lab =
        new NestedLab(
            folder, classPath(), inner, line -> err.println("lab: " + Printable.terminal(line)));
    Thread main = Thread.currentThread();
    AtomicBoolean interruptible = new AtomicBoolean(true);
    Interrupts.onInterrupt(() -> {
      if (interruptible.getAndSet(false)) {
        main.interrupt();
      }
    });
    try (Lease lease = Lease.take(Lease.defaultFolder())) {
      int code = lab.run(lease);
      interruptible.set(false);
      return code;
    } catch (InterruptedException interruption) {
      throw new TraplineException(
          "INTERRUPTED",
          "stopped by a signal; the lab was ended, and " + folder + " has no run.",
          "start again with another or an emptied directory");
    }
  }

  /// Of this very program; the JVM has spelled out what its command line names by `*`.
  private static List<String> classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.isEmpty())
        .toList();
  }
}
