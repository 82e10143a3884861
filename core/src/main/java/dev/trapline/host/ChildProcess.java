// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/// A program that we started. Unlike `java.lang.Process` it has no helper process between us and
/// the program, so a capture that counts from the exec sees none of our steps, and it knows the CPU
/// time that the program used.
public final class ChildProcess {
  private static final int SIGINT = 2;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /// Held while a program is started: a capture that waits for the next exec of ours must not take
  /// somebody else's.
  static final ReentrantLock SPAWN_LOCK = new ReentrantLock();

  private final int pid;
  private final int pidDescriptor;
  private final CompletableFuture<LibC.Ended> ended = new CompletableFuture<>();

  private ChildProcess(int pid, int pidDescriptor) {
    this.pid = pid;
    this.pidDescriptor = pidDescriptor;
  }

  /// Starts a program.
  ///
  /// @throws TraplineException `COMMAND-NOT-STARTED` if it cannot be executed
  public static ChildProcess start(Launch launch) {
    return startWith(launch, () -> {}, () -> {});
  }

  /// Starts a program with something done just before, and undone just after, while no other start
  /// of ours can come between.
  public static ChildProcess startWith(Launch launch, Runnable before, Runnable after) {
    CompletableFuture<ChildProcess> started = new CompletableFuture<>();
    // A platform thread of its own: it may enter a network namespace, and it reaps the child.
    Thread.ofPlatform()
        .daemon()
        .name("child " + launch.command().getFirst())
        .start(() -> startAndReap(launch, before, after, started));
    try {
      // Not get(): an interrupt must not lose the handle of a program that runs already. It is
      // still set afterwards, and the caller's next wait sees it.
      return started.join();
    } catch (CompletionException failure) {
      if (failure.getCause() instanceof LibC.Failure cause) {
        throw new TraplineException(
            "COMMAND-NOT-STARTED",
            "'" + launch.command().getFirst() + "' was not started: " + cause.getMessage() + ".",
            "check the name and that it is executable: command -v " + launch.command().getFirst(),
            cause);
      }
      if (failure.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(failure.getCause());
    }
  }

  private static void startAndReap(
      Launch launch, Runnable before, Runnable after, CompletableFuture<ChildProcess> started) {
    ChildProcess child;
    try {
      if (launch.networkNamespace() != null) {
        LibC.setNetworkNamespace(launch.networkNamespace());
      }
      if (!launch.cpus().isEmpty()) {
        LibC.runOnlyOn(launch.cpus());
      }
      SPAWN_LOCK.lock();
      try {
        before.run();
        int pid;
        try {
          pid = LibC.spawn(launch);
        } finally {
          after.run();
        }
        child = new ChildProcess(pid, LibC.openPidDescriptor(pid));
      } finally {
        SPAWN_LOCK.unlock();
      }
    } catch (LibC.Failure | RuntimeException failure) {
      started.completeExceptionally(failure);
      return;
    }
    started.complete(child);
    try {
      child.ended.complete(LibC.waitFor(child.pid));
    } catch (LibC.Failure | RuntimeException failure) {
      child.ended.completeExceptionally(failure);
    } finally {
      child.closeDescriptor();
    }
  }

  private synchronized void closeDescriptor() {
    LibC.close(pidDescriptor);
  }

  /// The process id.
  public int pid() {
    return pid;
  }

  /// Whether it has not ended yet.
  public boolean isAlive() {
    return !ended.isDone();
  }

  /// How it ended; empty while it runs.
  public Optional<LibC.Ended> ended() {
    return ended.isDone() ? Optional.of(ended.join()) : Optional.empty();
  }

  /// Waits for its end.
  public LibC.Ended await() throws InterruptedException {
    try {
      return ended.get();
    } catch (ExecutionException failure) {
      throw new IllegalStateException("lost track of process " + pid, failure.getCause());
    }
  }

  /// Waits for its end, for so long at the most.
  public Optional<LibC.Ended> await(Duration limit) throws InterruptedException {
    try {
      return Optional.of(ended.get(limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException timeout) {
      return Optional.empty();
    } catch (ExecutionException failure) {
      throw new IllegalStateException("lost track of process " + pid, failure.getCause());
    }
  }

  /// Asks it to end as ^C would.
  public void interrupt() {
    signal(SIGINT);
  }

  /// Asks it to end.
  public void terminate() {
    signal(SIGTERM);
  }

  /// Ends it.
  public void kill() {
    signal(SIGKILL);
  }

  /// Asks it to end, and ends it if it has not after the time given.
  public LibC.Ended end(Duration grace) throws InterruptedException {
    terminate();
    Optional<LibC.Ended> result = await(grace);
    if (result.isPresent()) {
      return result.get();
    }
    kill();
    return await();
  }

  /// Sends it a signal; nothing happens if it has ended.
  public synchronized void signal(int number) {
    if (isAlive()) {
      try {
        LibC.signalPidDescriptor(pidDescriptor, number);
      } catch (LibC.Failure alreadyGone) {
        // ESRCH: it ended by itself between the check and the signal, which is what was wanted.
      }
    }
  }

  /// The exit code as a shell gives it: 128 + signal if a signal ended it.
  public static int exitCode(LibC.Ended ended) {
    int signal = ended.waitStatus() & 0x7f;
    return signal == 0 ? (ended.waitStatus() >> 8) & 0xff : 128 + signal;
  }
}
