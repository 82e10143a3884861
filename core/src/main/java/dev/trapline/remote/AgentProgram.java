// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.Packed;
import dev.trapline.remote.wire.ProtocolFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A program that the agent runs for us.
final class AgentProgram implements RemoteProgram {
  /// What a benchmark prints takes kilobytes.
  private static final long MOST_PRINTED = 1L << 30;

  private final AgentConnection connection;
  private final long number;
  private final CompletableFuture<End> end = new CompletableFuture<>();

  AgentProgram(AgentConnection connection, long number) {
    this.connection = connection;
    this.number = number;
  }

  void ended(Message event) throws ProtocolFailure {
    String startedAt = event.textOrNull("startedAt");
    try {
      end.complete(
          new End(
              startedAt == null ? null : Instant.parse(startedAt),
              event.smallNumber("exitCode"),
              event.numberOrNull("cpuNanos"),
              event.numberOrNull("voluntarySwitches"),
              event.numberOrNull("involuntarySwitches")));
    } catch (DateTimeException malformed) {
      throw new ProtocolFailure("sent a time that is none");
    }
  }

  void lost(TraplineException failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public boolean isListening(String transport, int port) throws InterruptedException {
    Message answer =
        connection.ask(
            Message.empty()
                .with("ask", "listening")
                .with("program", number)
                .with("transport", transport)
                .with("port", (long) port),
            null);
    try {
      return answer.truth("listening");
    } catch (ProtocolFailure failure) {
      throw connection.broken(failure);
    }
  }

  @Override
  public boolean isAlive() {
    return !end.isDone() && connection.isReachable();
  }

  @Override
  public Optional<End> await(Duration limit) throws InterruptedException {
    try {
      return Optional.of(end.get(Math.max(0, limit.toNanos()), TimeUnit.NANOSECONDS));
    } catch (TimeoutException timeout) {
      connection.checkReachable();
      return Optional.empty();
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof TraplineException known
          ? AgentConnection.again(known)
          : new IllegalStateException(failure.getCause());
    }
  }

  @Override
  public void signal(int signal) throws InterruptedException {
    connection.ask(
        Message.empty().with("ask", "signal").with("program", number).with("signal", (long) signal),
        null);
  }

  @Override
  public void deliver(Path standardOutput, Path standardError) throws InterruptedException {
    fetch("output", standardOutput);
    fetch("error", standardError);
  }

  private void fetch(String stream, Path target) throws InterruptedException {
    Path packed = target.resolveSibling(target.getFileName() + ".packed");
    try (Body body = Body.inFile(packed)) {
      Message answer =
          connection.ask(
              Message.empty().with("ask", "fetch").with("program", number).with("stream", stream),
              body);
      long expected = answer.number("bytes");
      try (InputStream content = Packed.unpacking(body.content(), MOST_PRINTED);
          OutputStream file = Files.newOutputStream(target)) {
        long bytes = content.transferTo(file);
        if (bytes != expected) {
          throw new ProtocolFailure("sent " + bytes + " of " + expected + " bytes of a file");
        }
      }
    } catch (ProtocolFailure failure) {
      throw connection.broken(failure);
    } catch (IOException failure) {
      throw new TraplineException(
          "RUN-NOT-WRITTEN",
          "cannot write " + target + ": " + failure.getMessage() + ".",
          "make room or grant write access",
          failure);
    }
  }
}
