// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// QEMU's control protocol over a unix socket, as far as it is needed: a command at a time, its
/// answer within seconds or not at all. Events are skipped. Shapes: QEMU's docs/interop/qmp-spec.
final class Qmp implements AutoCloseable {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SocketChannel channel;
  private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
  private int number;

  private Qmp(SocketChannel channel) {
    this.channel = channel;
  }

  /// Takes over a connected socket: reads the greeting and ends the negotiation.
  ///
  /// @throws IOException if what answers is not QEMU, or does not answer
  static Qmp over(SocketChannel channel) throws IOException, InterruptedException {
    Qmp qmp = new Qmp(channel);
    Thread.ofVirtual().name("qmp").start(qmp::readAnswers);
    qmp.execute("qmp_capabilities");
    return qmp;
  }

  private void readAnswers() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        JsonNode message = JSON.readTree(line);
        if (message.has("return") || message.has("error")) {
          answers.add(message);
        }
      }
    } catch (IOException | JacksonException ended) {
      // The next command finds no answer.
    }
  }

  /// Runs a command without arguments.
  ///
  /// @return what it returned
  /// @throws IOException if QEMU refuses or does not answer
  synchronized JsonNode execute(String command) throws IOException, InterruptedException {
    number++;
    ByteBuffer request =
        StandardCharsets.UTF_8.encode("{\"execute\":\"" + command + "\",\"id\":" + number + "}\n");
    while (request.hasRemaining()) {
      channel.write(request);
    }
    long deadline = System.nanoTime() + ANSWER_WITHIN.toNanos();
    while (true) {
      JsonNode answer =
          answers.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      if (answer == null) {
        throw new IOException(
            "QEMU did not answer '" + command + "' within " + ANSWER_WITHIN.toSeconds() + " s");
      }
      if (answer.path("id").asInt(0) != number) {
        continue;
      }
      if (answer.has("error")) {
        throw new IOException(
            "QEMU refused '" + command + "': " + answer.path("error").path("desc").asString(""));
      }
      return answer.path("return");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
