// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;

/// HTTP/1.1 over a unix socket, as much of it as Firecracker speaks: a connection for each request,
/// an answer with a `Content-Length` or without a body.
final class ApiSocket {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NO_CONTENT = 204;
  private static final Duration LISTENS_WITHIN = Duration.ofSeconds(1);
  private static final long POLL_NANOS = 5_000_000;
  private static final int MOST_BODY_BYTES = 1 << 20;
  private static final int MOST_HEADER_BYTES = 64 << 10;

  private final Path socket;
  private final Duration answerWithin;

  /// @param answerWithin how long one answer may take
  ApiSocket(Path socket, Duration answerWithin) {
    this.socket = socket;
    this.answerWithin = answerWithin;
  }

  private record Answer(int status, String body) {}

  /// Sends a request, which must be done as asked.
  ///
  /// @throws IOException with Firecracker's words if it refuses, or does not answer in time
  void send(ApiRequest request) throws IOException {
    String body = JSON.writeValueAsString(request.body());
    Answer answer;
    try (SocketChannel channel = connect()) {
      Thread watch = Thread.ofVirtual().start(() -> closeLate(channel));
      try {
        write(channel, request, body);
        answer = read(new BufferedInputStream(Channels.newInputStream(channel)));
      } finally {
        watch.interrupt();
      }
    } catch (java.nio.channels.ClosedChannelException late) {
      throw new IOException(
          "no answer to "
              + request.method()
              + " "
              + request.path()
              + " within "
              + answerWithin.toSeconds()
              + " s",
          late);
    }
    if (answer.status != NO_CONTENT) {
      throw new IOException(
          request.method()
              + " "
              + request.path()
              + " was refused with "
              + answer.status
              + ": "
              + fault(answer.body));
    }
  }

  /// bind(2) makes the socket's file, and only the listen(2) after it lets anybody in.
  private SocketChannel connect() throws IOException {
    long deadline = System.nanoTime() + LISTENS_WITHIN.toNanos();
    while (true) {
      try {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
      } catch (ConnectException refused) {
        if (System.nanoTime() > deadline) {
          throw refused;
        }
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
  }

  private void closeLate(SocketChannel channel) {
    try {
      Thread.sleep(answerWithin);
      channel.close();
    } catch (InterruptedException inTime) {
      // It answered.
    } catch (IOException closed) {
      // Which was wanted.
    }
  }

  private static void write(SocketChannel channel, ApiRequest request, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        request.method()
            + " "
            + request.path()
            + " HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Accept: application/json\r\n"
            + "Content-Type: application/json\r\n"
            + "Content-Length: "
            + bytes.length
            + "\r\n\r\n";
    ByteBuffer message =
        ByteBuffer.allocate(head.length() + bytes.length)
            .put(head.getBytes(StandardCharsets.US_ASCII))
            .put(bytes)
            .flip();
    while (message.hasRemaining()) {
      channel.write(message);
    }
  }

  private static Answer read(InputStream input) throws IOException {
    String status = line(input);
    String[] words = status.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[0-9]{3}")) {
      throw new IOException("what answers does not speak HTTP: '" + status + "'");
    }
    int length = 0;
    int header = 0;
    for (String field = line(input); !field.isEmpty(); field = line(input)) {
      header += field.length();
      String lower = field.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = number(field.substring("content-length:".length()).strip());
      }
      if (header > MOST_HEADER_BYTES) {
        throw new IOException("its answer's header does not end");
      }
    }
    // A 204 has no body, whatever its header says (RFC 9110, 15.3.5).
    int code = Integer.parseInt(words[1]);
    byte[] body = code == NO_CONTENT ? new byte[0] : input.readNBytes(length);
    return new Answer(code, new String(body, StandardCharsets.UTF_8));
  }

  private static int number(String text) throws IOException {
    if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) > MOST_BODY_BYTES) {
      throw new IOException("its answer has a Content-Length of '" + text + "'");
    }
    return Integer.parseInt(text);
  }

  private static String line(InputStream input) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int next = input.read();
      if (next < 0) {
        throw new EOFException("it closed the connection in the middle of its answer");
      }
      if (next == '\n') {
        return line.toString().strip();
      }
      line.append((char) next);
      if (line.length() > MOST_HEADER_BYTES) {
        throw new IOException("a line of its answer does not end");
      }
    }
  }

  private static String fault(String body) {
    try {
      String message = JSON.readTree(body).path("fault_message").asString("");
      return message.isEmpty() ? "(no words)" : message.strip();
    } catch (JacksonException notJson) {
      return body.strip();
    }
  }
}
