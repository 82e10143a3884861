// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/// One end of the talk between a controller and an agent. It is a sequence of frames: length of the
/// payload (four bytes, big-endian), kind (one byte), payload. Before the first frame the agent
/// says [#GREETING] on a line of its own, because a login shell may have printed something.
///
/// | kind | payload |
/// |---|---|
/// | `h` | none: somebody is there |
/// | `m` | a [Message] in UTF-8 |
/// | `b` | number of a request (eight bytes), then a part of the body that answers it |
/// | `c` | to the agent: a number; back: that number and its wall clock, nanoseconds since 1970 |
///
/// Any thread may write; one reads.
public final class Wire {
  /// What an agent says first. Its number goes up with every change that an older end would
  /// misunderstand.
  public static final String GREETING = "trapline-agent 1";

  /// Somebody is there.
  public static final byte HEARTBEAT = 'h';

  /// A [Message].
  public static final byte MESSAGE = 'm';

  /// Part of a body.
  public static final byte BODY = 'b';

  /// The question for the time, or its answer.
  public static final byte CLOCK = 'c';

  /// The longest payload. A longer one is no mistake but an attack, or noise.
  public static final int MOST_BYTES = 1 << 20;

  /// How often each end says that it is there.
  public static final Duration HEARTBEAT_EVERY = Duration.ofSeconds(2);

  /// After so long without a word the other end is lost. An agent needs some of the ten seconds
  /// that it has for ending what it started.
  public static final Duration SILENCE = Duration.ofSeconds(7);

  private static final byte[] NOTHING = {};

  private final InputStream input;
  private final OutputStream output;
  private volatile long lastHeard = System.nanoTime();

  /// What was said.
  public static final class Frame {
    private final byte kind;
    private final byte[] payload;

    private Frame(byte kind, byte[] payload) {
      this.kind = kind;
      this.payload = payload;
    }

    /// One of the constants of [Wire].
    public byte kind() {
      return kind;
    }

    /// Not a copy: nobody else has it.
    public byte[] payload() {
      return payload;
    }

    /// The number that a payload begins with.
    public long number() throws ProtocolFailure {
      if (payload.length < Long.BYTES) {
        throw new ProtocolFailure("sent a frame of " + payload.length + " bytes without a number");
      }
      return ByteBuffer.wrap(payload).getLong();
    }
  }

  /// @param output every frame is flushed
  public Wire(InputStream input, OutputStream output) {
    this.input = input;
    this.output = output;
  }

  /// Waits for the next frame; empty if the other end has closed the way between two frames.
  ///
  /// @throws ProtocolFailure if it is none
  /// @throws IOException if the way broke
  public Optional<Frame> read() throws IOException {
    int first = input.read();
    if (first < 0) {
      return Optional.empty();
    }
    byte[] rest = input.readNBytes(Integer.BYTES);
    if (rest.length < Integer.BYTES) {
      throw new EOFException("the way ended within a frame");
    }
    int length = first << 24 | (rest[0] & 0xff) << 16 | (rest[1] & 0xff) << 8 | (rest[2] & 0xff);
    if (length < 0 || length > MOST_BYTES) {
      throw new ProtocolFailure(
          "sent a frame of "
              + Integer.toUnsignedString(length)
              + " bytes, and "
              + MOST_BYTES
              + " are the most");
    }
    byte kind = rest[3];
    if (kind != HEARTBEAT && kind != MESSAGE && kind != BODY && kind != CLOCK) {
      throw new ProtocolFailure("sent a frame of the unknown kind " + kind);
    }
    byte[] payload = input.readNBytes(length);
    if (payload.length < length) {
      throw new EOFException("the way ended within a frame");
    }
    lastHeard = System.nanoTime();
    return Optional.of(new Frame(kind, payload));
  }

  /// How long nothing has been heard.
  public Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastHeard);
  }

  /// Says that somebody is there.
  public void beat() throws IOException {
    write(HEARTBEAT, NOTHING, 0);
  }

  /// Sends a message.
  ///
  /// @throws ProtocolFailure if it is too long
  public void send(Message message) throws IOException {
    byte[] bytes = message.bytes();
    write(MESSAGE, bytes, bytes.length);
  }

  /// Sends numbers as the payload of a frame.
  public void sendNumbers(byte kind, long... numbers) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(numbers.length * Long.BYTES);
    for (long number : numbers) {
      payload.putLong(number);
    }
    write(kind, payload.array(), payload.capacity());
  }

  /// A stream whose bytes go out as parts of the body of a request. Closing it sends what is left
  /// and leaves the way open.
  public OutputStream body(long request) {
    return new Body(request);
  }

  private void write(byte kind, byte[] payload, int length) throws IOException {
    if (length > MOST_BYTES) {
      throw new ProtocolFailure("would be sent a frame of " + length + " bytes");
    }
    byte[] frame = new byte[Integer.BYTES + 1 + length];
    ByteBuffer.wrap(frame).putInt(length).put(kind).put(payload, 0, length);
    synchronized (output) {
      output.write(frame);
      output.flush();
    }
  }

  /// Ends what is written; the other end reads the end.
  public void close() throws IOException {
    output.close();
  }

  private final class Body extends OutputStream {
    private static final int PART_BYTES = 1 << 16;

    private final byte[] part = new byte[Long.BYTES + PART_BYTES];
    private int used = Long.BYTES;

    Body(long request) {
      ByteBuffer.wrap(part).putLong(request);
    }

    @Override
    public void write(int value) throws IOException {
      if (used == part.length) {
        flush();
      }
      part[used++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        if (used == part.length) {
          sendPart();
        }
        int fits = Math.min(length - done, part.length - used);
        System.arraycopy(bytes, offset + done, part, used, fits);
        used += fits;
        done += fits;
      }
    }

    @Override
    public void flush() throws IOException {
      sendPart();
    }

    private void sendPart() throws IOException {
      if (used > Long.BYTES) {
        Wire.this.write(BODY, part, used);
        used = Long.BYTES;
      }
    }

    @Override
    public void close() throws IOException {
      sendPart();
    }
  }
}
