// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureResult;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.environment.RemoteTrial;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.Packed;
import dev.trapline.remote.wire.ProtocolFailure;
import dev.trapline.store.CaptureJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A half of a trial under way on a node.
final class AgentTrial implements RemoteTrial {
  /// Rows of a hundred thousand keys, each with a full histogram, take less.
  private static final long MOST_UNPACKED = 1L << 30;

  private final AgentConnection connection;
  private final long number;
  private final boolean captured;
  private final List<Long> programs = new ArrayList<>();
  private boolean closed;

  AgentTrial(AgentConnection connection, long number, boolean captured) {
    this.connection = connection;
    this.number = number;
    this.captured = captured;
  }

  @Override
  public RemoteProgram start(
      String name, String role, List<String> command, List<Integer> cpus, @Nullable Instant at)
      throws InterruptedException {
    long program = connection.nextNumber();
    AgentProgram started = new AgentProgram(connection, program);
    // Known before the order is out: news of its end may be faster than the answer.
    connection.watch(program, started);
    programs.add(program);
    connection.ask(
        Message.empty()
            .with("ask", "start")
            .with("trial", number)
            .with("program", program)
            .with("role", role)
            .withTexts("command", command)
            .withNumbers("cpus", cpus)
            .with("at", at == null ? null : at.toString()),
        null);
    return started;
  }

  @Override
  public @Nullable CaptureResult stopCapture() throws InterruptedException {
    if (!captured) {
      return null;
    }
    try (Body body = Body.inMemory()) {
      connection.ask(Message.empty().with("ask", "stop-capture").with("trial", number), body);
      try (Reader lines =
          new BufferedReader(
              new InputStreamReader(
                  Packed.unpacking(body.content(), MOST_UNPACKED), StandardCharsets.UTF_8))) {
        return CaptureJson.read(Path.of("capture of " + connection.name()), lines);
      }
    } catch (TraplineException failure) {
      throw failure.code().startsWith("RUN-")
          ? connection.broken(
              new ProtocolFailure("sent a damaged capture: " + failure.getMessage()))
          : failure;
    } catch (IOException failure) {
      throw connection.broken(
          new ProtocolFailure("sent a damaged capture: " + failure.getMessage()));
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean interrupted = Thread.interrupted();
    try {
      connection.ask(Message.empty().with("ask", "end").with("trial", number), null);
    } catch (TraplineException endsByItself) {
      // A lost node ends what runs there; a trial that could not be ended is by the next one.
    } catch (InterruptedException interruption) {
      interrupted = true;
    } finally {
      programs.forEach(connection::forget);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
