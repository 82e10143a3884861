// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.host.Lease;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What tests see of, and do to, other processes of this machine.
final class Processes {
  private Processes() {}

  /// Runs a tool to its end.
  ///
  /// @return exit code, and what it printed on both streams, in `stdout`
  static Cli.Result run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Cli.Result(process.waitFor(), said, "");
  }

  /// Sends a signal to one process.
  static void signal(long pid, String name) throws IOException, InterruptedException {
    Cli.Result result = run("kill", "-s", name, Long.toString(pid));
    if (result.exitCode() != 0) {
      throw new AssertionError("kill -s " + name + " " + pid + ": " + result.stdout());
    }
  }

  /// The processes that a lease's owner started, by their mark.
  static List<Long> marked(String leaseId) {
    List<Long> found = new ArrayList<>();
    for (long pid : all()) {
      String environment = "\0" + read(pid, "environ") + "\0";
      if (environment.contains("\0" + Lease.MARK + "=" + leaseId + "\0")) {
        found.add(pid);
      }
    }
    return found;
  }

  /// Arguments joined by blanks; empty if it is gone.
  static String commandLine(long pid) {
    return read(pid, "cmdline").replace('\0', ' ').strip();
  }

  private static List<Long> all() {
    return ProcessHandle.allProcesses().map(ProcessHandle::pid).toList();
  }

  private static String read(long pid, String name) {
    try {
      return new String(
          Files.readAllBytes(Path.of("/proc", Long.toString(pid), name)),
          StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }
}
