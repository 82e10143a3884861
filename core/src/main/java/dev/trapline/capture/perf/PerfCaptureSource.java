// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.Launch;
import dev.trapline.host.ScratchFolder;
import dev.trapline.host.Tool;
import dev.trapline.syscall.Architecture;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Counts by running `perf record` on the raw_syscalls tracepoints, about a microsecond per call,
/// and reading the file afterwards.
///
/// Not by `perf trace -s`, for reasons found by trying (perf 6.1): it costs twenty times as much
/// per call; with `-p` it does not follow new threads and children; ended by a signal it drops what
/// is in its buffers without a word; it keeps the exit code of the command that it starts; and its
/// table has neither bytes nor distributions. `perf record` has none of these faults, tells what it
/// lost, and says through `--control` when it has begun.
public final class PerfCaptureSource implements CaptureSource {
  @Override
  public String name() {
    return "perf";
  }

  @Override
  public String description() {
    return "records every call's begin and end to a file: about a microsecond and 220 bytes a call";
  }

  @Override
  public List<String> cannotKnow(CaptureLevel level) {
    String objects = "what kind of object a descriptor is";
    String split = "how time splits into work, blocked, runnable and guest";
    String kernel =
        "what the kernel does on its own account: softirqs, retransmissions, io_uring operations";
    String switches = "context switches of the observed threads";
    String personality = "calls of 32-bit programs, which are counted under wrong names";
    String messages = "bytes of sendmmsg and recvmmsg, which return a number of messages";
    return level == CaptureLevel.FULL
        ? List.of(objects, split, kernel, switches, personality, messages)
        : List.of(
            objects,
            "time of any kind (level light)",
            "the requests of ioctl and futex (level light)",
            "calls that never return: exit, exit_group (level light)",
            "calls in flight at the edges of the capture (level light)",
            kernel,
            switches,
            personality,
            messages);
  }

  @Override
  public Optional<Unavailable> unavailable() {
    try (ScratchFolder folder = ScratchFolder.create("perf");
        Capture capture = start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      Launch trial =
          new Launch(
              List.of("true"),
              System.getenv(),
              folder.file("try.stdout"),
              folder.file("try.stderr"),
              true,
              true,
              null);
      capture.launch(trial, "try").await();
      if (capture.stop().total().counts().isEmpty()) {
        return Optional.of(
            new Unavailable(
                "PERF-FAILED",
                "perf recorded nothing of the program 'true', with perf_event_paranoid "
                    + PerfRecorder.paranoid(),
                "run it by hand to see why: perf record -e raw_syscalls:sys_enter -- true"));
      }
      return Optional.empty();
    } catch (TraplineException failure) {
      return Optional.of(
          new Unavailable(failure.code(), String.valueOf(failure.getMessage()), failure.remedy()));
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while trying perf", interruption);
    }
  }

  @Override
  public boolean supports(CaptureTarget target) {
    // What runs already has one role here: a recording does not tell its targets apart.
    return !(target instanceof CaptureTarget.Roles);
  }

  @Override
  public Capture start(CaptureTarget target, CaptureLevel level) {
    Path perf =
        Tool.find("perf")
            .orElseThrow(() ->
                new TraplineException(
                    "PERF-MISSING",
                    "there is no perf on PATH, and this capture needs it.",
                    "apt-get install linux-perf"));
    Architecture architecture =
        Architecture.current()
            .orElseThrow(() ->
                new TraplineException(
                    "ARCHITECTURE",
                    "the perf capture knows the syscall numbers of x86-64 and arm64, not of "
                        + System.getProperty("os.arch")
                        + ".",
                    "use --capture strace"));
    return PerfCapture.start(perf, architecture, target, level);
  }
}
