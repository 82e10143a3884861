// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.OptionalInt;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The program. Exit codes: 0 done, 1 a requested threshold failed, 2 it could not be done; `record
/// -- COMMAND` passes on COMMAND's own.
@Command(
    name = "trapline",
    description = {
      "Runs network benchmarks, counts every syscall of both sides in the kernel, and explains"
          + " what they cost."
    },
    subcommands = {
      BenchCommand.class,
      RecordCommand.class,
      ShowCommand.class,
      ExplainCommand.class,
      DoctorCommand.class,
      CommandLine.HelpCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpWidth = 80,
    sortOptions = false,
    footer = {
      "",
      "Begin with:  trapline bench            the built-in campaign, about a minute",
      "             trapline record -- CMD    which syscalls CMD makes, and their cost",
      "             trapline explain readv    what a syscall means here"
    })
public final class Main implements Runnable {
  static final int DONE = 0;
  static final int THRESHOLD_FAILED = 1;
  static final int COULD_NOT = 2;

  @Spec private CommandSpec spec = CommandSpec.create();

  /// Runs and exits.
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = run(arguments, out, err);
    out.flush();
    // A reader that went away (`| head`) is not a failure of ours: checkError is not asked.
    System.exit(code);
  }

  /// Runs without exiting: what tests call.
  public static int run(String[] arguments, PrintWriter out, PrintWriter err) {
    OptionalInt quick = QuickPath.tryRun(arguments, out, err);
    int code = quick.isPresent() ? quick.getAsInt() : runParsed(arguments, out, err);
    out.flush();
    err.flush();
    return code;
  }

  /// The same by way of the command-line library, whatever the arguments.
  static int runParsed(String[] arguments, PrintWriter out, PrintWriter err) {
    CommandLine commandLine =
        new CommandLine(new Main())
            .setOut(out)
            .setErr(err)
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
            .setExpandAtFiles(false)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(Main::explainMisuse)
            .setExecutionExceptionHandler(Main::explainFailure);
    // What follows COMMAND is COMMAND's own, dashes and all.
    Objects.requireNonNull(commandLine.getSubcommands().get("record")).setStopAtPositional(true);
    return commandLine.execute(arguments);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int explainMisuse(CommandLine.ParameterException misuse, String[] arguments) {
    PrintWriter err = misuse.getCommandLine().getErr();
    err.println("error[USAGE]: " + misuse.getMessage());
    err.println("hint: " + misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    return COULD_NOT;
  }

  private static int explainFailure(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) {
    PrintWriter err = commandLine.getErr();
    if (failure instanceof TraplineException known) {
      err.println(known.rendered());
    } else {
      err.println("error[BUG]: " + failure + ".");
      err.println("hint: please report this, with the output under TRAPLINE_DEBUG=1");
    }
    if (System.getenv("TRAPLINE_DEBUG") != null) {
      failure.printStackTrace(err);
    }
    return COULD_NOT;
  }
}
