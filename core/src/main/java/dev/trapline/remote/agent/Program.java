// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.agent;

import dev.trapline.TraplineException;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.ProtocolFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A program from the order to its end.
final class Program {
  private static final int NOT_EXECUTED = 127;
  private static final int BY_SIGNAL = 128;
  private static final int SIGKILL = 9;
  private static final int LAST_SIGNAL = 64;

  /// A sleeping thread is late by some ten microseconds, seldom by more than this.
  private static final long SPIN_NANOS = 200_000;

  /// The wall clock may be set meanwhile.
  private static final long LONGEST_SLEEP_NANOS = 20_000_000;

  private final long number;
  private final Launch launch;
  private final @Nullable Instant at;
  private final Trial trial;
  private final String role;
  private final CompletableFuture<ChildProcess> started = new CompletableFuture<>();
  private final CountDownLatch over = new CountDownLatch(1);

  /// The signal that came before it was started; 0 if none did.
  private volatile int cancelledBy;

  Program(long number, Launch launch, @Nullable Instant at, Trial trial, String role) {
    this.number = number;
    this.launch = launch;
    this.at = at;
    this.trial = trial;
    this.role = role;
  }

  /// Starts it, or has it started at its moment.
  ///
  /// @throws TraplineException `COMMAND-NOT-STARTED`, only where it is to start at once
  void begin() {
    Thread.ofPlatform().daemon().name("program " + number).start(this::run);
    if (at == null) {
      try {
        started.join();
      } catch (CompletionException failure) {
        if (failure.getCause() instanceof TraplineException known) {
          throw known;
        }
        throw Agent.misuse("a program was not started: " + failure.getCause());
      }
    }
  }

  private void run() {
    Instant startedAt = null;
    try {
      if (at != null && !awaitMoment(at)) {
        started.cancel(false);
        tellEnd(null, BY_SIGNAL + cancelledBy, null);
        return;
      }
      startedAt = Instant.now();
      ChildProcess child = trial.launch(launch, role);
      started.complete(child);
      if (cancelledBy != 0) {
        child.kill();
      }
      LibC.Ended end = child.await();
      tellEnd(startedAt, ChildProcess.exitCode(end), end);
    } catch (RuntimeException failure) {
      started.completeExceptionally(failure);
      if (at != null) {
        // Nobody waits for an answer any more.
        writeError(String.valueOf(failure.getMessage()));
        tellEnd(null, NOT_EXECUTED, null);
      }
    } catch (InterruptedException interruption) {
      tellEnd(startedAt, BY_SIGNAL + SIGKILL, null);
    } finally {
      over.countDown();
    }
  }

  /// @return false if it is not to be started any more
  private boolean awaitMoment(Instant moment) {
    while (cancelledBy == 0) {
      long left = Duration.between(Instant.now(), moment).toNanos();
      if (left <= 0) {
        return true;
      }
      if (left > SPIN_NANOS) {
        LockSupport.parkNanos(Math.min(left - SPIN_NANOS, LONGEST_SLEEP_NANOS));
      } else {
        Thread.onSpinWait();
      }
    }
    return false;
  }

  private void writeError(String words) {
    try {
      Files.writeString(Objects.requireNonNull(launch.standardError()), words + "\n");
    } catch (IOException fullDisk) {
      // The exit code tells that it was not executed.
    }
  }

  private void tellEnd(@Nullable Instant startedAt, int exitCode, LibC.@Nullable Ended end) {
    trial.tell(
        Message.empty()
            .with("event", "ended")
            .with("program", number)
            .with("startedAt", startedAt == null ? null : startedAt.toString())
            .with("exitCode", (long) exitCode)
            .with("cpuNanos", end == null ? null : Long.valueOf(end.cpuNanos()))
            .with("voluntarySwitches", end == null ? null : Long.valueOf(end.voluntarySwitches()))
            .with(
                "involuntarySwitches",
                end == null ? null : Long.valueOf(end.involuntarySwitches())));
  }

  private @Nullable ChildProcess child() {
    return started.isDone() && !started.isCompletedExceptionally() ? started.join() : null;
  }

  boolean isListening(Message request) throws ProtocolFailure {
    String transport = request.text("transport");
    if (!transport.equals("tcp") && !transport.equals("udp")) {
      throw Agent.misuse("nobody listens on '" + transport + "'");
    }
    ChildProcess child = child();
    return child != null && ProcFs.isListening(child.pid(), transport, request.smallNumber("port"));
  }

  /// One that has not been started yet is not started any more.
  void signal(int signal) {
    if (signal < 1 || signal > LAST_SIGNAL) {
      throw Agent.misuse("there is no signal " + signal);
    }
    ChildProcess child = child();
    if (child == null) {
      cancelledBy = signal;
      child = child(); // It may have been started just now.
    }
    if (child != null) {
      child.signal(signal);
    }
  }

  void kill() {
    signal(SIGKILL);
  }

  /// Waits until nothing of it is left, if it dies as it should.
  ///
  /// @param deadline by `System.nanoTime`
  void awaitEnd(long deadline) {
    boolean interrupted = Thread.interrupted();
    try {
      over.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interruption) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Writes what it printed.
  ///
  /// @param stream `output` or `error`
  /// @return bytes
  long print(String stream, OutputStream target) throws IOException {
    Path file =
        switch (stream) {
          case "output" -> Objects.requireNonNull(launch.standardOutput());
          case "error" -> Objects.requireNonNull(launch.standardError());
          default -> throw Agent.misuse("a program prints no '" + stream + "'");
        };
    try {
      return Files.copy(file, target);
    } catch (NoSuchFileException neverStarted) {
      return 0;
    }
  }
}
