// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.hardwood.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file of which a Parquet reader takes ranges. Not a mapping of it, which would fall to SIGBUS
/// if somebody truncated the file meanwhile; not a channel, which an interrupt closes; and not the
/// whole of it in memory. The file stays the one that was opened, whatever takes its name.
final class TallyInput implements InputFile {
  private final Path path;
  private final RandomAccessFile file;

  /// @throws IOException if there is no such file, or the system refuses
  TallyInput(Path path) throws IOException {
    this.path = path;
    // It says why in a way of its own, and this one as all others do.
    Files.newInputStream(path).close();
    this.file = new RandomAccessFile(path.toFile(), "r");
  }

  @Override
  public void open() {
    // It is.
  }

  @Override
  public ByteBuffer readRange(long offset, int length) throws IOException {
    byte[] content = new byte[length];
    read(offset, content, length);
    return ByteBuffer.wrap(content);
  }

  /// The reader has threads of its own.
  private synchronized void read(long offset, byte[] into, int length) throws IOException {
    if (offset < 0 || offset + length > file.length()) {
      throw new EOFException("it ends before byte " + (offset + length));
    }
    file.seek(offset);
    file.readFully(into, 0, length);
  }

  /// What the whole of it is.
  TallyFile facts(long rows) throws IOException {
    TallyFile.Growing facts = new TallyFile.Growing();
    byte[] buffer = new byte[1 << 16];
    long length = length();
    for (long at = 0; at < length; at += buffer.length) {
      int part = (int) Math.min(buffer.length, length - at);
      read(at, buffer, part);
      facts.add(buffer, part);
    }
    return facts.of(rows);
  }

  @Override
  public long length() throws IOException {
    return file.length();
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
