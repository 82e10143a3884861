// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Finds the program of a [Launch] as exec would, before a tool that wraps it is started: else that
/// tool's words, not ours, tell that there is no such program.
public final class CommandLookup {
  private CommandLookup() {}

  /// Where the program is.
  ///
  /// @throws TraplineException `COMMAND-NOT-STARTED` if there is none that can be executed
  public static Path find(Launch launch) {
    String name = launch.command().getFirst();
    if (name.contains("/")) {
      if (isProgram(Path.of(name))) {
        return Path.of(name);
      }
      throw notFound(name, Files.exists(Path.of(name)) ? "it is not executable" : "no such file");
    }
    String path = launch.environment().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (String folder : path.split(":", -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
      if (isProgram(candidate)) {
        return candidate;
      }
    }
    throw notFound(name, "it is in no folder of PATH (" + path + ")");
  }

  private static boolean isProgram(Path path) {
    return Files.isRegularFile(path) && Files.isExecutable(path);
  }

  private static TraplineException notFound(String name, String reason) {
    return new TraplineException(
        "COMMAND-NOT-STARTED",
        "'" + name + "' was not started: " + reason + ".",
        "check the name and that it is executable: command -v " + name);
  }
}
