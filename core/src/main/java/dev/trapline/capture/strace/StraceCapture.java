// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.KernelActivity;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.ScratchFolder;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A capture by strace: one tracer and one log for the processes that ran already, and one for each
/// program launched.
final class StraceCapture implements Capture {
  private final Path strace;
  private final CaptureLevel level;
  private final ScratchFolder folder = ScratchFolder.create("strace");
  private final List<TracedLaunch> launches = new ArrayList<>();
  private @Nullable AttachedTracer attached;
  private boolean ended;

  private StraceCapture(Path strace, CaptureLevel level) {
    this.strace = strace;
    this.level = level;
  }

  static StraceCapture start(Path strace, CaptureTarget target, CaptureLevel level) {
    StraceCapture capture = new StraceCapture(strace, level);
    if (target instanceof CaptureTarget.Processes(var pids)) {
      try {
        capture.attached = AttachedTracer.start(strace, level, capture.folder, pids);
      } catch (RuntimeException failure) {
        capture.close();
        throw failure;
      }
    }
    return capture;
  }

  @Override
  public synchronized ChildProcess launch(Launch launch, String role) {
    if (ended) {
      throw new IllegalStateException("this capture was stopped already");
    }
    Path log = folder.file("launch-" + launches.size() + ".strace");
    TracedLaunch started = TracedLaunch.start(strace, level, log, launch, role);
    launches.add(started);
    return started.program();
  }

  @Override
  public synchronized CaptureResult stop() {
    if (ended) {
      throw new IllegalStateException("this capture was stopped already");
    }
    try {
      SortedMap<String, Tally> byRole = new TreeMap<>();
      if (attached != null) {
        byRole.put(TARGET_ROLE, attached.finish());
      }
      for (TracedLaunch launch : launches) {
        byRole.merge(launch.role(), launch.finish(), Tally::plus);
      }
      if (byRole.isEmpty()) {
        byRole.put(TARGET_ROLE, Tally.EMPTY);
      }
      Completeness completeness = Completeness.COMPLETE;
      for (Tally tally : byRole.values()) {
        completeness = completeness.plus(tally.completeness());
      }
      return new CaptureResult(byRole, completeness, KernelActivity.UNKNOWN, null);
    } finally {
      close();
    }
  }

  @Override
  public synchronized void close() {
    if (ended) {
      return;
    }
    ended = true;
    if (attached != null) {
      attached.letGo();
    }
    for (TracedLaunch launch : launches) {
      launch.letGo();
    }
    folder.close();
  }
}
