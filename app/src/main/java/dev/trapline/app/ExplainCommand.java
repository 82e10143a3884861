// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.report.Printable;
import dev.trapline.syscall.Category;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.syscall.SyscallExplanation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `trapline explain`. On the path of a quick look-up: no JSON library, no database, no native code
/// unless a run is asked for.
@Command(
    name = "explain",
    description = "Explains a syscall, or a category of them.",
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80)
public final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description =
          "A syscall (any of its names) or a category, such as readv or event-notification.")
  private @Nullable String name;

  @Option(names = "--list", description = "All syscalls by category.")
  private boolean list;

  @Option(names = "--json", description = "As JSON (schema trapline.explain/1).")
  private boolean json;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "Adds what was seen of the syscall in this run.")
  private @Nullable Path run;

  @Option(names = "--train", hidden = true, description = "Used once, to make the AOT cache.")
  private boolean train;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (train) {
      train(out);
      return Main.DONE;
    }
    if (!list && name == null) {
      throw new TraplineException(
          "USAGE",
          "explain needs a name, or --list.",
          "trapline explain readv; trapline explain event-notification; trapline explain --list");
    }
    explain(list ? null : name, json, out);
    if (run != null && name != null && !json) {
      SeenInRun.print(run, name, out);
    }
    return Main.DONE;
  }

  /// Prints the entry of a syscall or a category, or the list of all.
  ///
  /// @param wanted any name of a syscall, or the slug of a category; null for the list
  /// @throws TraplineException `SYSCALL-UNKNOWN` with the nearest names
  static void explain(@Nullable String wanted, boolean json, PrintWriter out) {
    SyscallCatalogue catalogue = SyscallCatalogue.instance();
    SyscallExplanation explanation = new SyscallExplanation(catalogue);
    if (wanted == null) {
      print(out, json ? List.of(explanation.listToJson()) : explanation.renderList());
      return;
    }
    Optional<Category> category = Category.bySlug(wanted);
    if (category.isPresent()) {
      Category found = category.get();
      print(out, json ? List.of(explanation.toJson(found)) : explanation.renderCategory(found));
      return;
    }
    Optional<Syscall> syscall = catalogue.byName(wanted);
    if (syscall.isEmpty()) {
      throw unknown(catalogue, wanted);
    }
    Syscall found = syscall.get();
    print(out, json ? List.of(explanation.toJson(found)) : explanation.render(found));
  }

  private static TraplineException unknown(SyscallCatalogue catalogue, String name) {
    StringBuilder nearest = new StringBuilder();
    for (Syscall syscall : catalogue.nearest(name, 5)) {
      nearest.append(nearest.isEmpty() ? "" : ", ").append(syscall.name());
    }
    return new TraplineException(
        "SYSCALL-UNKNOWN",
        "no syscall or category is called '"
            + Printable.terminal(name)
            + "'. The nearest: "
            + nearest
            + ".",
        "trapline explain --list");
  }

  private static void print(PrintWriter out, List<String> lines) {
    for (String line : lines) {
      out.println(line);
    }
  }

  /// Walks the everyday paths once, so that the AOT cache holds their classes. What does not work
  /// here (recording without a right to) is no matter: its classes are loaded all the same.
  private static void train(PrintWriter out) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    String kept = "trapline-train-" + ProcessHandle.current().pid();
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), kept);
    for (String[] arguments :
        new String[][] {
          {"--help"},
          {"explain", "readv"},
          {"explain", "--list"},
          {"explain", "redv"},
          {"record", "--help"},
          {"record", "-o", folder.toString(), "--", "true"},
          {"show", folder.toString()},
          {"show", folder.toString(), "--json"},
        }) {
      Main.run(arguments, out, nowhere);
    }
    deleteTree(folder);
  }

  private static void deleteTree(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException left) {
      throw new UncheckedIOException(left);
    }
  }
}
