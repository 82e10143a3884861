// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Runs short-lived system tools, such as ip(8), to their end.
public final class Tool {
  private static final String USUAL_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

  private Tool() {}

  /// What a tool said.
  ///
  /// @param exitCode its exit code
  /// @param output standard output and error together
  public record Result(int exitCode, String output) {}

  /// The first executable of that name on PATH or in the usual folders (an unprivileged PATH often
  /// lacks sbin); or the one at that path, if the name has a `/` in it.
  public static Optional<Path> find(String name) {
    if (name.contains("/")) {
      Path program = Path.of(name).toAbsolutePath();
      return Files.isExecutable(program) && !Files.isDirectory(program)
          ? Optional.of(program)
          : Optional.empty();
    }
    String path = System.getenv().getOrDefault("PATH", "") + ":" + USUAL_FOLDERS + ":/sbin:/bin";
    for (String folder : path.split(":", -1)) {
      if (!folder.isEmpty()) {
        Path candidate = Path.of(folder, name);
        if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
          return Optional.of(candidate);
        }
      }
    }
    return Optional.empty();
  }

  /// Runs a tool, whatever its exit code.
  ///
  /// @throws TraplineException `TOOL-MISSING` if there is no such program
  public static Result run(List<String> command) {
    Path program =
        find(command.getFirst())
            .orElseThrow(() ->
                new TraplineException(
                    "TOOL-MISSING",
                    "'" + command.getFirst() + "' is not on PATH, and this needs it.",
                    "apt-get install " + packageOf(command.getFirst())));
    List<String> found = new ArrayList<>(command);
    found.set(0, program.toString());
    ProcessBuilder builder = new ProcessBuilder(found).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    try {
      Process process;
      ChildProcess.SPAWN_LOCK.lock();
      try {
        process = builder.start();
      } finally {
        ChildProcess.SPAWN_LOCK.unlock();
      }
      try (InputStream output = process.getInputStream()) {
        String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
        return new Result(awaitEnd(process), text.strip());
      }
    } catch (IOException failure) {
      throw new TraplineException(
          "TOOL-FAILED",
          "'" + String.join(" ", command) + "' could not be run: " + failure.getMessage() + ".",
          "run it by hand to see why",
          failure);
    }
  }

  /// Its output has ended, so it is about to. An interrupt waits: it must not cut short a clean-up.
  private static int awaitEnd(Process process) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return process.waitFor();
        } catch (InterruptedException interruption) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Runs a tool that must succeed.
  ///
  /// @return what it printed
  /// @throws TraplineException `TOOL-FAILED` with its words if it did not
  public static String runOrFail(List<String> command) {
    Result result = run(command);
    if (result.exitCode() != 0) {
      throw new TraplineException(
          "TOOL-FAILED",
          "'"
              + String.join(" ", command)
              + "' ended with "
              + result.exitCode()
              + ": "
              + result.output(),
          "run 'trapline doctor' to see what this machine lacks");
    }
    return result.output();
  }

  /// The Debian package that a tool comes from.
  public static String packageOf(String tool) {
    return switch (tool) {
      case "ip", "tc", "ss", "bridge" -> "iproute2";
      case "perf" -> "linux-perf";
      case "ssh", "ssh-keygen" -> "openssh-client";
      case "sshd" -> "openssh-server";
      case "qemu-system-x86_64" -> "qemu-system-x86";
      case "busybox" -> "busybox-static";
      default -> tool;
    };
  }
}
