// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import dev.trapline.TraplineException;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.CommandLookup;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import java.util.ArrayList;
import java.util.List;

/// A program that stands still before its exec until something has attached to it.
///
/// `perf record -- COMMAND` would start it by itself, but keeps its exit code for itself. Here a
/// shell stops itself and then becomes the program, so the program is our child: exit code,
/// signals, usage, redirections, namespace and terminal are its own. What the shell does in between
/// is, for dash, nothing but the exec; the reader counts from the exec anyhow. The one trace: dash
/// exports PWD if the environment lacks it.
final class GatedLaunch {
  private static final int SIGCONT = 18;
  private static final String STOP_THEN_BECOME_THE_PROGRAM = "kill -STOP $$; exec \"$@\"";
  private static final long STOPPING_NANOS = 5_000_000_000L;

  private final ChildProcess program;

  private GatedLaunch(ChildProcess program) {
    this.program = program;
  }

  /// Starts the shell and waits until it has stopped.
  static GatedLaunch start(Launch launch) {
    CommandLookup.find(launch);
    List<String> command =
        new ArrayList<>(List.of("/bin/sh", "-c", STOP_THEN_BECOME_THE_PROGRAM, "trapline-gate"));
    command.addAll(launch.command());
    GatedLaunch gated = new GatedLaunch(ChildProcess.start(launch.withCommand(command)));
    if (!Waiting.until(STOPPING_NANOS, () -> gated.isStopped() || !gated.program.isAlive())
        || !gated.program.isAlive()) {
      gated.program.kill();
      throw new TraplineException(
          "COMMAND-NOT-STARTED",
          "'" + launch.command().getFirst() + "' was not started: /bin/sh did not stop before it.",
          "run it by hand to see why: /bin/sh -c 'kill -STOP $$'");
    }
    return gated;
  }

  private boolean isStopped() {
    return ProcFs.stat(program.pid())
        .map(stat -> stat.fields().getFirst().equals("T"))
        .orElse(false);
  }

  ChildProcess program() {
    return program;
  }

  /// Lets it become the program.
  void open() {
    try {
      LibC.kill(program.pid(), SIGCONT);
    } catch (LibC.Failure alreadyGone) {
      // Somebody ended it while it stood still; its exit code tells.
    }
  }
}
