// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/// A program that we talk to by its standard streams, such as ssh(1). It is nothing that is
/// measured: for that there is [ChildProcess]. Its input ends with us, however we end.
///
/// It has a session of its own where setsid(1) is, so that a terminal's ^C is ours alone to act on.
public final class PipedProcess implements AutoCloseable {
  private static final Duration ENDS_WITHIN = Duration.ofSeconds(5);
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  /// What it has to say is kept up to here: it may be another machine's words, without an end.
  private static final int MOST_ERROR_BYTES = 1 << 20;

  private final Process process;
  private final Thread errors;

  private PipedProcess(Process process, Path standardError) {
    this.process = process;
    this.errors =
        Thread.ofPlatform()
            .daemon()
            .name("errors of " + process.pid())
            .start(() -> keepErrors(process.getErrorStream(), standardError));
  }

  private static void keepErrors(InputStream errors, Path file) {
    try (OutputStream kept =
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      byte[] part = new byte[8192];
      int left = MOST_ERROR_BYTES;
      for (int count = errors.read(part); count > 0; count = errors.read(part)) {
        try {
          kept.write(part, 0, Math.min(count, left));
        } catch (IOException fullDisk) {
          left = 0;
        }
        left -= Math.min(count, left);
      }
    } catch (IOException ended) {
      // What was said is kept, as far as it could be.
    }
  }

  /// Starts it.
  ///
  /// @param standardError file that its words are added to, up to a megabyte of them
  /// @throws TraplineException `TOOL-MISSING` if there is no such program, `TOOL-FAILED` if it
  ///   cannot be executed
  public static PipedProcess start(List<String> command, Path standardError) {
    Path program =
        Tool.find(command.getFirst())
            .orElseThrow(() ->
                new TraplineException(
                    "TOOL-MISSING",
                    "'" + command.getFirst() + "' is not on PATH, and this needs it.",
                    "apt-get install " + Tool.packageOf(command.getFirst())));
    List<String> words = new ArrayList<>();
    Optional<Path> sessionMaker = Tool.find("setsid");
    sessionMaker.ifPresent(path -> words.add(path.toString()));
    words.add(program.toString());
    words.addAll(command.subList(1, command.size()));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().put("LC_ALL", "C");
    ChildProcess.SPAWN_LOCK.lock();
    try {
      return new PipedProcess(builder.start(), standardError);
    } catch (IOException failure) {
      throw new TraplineException(
          "TOOL-FAILED",
          "'" + command.getFirst() + "' could not be run: " + failure.getMessage() + ".",
          "run it by hand to see why",
          failure);
    } finally {
      ChildProcess.SPAWN_LOCK.unlock();
    }
  }

  /// What it prints.
  public InputStream output() {
    return process.getInputStream();
  }

  /// What it reads.
  public OutputStream input() {
    return process.getOutputStream();
  }

  /// Its process id.
  public long pid() {
    return process.pid();
  }

  /// Its exit code; empty while it runs.
  public OptionalInt exitCode() {
    return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
  }

  /// Waits for its end, for so long at the most.
  ///
  /// @return whether it has ended
  public boolean await(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return false;
    }
    // Its last words; a program that it has left behind may hold the stream for longer.
    errors.join(LAST_WORDS);
    return true;
  }

  /// Ends its input, waits a little for its end, and then ends it. An interrupt shortens the wait.
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException goneAlready) {
      // A broken pipe: it has ended.
    }
    boolean interrupted = Thread.interrupted();
    try {
      if (!await(ENDS_WITHIN)) {
        kill();
      }
    } catch (InterruptedException interruption) {
      interrupted = true;
      kill();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends it at once.
  public void kill() {
    process.destroyForcibly();
  }
}
