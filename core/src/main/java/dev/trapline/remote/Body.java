// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.remote.wire.ProtocolFailure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The packed body of an answer, as it comes. The thread that hears it hears heartbeats too, so it
/// neither unpacks nor throws for a full disk.
final class Body implements AutoCloseable {
  /// A capture's rows, packed. Those of a workload with a hundred thousand keys take some ten.
  private static final int MOST_IN_MEMORY = 64 << 20;

  private static final long MOST_IN_FILE = 1L << 30;

  private final OutputStream target;
  private final @Nullable Path file;
  private final long mostBytes;
  private long bytes;
  private @Nullable IOException failure;

  private Body(OutputStream target, @Nullable Path file, long mostBytes) {
    this.target = target;
    this.file = file;
    this.mostBytes = mostBytes;
  }

  static Body inMemory() {
    return new Body(new ByteArrayOutputStream(), null, MOST_IN_MEMORY);
  }

  static Body inFile(Path file) throws IOException {
    return new Body(Files.newOutputStream(file), file, MOST_IN_FILE);
  }

  /// Adds a part of a frame.
  synchronized void take(byte[] frame, int offset) throws ProtocolFailure {
    bytes += frame.length - offset;
    if (bytes > mostBytes) {
      throw new ProtocolFailure("sent a body of more than " + mostBytes + " bytes");
    }
    if (failure == null) {
      try {
        target.write(frame, offset, frame.length - offset);
      } catch (IOException full) {
        failure = full;
      }
    }
  }

  /// What has come, once all has.
  ///
  /// @throws IOException also if it could not be kept
  synchronized InputStream content() throws IOException {
    if (failure != null) {
      throw failure;
    }
    target.close();
    return file == null
        ? new ByteArrayInputStream(((ByteArrayOutputStream) target).toByteArray())
        : Files.newInputStream(file);
  }

  /// Removes its file.
  @Override
  public synchronized void close() throws IOException {
    try {
      target.close();
    } finally {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    }
  }
}
