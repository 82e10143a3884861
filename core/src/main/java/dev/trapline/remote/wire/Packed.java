// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.wire;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Bodies are compressed with zstd, and what unpacks them stops at a limit: a few bytes can hold
/// gigabytes.
public final class Packed {
  /// zstd's own default.
  private static final int LEVEL = 3;

  private Packed() {}

  /// Packs what is written to it; closing it ends the body.
  public static OutputStream packing(OutputStream target) throws IOException {
    return new ZstdOutputStream(target, LEVEL);
  }

  /// Unpacks what is read from it, so much at the most.
  ///
  /// @throws ProtocolFailure on the read that would pass the limit
  public static InputStream unpacking(InputStream source, long mostBytes) throws IOException {
    return new Limited(new ZstdInputStream(source), mostBytes);
  }

  private static final class Limited extends FilterInputStream {
    private final long mostBytes;
    private long left;

    Limited(InputStream source, long mostBytes) {
      super(source);
      this.mostBytes = mostBytes;
      this.left = mostBytes;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value >= 0) {
        take(1);
      }
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      if (count > 0) {
        take(count);
      }
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(count);
      take(skipped);
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private void take(long count) throws ProtocolFailure {
      left -= count;
      if (left < 0) {
        throw new ProtocolFailure("sent a body of more than " + mostBytes + " bytes unpacked");
      }
    }
  }
}
