// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.host.ScratchFolder;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// A `perf record` that counts from the moment that we say, which it confirms, to the one that we
/// end it.
final class PerfRecorder {
  /// Opening the events takes milliseconds per thread and CPU.
  private static final long STARTING_NANOS = TimeUnit.SECONDS.toNanos(30);

  /// perf writes what its buffers hold, a few MiB per CPU, when it is asked to end.
  private static final Duration ENDING = Duration.ofSeconds(60);

  /// Holds about 75,000 calls, so that a burst of a tenth of a second outlasts perf's wakeup.
  /// Memory of this size is locked per CPU and recording, which root may.
  private static final String BUFFER_PER_CPU = "16M";

  private static final int OPEN_READ_WRITE_WITHOUT_BLOCKING = 02 | 04000;
  private static final byte[] ENABLE = "enable\n".getBytes(StandardCharsets.US_ASCII);

  private final ChildProcess perf;
  private final Path data;
  private final Path words;

  private PerfRecorder(ChildProcess perf, Path data, Path words) {
    this.perf = perf;
    this.data = data;
    this.words = words;
  }

  /// Starts perf and waits until it counts.
  ///
  /// @param what the options that say whom to observe
  /// @throws TraplineException `PERF-DENIED` or `PERF-FAILED` with perf's own words
  static PerfRecorder start(
      Path program, CaptureLevel level, ScratchFolder folder, String name, List<String> what) {
    Path control = folder.file(name + ".control");
    Path confirmation = folder.file(name + ".confirmation");
    Tool.runOrFail(List.of("mkfifo", control.toString(), confirmation.toString()));
    Path data = folder.file(name + ".data");
    Path words = folder.file(name + ".stderr");
    List<String> command = new ArrayList<>();
    // perf must not outlive us: it would fill the disk for nobody.
    Tool.find("setpriv")
        .ifPresent(
            setpriv -> command.addAll(List.of(setpriv.toString(), "--pdeathsig", "TERM", "--")));
    // -R: the tracepoint's content. -c 1: every event. -B -N: no hunt for build ids at the end.
    command.addAll(List.of(program.toString(), "record", "-q", "-R", "-c", "1", "-B", "-N"));
    command.addAll(List.of("-e", events(level), "-m", BUFFER_PER_CPU));
    command.addAll(List.of("-D", "-1", "--control", "fifo:" + control + "," + confirmation));
    command.addAll(List.of("-o", data.toString()));
    command.addAll(what);
    Map<String, String> environment = new TreeMap<>(System.getenv());
    environment.put("LC_ALL", "C");
    PerfRecorder recorder;
    // Opened before perf does: what is written waits in the pipe until perf reads.
    try (FileChannel commands =
        FileChannel.open(control, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      int confirmations = LibC.open(confirmation.toString(), OPEN_READ_WRITE_WITHOUT_BLOCKING);
      try {
        ChildProcess perf =
            ChildProcess.start(
                new Launch(
                    command, environment, folder.file(name + ".stdout"), words, true, true, null));
        recorder = new PerfRecorder(perf, data, words);
        commands.write(ByteBuffer.wrap(ENABLE));
        boolean counts =
            Waiting.until(STARTING_NANOS, () -> hasConfirmed(confirmations) || !perf.isAlive());
        if (!counts || !perf.isAlive()) {
          perf.kill();
          throw recorder.failed();
        }
      } finally {
        LibC.close(confirmations);
      }
    } catch (IOException | LibC.Failure failure) {
      throw new TraplineException(
          "PERF-FAILED",
          "cannot talk to perf: " + failure.getMessage() + ".",
          "check that the folder for temporary files can be written",
          failure);
    }
    return recorder;
  }

  private static String events(CaptureLevel level) {
    return switch (level) {
      case LIGHT -> "raw_syscalls:sys_exit";
      case FULL -> "raw_syscalls:sys_enter,raw_syscalls:sys_exit";
    };
  }

  private static boolean hasConfirmed(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(16);
      return LibC.read(descriptor, buffer) > 0;
    } catch (LibC.Failure nothingYet) {
      return false;
    }
  }

  private TraplineException failed() {
    String said = words();
    if (said.contains("ermission")
        || said.contains("Access to performance")
        || said.contains("not permitted")
        || said.contains("Neither raw_syscalls")
        || said.contains("can't access trace events")) {
      return new TraplineException(
          "PERF-DENIED",
          "perf may not record syscalls here: perf_event_paranoid is "
              + paranoid()
              + (LibC.isRoot() ? "" : ", and we are not root")
              + "; perf says: "
              + firstLine(said),
          "run as root; or allow it to all: sysctl kernel.perf_event_paranoid=-1 && mount -o"
              + " remount,mode=755 /sys/kernel/tracing");
    }
    if (said.contains("no access to cgroup") || said.contains("No cgroup")) {
      return new TraplineException(
          "CGROUP-MISSING",
          "perf cannot open the cgroup: " + firstLine(said),
          "name a folder below /sys/fs/cgroup (version 2), as systemd-cgls shows them");
    }
    return new TraplineException(
        "PERF-FAILED",
        "perf did not begin to record: " + (said.isEmpty() ? "it said nothing" : firstLine(said)),
        "run it by hand to see why: perf record -e raw_syscalls:sys_enter -- true");
  }

  private static String firstLine(String words) {
    String first =
        words
            .lines()
            .map(String::strip)
            .filter(line -> line.length() > 6)
            .findFirst()
            .orElse(words);
    return first.endsWith(".") ? first : first + ".";
  }

  /// The value of `kernel.perf_event_paranoid`, see perf_event_open(2).
  static String paranoid() {
    Optional<String> value = ProcFs.read("sys/kernel/perf_event_paranoid").map(String::strip);
    return value.orElse("absent, so this kernel has no perf events");
  }

  private String words() {
    try {
      return new String(Files.readAllBytes(words), StandardCharsets.UTF_8).strip();
    } catch (IOException nothingSaid) {
      return "";
    }
  }

  int pid() {
    return perf.pid();
  }

  Path data() {
    return data;
  }

  /// Ends the recording; perf writes what it has in its buffers first. Not by SIGINT, which is
  /// ignored in what a script started in the background.
  ///
  /// @return what perf had to say, if it did not end as it should
  Optional<String> end() {
    perf.terminate();
    try {
      if (perf.await(ENDING).isEmpty()) {
        perf.kill();
        perf.await();
        return Optional.of("perf did not end within " + ENDING.toSeconds() + " s");
      }
    } catch (InterruptedException interruption) {
      perf.kill();
      Thread.currentThread().interrupt();
      return Optional.of("interrupted while perf was ending");
    }
    return Files.exists(data) ? Optional.empty() : Optional.of(words());
  }
}
