// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.ProcFs;
import dev.trapline.host.ScratchFolder;
import dev.trapline.host.Tool;
import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// A strace that is attached to processes which ran already.
final class AttachedTracer {
  /// Attaching stops each thread once; a thousand threads take well under a second.
  private static final long ATTACHING_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final Duration DETACHING = Duration.ofSeconds(10);

  private final ChildProcess strace;
  private final Path log;
  private final List<ThreadKey> threadsBefore;

  private AttachedTracer(ChildProcess strace, Path log, List<ThreadKey> threadsBefore) {
    this.strace = strace;
    this.log = log;
    this.threadsBefore = threadsBefore;
  }

  static AttachedTracer start(
      Path program, CaptureLevel level, ScratchFolder folder, SortedSet<Integer> pids) {
    for (int pid : pids) {
      if (ProcFs.stat(pid).isEmpty()) {
        throw new TraplineException(
            "PROCESS-MISSING",
            "there is no process " + pid + ".",
            "list processes with: ps -e -o pid,comm");
      }
    }
    Path log = folder.file("attached.strace");
    Path words = folder.file("attached.stderr");
    List<String> command = new ArrayList<>();
    // A tracer must not outlive us: it would slow its targets down for nobody.
    Tool.find("setpriv")
        .ifPresent(
            setpriv -> command.addAll(List.of(setpriv.toString(), "--pdeathsig", "TERM", "--")));
    command.addAll(StraceCommand.attaching(program, level, log, pids));
    Map<String, String> environment = new TreeMap<>(System.getenv());
    environment.put("LC_ALL", "C");
    ChildProcess strace =
        ChildProcess.start(
            new Launch(
                command, environment, folder.file("attached.stdout"), words, true, true, null));
    AttachedTracer tracer = new AttachedTracer(strace, log, new ArrayList<>());
    TracedLaunch.waitUntil(ATTACHING_NANOS, () -> !strace.isAlive() || tracer.isOn(pids));
    if (!tracer.isOn(pids)) {
      tracer.letGo();
      throw notAttached(pids, words);
    }
    for (int pid : pids) {
      for (int tid : ProcFs.threads(pid)) {
        tracer.threadsBefore.add(new ThreadKey(pid, nameOf(pid), tid, nameOf(tid)));
      }
    }
    return tracer;
  }

  private boolean isOn(SortedSet<Integer> pids) {
    for (int pid : pids) {
      for (int tid : ProcFs.threads(pid)) {
        if (TracerProcesses.tracerOf(tid) != strace.pid() && ProcFs.stat(tid).isPresent()) {
          return false;
        }
      }
    }
    return true;
  }

  private static String nameOf(int tid) {
    return ProcFs.read(tid + "/comm").map(String::stripTrailing).orElse("");
  }

  private static TraplineException notAttached(SortedSet<Integer> pids, Path words) {
    String said;
    try {
      said = new String(Files.readAllBytes(words), StandardCharsets.UTF_8).strip();
    } catch (IOException nothingSaid) {
      said = "";
    }
    int pid = pids.first();
    for (int candidate : pids) {
      int tracer = TracerProcesses.tracerOf(candidate);
      if (tracer != 0) {
        return new TraplineException(
            "PTRACE-BUSY",
            "cannot attach to pid "
                + candidate
                + ": process "
                + tracer
                + " traces it already, and there can be one tracer only.",
            "end that tracer first: ps -p " + tracer);
      }
      if (said.contains(", " + candidate + "):")) {
        pid = candidate;
      }
    }
    if (said.contains("Operation not permitted")) {
      Optional<String> scope = PtraceScope.read();
      return new TraplineException(
          "PTRACE-DENIED",
          "cannot attach to pid "
              + pid
              + ": "
              + scope.map(PtraceScope::meaning).orElse("the kernel did not permit it")
              + ".",
          "run as root, or start the program under trapline: trapline record -- COMMAND");
    }
    return new TraplineException(
        "STRACE-FAILED",
        "strace did not attach to pid " + pid + ": " + said + ".",
        "run it by hand to see why: strace -f -p " + pid);
  }

  /// Detaches and reads the log.
  Tally finish() {
    letGo();
    return TracedLaunch.readLog(log, Ending.MAY_BE_CUT, threadsBefore);
  }

  /// Detaches. strace takes SIGTERM as the wish to detach from all and end; SIGINT too, but that is
  /// ignored in what a script started in the background.
  void letGo() {
    strace.terminate();
    try {
      if (strace.await(DETACHING).isEmpty()) {
        // It hangs on a thread that does not stop, one in uninterruptible sleep. The kernel
        // detaches for a tracer that ends.
        strace.kill();
        strace.await();
      }
    } catch (InterruptedException interruption) {
      strace.kill();
      Thread.currentThread().interrupt();
    }
  }
}
