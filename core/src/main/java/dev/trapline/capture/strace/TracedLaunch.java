// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.CommandLookup;
import dev.trapline.host.Launch;
import dev.trapline.intake.strace.StraceLogReader;
import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// One program started under a tracer of its own, with a log of its own.
final class TracedLaunch {
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /// strace itself gives up when its attaching takes three seconds.
  private static final long ATTACHING_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// For the tracer's last lines, once the program has ended. Longer only if the program left
  /// processes behind, which the tracer then waits for and we do not.
  private static final long LAST_LINES_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long KILLING_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String role;
  private final Path log;
  private final ChildProcess program;

  private TracedLaunch(String role, Path log, ChildProcess program) {
    this.role = role;
    this.log = log;
    this.program = program;
  }

  static TracedLaunch start(Path strace, CaptureLevel level, Path log, Launch launch, String role) {
    List<String> command = new ArrayList<>(launch.command());
    String found = CommandLookup.find(launch).toString();
    if (!launch.environment().containsKey("PATH")) {
      command.set(0, found); // strace looks only there
    }
    ChildProcess program =
        ChildProcess.start(
            launch.withCommand(StraceCommand.launching(strace, level, log, command)));
    // Not needed for the count, which begins at the exec in any case; but who asks for the
    // program's state next must find the program and not strace on its way to it.
    waitUntil(
        ATTACHING_NANOS, () -> !program.isAlive() || TracerProcesses.tracerOf(program.pid()) != 0);
    return new TracedLaunch(role, log, program);
  }

  String role() {
    return role;
  }

  ChildProcess program() {
    return program;
  }

  /// Detaches from what still runs and reads the log.
  Tally finish() {
    boolean hasEnded = !program.isAlive();
    if (hasEnded) {
      waitUntil(LAST_LINES_NANOS, this::isUntraced);
    }
    boolean isWhole = hasEnded && isUntraced();
    letGo();
    Tally tally = readLog(log, isWhole ? Ending.WHOLE : Ending.MAY_BE_CUT, List.of());
    if (tally.counts().isEmpty()) {
      // Even a program that did nothing was executed.
      return new Tally(
          new TreeMap<>(),
          tally
              .completeness()
              .withNote("strace saw nothing of " + role + ": it could not attach to the program"));
    }
    return tally;
  }

  /// Ends the tracer; the program, if it has not ended, runs on.
  void letGo() {
    waitUntil(
        KILLING_NANOS,
        () -> {
          TracerProcesses.kill(log, program.pid());
          return isUntraced();
        });
  }

  private boolean isUntraced() {
    return TracerProcesses.of(log, program.pid()).isEmpty();
  }

  static Tally readLog(
      Path log, Ending ending, Collection<dev.trapline.tally.ThreadKey> threadsBefore) {
    try {
      return new StraceLogReader(ending, threadsBefore).read(log).reading().tally("the strace log");
    } catch (NoSuchFileException noLog) {
      return new Tally(
          new TreeMap<>(), Completeness.COMPLETE.withNote("strace wrote no log: " + log));
    } catch (IOException failure) {
      throw new TraplineException(
          "STRACE-LOG",
          "cannot read the log of strace, " + log + ": " + failure.getMessage() + ".",
          "check the disk that it is on",
          failure);
    }
  }

  /// Waits for something that has no descriptor to wait on.
  ///
  /// @return whether it came about in time
  static boolean waitUntil(long limitNanos, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limitNanos;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
    return true;
  }
}
