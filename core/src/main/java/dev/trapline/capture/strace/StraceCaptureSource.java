// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.Launch;
import dev.trapline.host.ScratchFolder;
import dev.trapline.host.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Counts by running strace(1). The source of last resort: it needs no privilege for programs that
/// it starts, and it changes the behaviour of what it measures more than any other.
///
/// Counting begins with the exec of a launched program, which is itself counted, as by `strace -c`.
/// When a capture stops before a program does, the tracer is ended and the program runs on.
public final class StraceCaptureSource implements CaptureSource {
  @Override
  public String name() {
    return "strace";
  }

  @Override
  public String description() {
    return "stops the program twice per call: slow, but exact, and needs no root";
  }

  @Override
  public List<String> cannotKnow(CaptureLevel level) {
    return List.of(
        level == CaptureLevel.FULL
            ? "how time splits into work, blocked, runnable and guest"
            : "time of any kind (level light)",
        "how fast the program is unobserved: strace stops it twice per call, each a wait of"
            + " microseconds to a tenth of a millisecond, which is in the times it tells",
        "what the kernel does on its own account: softirqs, retransmissions, io_uring operations",
        "context switches of the observed threads",
        "when a call began that was under way when strace attached",
        "the kind of a vsock or packet socket that was made before strace attached",
        "bytes of sendmmsg and recvmmsg, which return a number of messages");
  }

  @Override
  public Optional<Unavailable> unavailable() {
    Optional<Path> strace = Tool.find("strace");
    if (strace.isEmpty()) {
      return Optional.of(
          new Unavailable(
              "STRACE-MISSING", "there is no strace on PATH", "apt-get install strace"));
    }
    try (ScratchFolder folder = ScratchFolder.create("strace")) {
      Path log = folder.file("try.strace");
      Path words = folder.file("try.stderr");
      Launch trial =
          new Launch(
              List.of("true"), System.getenv(), folder.file("try.stdout"), words, true, true, null);
      TracedLaunch launch = TracedLaunch.start(strace.get(), CaptureLevel.FULL, log, trial, "try");
      launch.program().await();
      if (!launch.finish().counts().isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(refused(Files.readString(words).strip()));
    } catch (TraplineException failure) {
      return Optional.of(
          new Unavailable(failure.code(), String.valueOf(failure.getMessage()), failure.remedy()));
    } catch (java.io.IOException failure) {
      return Optional.of(refused(String.valueOf(failure.getMessage())));
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while trying strace", interruption);
    }
  }

  private static Unavailable refused(String words) {
    String scope = PtraceScope.read().map(PtraceScope::meaning).orElse("there is no ptrace_scope");
    return words.contains("Operation not permitted")
        ? new Unavailable(
            "PTRACE-DENIED",
            "cannot trace a program of our own: " + scope + "; strace says: " + words,
            "run as root; in a container, allow ptrace: docker run --cap-add SYS_PTRACE")
        : new Unavailable(
            "STRACE-FAILED",
            "strace traced nothing of the program 'true'; it says: " + words,
            "run it by hand to see why: strace -DD -f -o /dev/stdout true");
  }

  @Override
  public boolean supports(CaptureTarget target) {
    return switch (target) {
      case CaptureTarget.Launched _, CaptureTarget.Processes _ -> true;
      case CaptureTarget.Cgroup _, CaptureTarget.Everything _, CaptureTarget.Roles _ -> false;
    };
  }

  @Override
  public Capture start(CaptureTarget target, CaptureLevel level) {
    if (!supports(target)) {
      throw new TraplineException(
          "CAPTURE-TARGET",
          "strace attaches to processes, it cannot observe a cgroup or the whole machine.",
          "name the processes: trapline record -p PID; or run as root with --capture ebpf");
    }
    Path strace =
        Tool.find("strace")
            .orElseThrow(() ->
                new TraplineException(
                    "STRACE-MISSING",
                    "there is no strace on PATH, and this capture needs it.",
                    "apt-get install strace"));
    return StraceCapture.start(strace, target, level);
  }
}
