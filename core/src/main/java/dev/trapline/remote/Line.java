// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import dev.trapline.host.PipedProcess;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;

/// A program whose standard streams lead to an agent, most often ssh(1).
final class Line implements AutoCloseable {
  /// Of a log, so much of the end is looked at for words to quote.
  private static final int TAIL_BYTES = 4096;

  private static final String NO_SPACE = "No space left on device";

  private static final int MOST_QUOTED = 240;

  /// What a shell may print before anything of ours; more is no login message.
  private static final int MOST_NOISE = 1 << 18;

  private static final int MOST_LINE = 4096;

  private final PipedProcess process;
  private final Path log;
  private volatile long logStart;
  private final InputStream input;
  private final AtomicLong progress = new AtomicLong();
  private int noise;

  private Line(PipedProcess process, Path log, long logStart) {
    this.process = process;
    this.log = log;
    this.logStart = logStart;
    this.input = new BufferedInputStream(process.output(), 1 << 16);
  }

  /// @param log file that the program's errors are added to
  static Line start(List<String> command, Path log) {
    long logStart;
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      logStart = Files.exists(log) ? Files.size(log) : 0;
    } catch (IOException failure) {
      throw new TraplineException(
          "RUN-NOT-WRITTEN",
          "cannot write " + log + ": " + failure.getMessage() + ".",
          "make room or grant write access",
          failure);
    }
    return new Line(PipedProcess.start(command, log), log, logStart);
  }

  InputStream input() {
    return input;
  }

  OutputStream output() {
    return process.input();
  }

  /// The next line of text before the first frame, without its end.
  ///
  /// @return null at the end, or if it babbles
  @org.jspecify.annotations.Nullable
  String textLine() throws IOException {
    StringBuilder line = new StringBuilder();
    while (noise++ < MOST_NOISE) {
      int next = input.read();
      if (next < 0) {
        return null;
      }
      if (next == '\n') {
        return line.toString().strip();
      }
      if (line.length() < MOST_LINE) {
        line.append((char) next);
      }
    }
    return null;
  }

  /// What has been said until now explains nothing that happens from now on.
  void forgetWords() {
    try {
      logStart = Files.exists(log) ? Files.size(log) : 0;
    } catch (IOException unreadable) {
      // Then old words are quoted.
    }
  }

  /// Something has been passed on.
  void progress() {
    progress.incrementAndGet();
  }

  /// How often that was.
  long progressed() {
    return progress.get();
  }

  boolean await(Duration limit) throws InterruptedException {
    return process.await(limit);
  }

  OptionalInt exitCode() {
    return process.exitCode();
  }

  /// The last thing that the program, or what it leads to, had to say; empty if nothing.
  String words() {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(logStart, file.length() - TAIL_BYTES);
      byte[] tail = new byte[(int) Math.min(TAIL_BYTES, Math.max(0, file.length() - start))];
      file.seek(start);
      file.readFully(tail);
      List<String> lines =
          new String(tail, StandardCharsets.UTF_8)
              .lines()
              .map(String::strip)
              .filter(line -> !line.isEmpty())
              // tar's last line tells only that there are others.
              .filter(line -> !line.contains("Exiting with failure status"))
              .toList();
      if (lines.isEmpty()) {
        return "";
      }
      // An agent that fails says why and then what to do; tar goes on to complain.
      String last =
          lines.stream()
              .filter(line -> line.startsWith("error[") || line.contains(NO_SPACE))
              .reduce((one, next) -> next)
              .orElse(lines.getLast());
      return last.length() > MOST_QUOTED ? last.substring(0, MOST_QUOTED) + "..." : last;
    } catch (IOException unreadable) {
      return "";
    }
  }

  void kill() {
    process.kill();
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.close();
  }
}
