// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The tracers that write a log. They are no children of ours (see [StraceCommand#launching]), so
/// they are found by the log's path in their command line, which is unique.
final class TracerProcesses {
  private static final int SIGKILL = 9;
  private static final String TRACER_FIELD = "TracerPid:\t";

  private TracerProcesses() {}

  /// The tracers of a log that are alive.
  ///
  /// @param wrapped the process that had the tracer's command line before it became the program
  static List<Integer> of(Path log, int wrapped) {
    String argument = "\0" + log + "\0";
    List<Integer> found = new ArrayList<>();
    for (int pid : ProcFs.processes()) {
      if (pid != wrapped && ProcFs.read(pid + "/cmdline").orElse("").contains(argument)) {
        found.add(pid);
      }
    }
    return found;
  }

  /// Ends the tracers of a log. The kernel lets their tracees go, which run on unobserved.
  static void kill(Path log, int wrapped) {
    for (int pid : of(log, wrapped)) {
      try {
        LibC.kill(pid, SIGKILL);
      } catch (LibC.Failure alreadyGone) {
        // Ended by itself between the look and the signal.
      }
    }
  }

  /// The tracer of a thread, 0 if there is none or the thread is gone; see proc(5).
  static int tracerOf(int tid) {
    String status = ProcFs.read(tid + "/status").orElse("");
    int field = status.indexOf(TRACER_FIELD);
    if (field < 0) {
      return 0;
    }
    int from = field + TRACER_FIELD.length();
    return Integer.parseInt(status.substring(from, status.indexOf('\n', from)));
  }
}
