// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.report.Printable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
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
      CampaignCommand.class,
      NodesCommand.class,
      ReproduceCommand.class,
      RecordCommand.class,
      ShowCommand.class,
      CompareCommand.class,
      FindingsCommand.class,
      ImportCommand.class,
      AuditCommand.class,
      ReportCommand.class,
      CalibrateCommand.class,
      ExplainCommand.class,
      LabCommand.class,
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
    if (arguments.length == 1 && arguments[0].equals(AgentVerb.NAME)) {
      OutputStream wire = new FileOutputStream(FileDescriptor.out);
      // Nobody else's words may come between the frames.
      System.setOut(System.err);
      PrintWriter words = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
      System.exit(AgentVerb.run(System.in, wire, words));
    }
    PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code;
    try {
      code = run(arguments, out, err);
    } catch (Error failure) {
      // Such as no memory: without this the JVM would end with 1, which means something else here.
      code = explainBug(failure, err);
    }
    out.flush();
    // A reader that went away (`| head`) is not a failure of ours: checkError is not asked.
    System.exit(code);
  }

  /// What is piped in.
  static InputStream standardInput() {
    return System.in;
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
    // The lab's bench passes on what it does not know.
    Objects.requireNonNull(commandLine.getSubcommands().get("lab"))
        .getSubcommands()
        .values()
        .forEach(verb -> verb.setUnmatchedOptionsArePositionalParams(true));
    return commandLine.execute(arguments);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int explainMisuse(CommandLine.ParameterException misuse, String[] arguments) {
    PrintWriter err = misuse.getCommandLine().getErr();
    String hint = misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    explain(new TraplineException("USAGE", String.valueOf(misuse.getMessage()), hint), err);
    return COULD_NOT;
  }

  private static int explainFailure(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) {
    PrintWriter err = commandLine.getErr();
    return failure instanceof TraplineException known
        ? explain(known, err)
        : explainBug(failure, err);
  }

  /// Prints an error. It may quote what a program or a file said, so nothing in it is obeyed.
  static int explain(TraplineException failure, PrintWriter err) {
    failure.rendered().lines().map(Printable::terminal).forEach(err::println);
    return withTrace(failure, err);
  }

  static int explainBug(Throwable failure, PrintWriter err) {
    err.println("error[BUG]: " + Printable.terminal(failure.toString()) + ".");
    err.println("hint: please report this, with the output under TRAPLINE_DEBUG=1");
    return withTrace(failure, err);
  }

  private static int withTrace(Throwable failure, PrintWriter err) {
    if (System.getenv("TRAPLINE_DEBUG") != null) {
      failure.printStackTrace(err);
    }
    return COULD_NOT;
  }
}
