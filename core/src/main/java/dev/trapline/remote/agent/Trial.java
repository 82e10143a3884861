// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.agent;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.CommandLookup;
import dev.trapline.host.Launch;
import dev.trapline.host.Lease;
import dev.trapline.host.ScratchFolder;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.ProtocolFailure;
import dev.trapline.remote.wire.Wire;
import dev.trapline.store.CaptureJson;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// This machine's half of a trial: a capture, programs, and a folder for what they print.
final class Trial implements AutoCloseable {
  /// A server or client for each of 64 pairs, and room to spare.
  private static final int MOST_PROGRAMS = 256;

  /// A start that is further ahead is one by a broken clock.
  private static final Duration FURTHEST_START = Duration.ofMinutes(5);

  /// All together: a program that does not die of SIGKILL hangs in the kernel.
  private static final Duration DIE_WITHIN = Duration.ofSeconds(1);

  private final long number;
  private final @Nullable Capture capture;
  private final ScratchFolder folder;
  private final Wire wire;
  private final Lease lease;
  private final Map<Long, Program> programs = new ConcurrentHashMap<>();
  private boolean stopped;
  private volatile boolean closed;

  private Trial(
      long number, @Nullable Capture capture, ScratchFolder folder, Wire wire, Lease lease) {
    this.number = number;
    this.capture = capture;
    this.folder = folder;
    this.wire = wire;
    this.lease = lease;
  }

  static Trial begin(
      long number, @Nullable CaptureSource source, @Nullable String level, Wire wire, Lease lease) {
    ScratchFolder folder = ScratchFolder.create("agent");
    try {
      Capture capture =
          source == null ? null : source.start(new CaptureTarget.Launched(), levelOf(level));
      return new Trial(number, capture, folder, wire, lease);
    } catch (RuntimeException failure) {
      folder.close();
      throw failure;
    }
  }

  private static CaptureLevel levelOf(@Nullable String label) {
    for (CaptureLevel level : CaptureLevel.values()) {
      if (level.label().equals(label)) {
        return level;
      }
    }
    throw Agent.misuse("there is no capture level '" + label + "'");
  }

  long number() {
    return number;
  }

  @Nullable Program program(long wanted) {
    return programs.get(wanted);
  }

  /// Begins a program, at once or at its moment. At once, it runs when this returns.
  void start(Message request) throws ProtocolFailure, InterruptedException {
    long wanted = request.number("program");
    List<String> command = request.texts("command");
    if (command.isEmpty() || command.getFirst().isEmpty()) {
      throw Agent.misuse("a program needs a name");
    }
    if (command.stream().anyMatch(word -> word.indexOf('\0') >= 0)) {
      throw Agent.misuse("a word of a command ends where it has a zero byte");
    }
    if (programs.size() >= MOST_PROGRAMS || programs.containsKey(wanted)) {
      throw Agent.misuse("there are " + programs.size() + " programs, or one of this number");
    }
    Instant at = momentOf(request.textOrNull("at"));
    Launch launch =
        Launch.background(
                command,
                // By number: what the controller calls it is no name of a file here.
                folder.file(wanted + ".output"),
                folder.file(wanted + ".error"),
                null,
                lease.id())
            .onCpus(request.smallNumbers("cpus"));
    CommandLookup.find(launch);
    Program program = new Program(wanted, launch, at, this, request.text("role"));
    programs.put(wanted, program);
    try {
      program.begin();
    } catch (TraplineException failure) {
      programs.remove(wanted);
      throw failure;
    }
  }

  private static @Nullable Instant momentOf(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Instant moment;
    try {
      moment = Instant.parse(text);
    } catch (DateTimeException malformed) {
      throw Agent.misuse("the moment of a start is none");
    }
    if (Duration.between(Instant.now(), moment).compareTo(FURTHEST_START) > 0) {
      throw Agent.misuse("a start is more than " + FURTHEST_START.toMinutes() + " minutes ahead");
    }
    return moment;
  }

  /// Not while the trial is being ended: then nothing may begin any more.
  synchronized ChildProcess launch(Launch launch, String role) {
    if (closed) {
      throw Agent.misuse("the trial has ended");
    }
    return capture == null || stopped ? ChildProcess.start(launch) : capture.launch(launch, role);
  }

  void tell(Message event) {
    try {
      wire.send(event);
    } catch (IOException goneController) {
      // The listener sees that too.
    }
  }

  /// Ends the counting.
  synchronized CaptureResult stopCapture() {
    if (capture == null || stopped) {
      throw Agent.misuse("nothing is counted");
    }
    stopped = true;
    CaptureResult result = capture.stop();
    int rows = result.byRole().values().stream().mapToInt(part -> part.counts().size()).sum();
    if (rows > CaptureJson.MOST_ROWS) {
      throw Agent.misuse(
          "the capture has " + rows + " rows, and " + CaptureJson.MOST_ROWS + " are the most");
    }
    return result;
  }

  /// Ends what still runs and removes its files.
  @Override
  public void close() {
    closed = true;
    // Not yet under the lock: a program that is being started holds it.
    programs.values().forEach(Program::kill);
    synchronized (this) {
      programs.values().forEach(Program::kill);
      if (capture != null) {
        capture.close();
      }
      long deadline = System.nanoTime() + DIE_WITHIN.toNanos();
      programs.values().forEach(program -> program.awaitEnd(deadline));
      // What they started themselves.
      lease.endPrograms();
      folder.close();
    }
  }
}
