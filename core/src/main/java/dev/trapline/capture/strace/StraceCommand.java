// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.capture.CaptureLevel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The command lines of strace(1) that the capture source uses, and that
/// [dev.trapline.intake.strace.StraceLogReader] reads the logs of.
final class StraceCommand {
  private StraceCommand() {}

  /// strace and the options that every use has:
  ///
  /// - `-f`: threads and children too
  /// - `-q`: no word about attaching on the program's standard error
  /// - `-yy`: what each descriptor is
  /// - `--decode-pids=comm`: the thread's name on each line
  /// - `-s 0`: no data of the program in the log
  /// - `-e signal=none`: no lines for signals, which are no calls
  /// - `--syscall-times=ns`, at the level full: the time in each call
  /// - `-o`: into a file. Times of day are not written, they are not needed.
  static List<String> common(Path strace, CaptureLevel level, Path log) {
    List<String> command =
        new ArrayList<>(
            List.of(
                strace.toString(),
                "-f",
                "-q",
                "-yy",
                "--decode-pids=comm",
                "-s",
                "0",
                "-e",
                "signal=none"));
    if (level == CaptureLevel.FULL) {
      command.add("--syscall-times=ns");
    }
    command.add("-o");
    command.add(log.toString());
    return command;
  }

  /// Starts a program and traces it from its exec on.
  ///
  /// With `-DD` the process that we start becomes the program, and the tracer is a process of a
  /// group of its own that hangs on to it: exit code, signals, resource usage, redirections and the
  /// terminal are the program's, and a ^C ends the program, not the tracer. Without it a signal for
  /// the program would go to the tracer, which blocks it.
  static List<String> launching(
      Path strace, CaptureLevel level, Path log, List<String> programAndArguments) {
    List<String> command = common(strace, level, log);
    command.add("-DD");
    command.add("--");
    command.addAll(programAndArguments);
    return command;
  }

  /// Attaches to processes with all their threads.
  static List<String> attaching(Path strace, CaptureLevel level, Path log, Iterable<Integer> pids) {
    List<String> command = common(strace, level, log);
    for (int pid : pids) {
      command.add("-p");
      command.add(Integer.toString(pid));
    }
    return command;
  }
}
