// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/// Answers the plainest look-ups without the command-line library, which takes longer to start than
/// they take to answer: `--help`, `explain NAME`, `explain --list`, each also with `--json` where
/// there is one. Everything else is left to [Main]; a test holds that both say the same.
final class QuickPath {
  /// What picocli prints for `--help`; written by `ReferenceFilesTest` when it is asked to.
  static final String USAGE_RESOURCE = "usage.txt";

  private QuickPath() {}

  /// The exit code, or empty if this is not one of those.
  static OptionalInt tryRun(String[] arguments, PrintWriter out, PrintWriter err) {
    if (arguments.length == 0
        || (arguments.length == 1
            && (arguments[0].equals("--help") || arguments[0].equals("-h")))) {
      out.print(usage());
      return OptionalInt.of(Main.DONE);
    }
    if (!arguments[0].equals("explain") || arguments.length < 2 || arguments.length > 3) {
      return OptionalInt.empty();
    }
    boolean json = false;
    String wanted = null;
    for (int at = 1; at < arguments.length; at++) {
      String argument = arguments[at];
      if (argument.equals("--json")) {
        json = true;
      } else if (wanted == null && (!argument.startsWith("-") || argument.equals("--list"))) {
        wanted = argument;
      } else {
        return OptionalInt.empty();
      }
    }
    if (wanted == null) {
      return OptionalInt.empty();
    }
    try {
      ExplainCommand.explain(wanted.equals("--list") ? null : wanted, json, out);
      return OptionalInt.of(Main.DONE);
    } catch (TraplineException failure) {
      return OptionalInt.of(Main.explain(failure, err));
    }
  }

  static String usage() {
    try (InputStream stream = QuickPath.class.getResourceAsStream(USAGE_RESOURCE)) {
      if (stream == null) {
        throw new IllegalStateException(USAGE_RESOURCE + " is not in the jar");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
