// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.KernelActivity;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.ProcFs;
import dev.trapline.host.ScratchFolder;
import dev.trapline.intake.perf.PerfDataReader;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A capture by perf: one recording for what ran already, and one for each program launched.
final class PerfCapture implements Capture {
  /// How often attaching is tried while a process starts threads in the middle of it.
  private static final int ATTEMPTS = 3;

  private final Path perf;
  private final Architecture architecture;
  private final CaptureLevel level;
  private final ScratchFolder folder = ScratchFolder.create("perf");
  private final List<LaunchRecording> launches = new ArrayList<>();
  private @Nullable PerfRecorder targets;
  private long threadsMissed;
  private int recordings;
  private boolean ended;

  private record LaunchRecording(String role, ChildProcess program, PerfRecorder recorder) {}

  private PerfCapture(Path perf, Architecture architecture, CaptureLevel level) {
    this.perf = perf;
    this.architecture = architecture;
    this.level = level;
  }

  static PerfCapture start(
      Path perf, Architecture architecture, CaptureTarget target, CaptureLevel level) {
    PerfCapture capture = new PerfCapture(perf, architecture, level);
    try {
      switch (target) {
        case CaptureTarget.Launched() -> {
          // Recordings begin with the launches.
        }
        case CaptureTarget.Processes(SortedSet<Integer> pids) -> capture.attach(pids);
        case CaptureTarget.Roles _ ->
            throw new IllegalArgumentException("perf is not asked to tell running roles apart");
        case CaptureTarget.Everything() -> capture.targets = capture.recorder(List.of("-a"));
        case CaptureTarget.Cgroup(Path path) -> {
          String name = CgroupName.of(path);
          // One name per event: perf gives the first to the first event only.
          String names = level == CaptureLevel.FULL ? name + "," + name : name;
          capture.targets = capture.recorder(List.of("-a", "-G", names));
        }
      }
    } catch (RuntimeException failure) {
      capture.close();
      throw failure;
    }
    return capture;
  }

  private PerfRecorder recorder(List<String> what) {
    return PerfRecorder.start(perf, level, folder, "recording-" + recordings++, what);
  }

  /// perf lists the threads of a process and then opens events for each; a thread that one of them
  /// starts meanwhile may be missed.
  private void attach(SortedSet<Integer> pids) {
    StringJoiner list = new StringJoiner(",");
    for (int pid : pids) {
      if (ProcFs.stat(pid).isEmpty()) {
        throw new TraplineException(
            "PROCESS-MISSING",
            "there is no process " + pid + ".",
            "list processes with: ps -e -o pid,comm");
      }
      list.add(Integer.toString(pid));
    }
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Set<Integer> before = threadsOf(pids);
      PerfRecorder recorder = recorder(List.of("-p", list.toString()));
      Set<Integer> newcomers = threadsOf(pids);
      newcomers.removeAll(before);
      targets = recorder;
      threadsMissed = newcomers.size();
      if (newcomers.isEmpty()) {
        return;
      }
      if (attempt < ATTEMPTS) {
        recorder.end();
      }
    }
  }

  private static Set<Integer> threadsOf(SortedSet<Integer> pids) {
    Set<Integer> threads = new HashSet<>();
    for (int pid : pids) {
      threads.addAll(ProcFs.threads(pid));
    }
    return threads;
  }

  @Override
  public synchronized ChildProcess launch(Launch launch, String role) {
    if (ended) {
      throw new IllegalStateException("this capture was stopped already");
    }
    GatedLaunch gated = GatedLaunch.start(launch);
    ChildProcess program = gated.program();
    PerfRecorder recorder;
    try {
      recorder = recorder(List.of("-p", Integer.toString(program.pid())));
    } catch (RuntimeException failure) {
      program.kill();
      throw failure;
    }
    launches.add(new LaunchRecording(role, program, recorder));
    gated.open();
    return program;
  }

  @Override
  public synchronized CaptureResult stop() {
    if (ended) {
      throw new IllegalStateException("this capture was stopped already");
    }
    try {
      return collect();
    } finally {
      close();
    }
  }

  private CaptureResult collect() {
    List<String> notes = endAll();
    SortedMap<String, Tally> byRole = new TreeMap<>();
    // What is launched is in a recording of its own and of a target that it happens to be in.
    Set<Integer> notTargets = new TreeSet<>();
    notTargets.add((int) ProcessHandle.current().pid());
    for (LaunchRecording launch : launches) {
      PerfDataReader reader = PerfDataReader.fromExecOf(architecture, launch.program().pid());
      byRole.merge(launch.role(), read(reader, launch.recorder()), Tally::plus);
      notTargets.add(launch.recorder().pid());
      notTargets.addAll(reader.processesSeen());
    }
    if (targets != null) {
      notTargets.add(targets.pid());
      PerfDataReader reader = PerfDataReader.ofAllBut(architecture, notTargets);
      byRole.merge(TARGET_ROLE, read(reader, targets), Tally::plus);
    }
    if (byRole.isEmpty()) {
      byRole.put(TARGET_ROLE, Tally.EMPTY);
    }
    Completeness completeness = new Completeness(0, 0, threadsMissed, 0, 0, 0, notes);
    for (Tally tally : byRole.values()) {
      completeness = completeness.plus(tally.completeness());
    }
    return new CaptureResult(byRole, completeness, KernelActivity.UNKNOWN, null);
  }

  private static Tally read(PerfDataReader reader, PerfRecorder recorder) {
    try {
      return reader.read(recorder.data());
    } catch (IOException failure) {
      throw new TraplineException(
          "PERF-DATA",
          "cannot read what perf recorded: " + failure.getMessage() + ".",
          "check that the disk is not full: df " + recorder.data().getParent(),
          failure);
    }
  }

  private List<String> endAll() {
    List<String> complaints = new ArrayList<>();
    if (targets != null) {
      targets.end().ifPresent(complaints::add);
    }
    for (LaunchRecording launch : launches) {
      Optional<String> complaint = launch.recorder().end();
      complaint.ifPresent(complaints::add);
    }
    return complaints;
  }

  @Override
  public synchronized void close() {
    if (!ended) {
      ended = true;
      List<String> _ = endAll();
      folder.close();
    }
  }
}
