// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/// Compresses Parquet pages with zstd and nothing else. It stands in for parquet-java's own codec
/// factory, which asks Hadoop's configuration for a codec and by that loads Hadoop and what Hadoop
/// needs. It does not decompress: reading is Hardwood's part.
final class ZstandardCodec implements CompressionCodecFactory {
  /// zstd's own default: higher levels gain a few percent on tallies and cost several times more.
  private static final int LEVEL = 3;

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codecName) {
    if (codecName != CompressionCodecName.ZSTD) {
      throw new IllegalArgumentException("only zstd is written, not " + codecName);
    }
    return new Compressor();
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codecName) {
    throw new UnsupportedOperationException("this codec writes only");
  }

  @Override
  public void release() {}

  private static final class Compressor implements BytesInputCompressor {
    @Override
    public BytesInput compress(BytesInput page) throws IOException {
      try {
        return BytesInput.from(Zstd.compress(page.toInputStream().readAllBytes(), LEVEL));
      } catch (LinkageError e) {
        // zstd-jni unpacks its library into the temporary folder, which may be full or noexec.
        throw new IOException(
            "the zstd library cannot be loaded from " + System.getProperty("java.io.tmpdir"), e);
      }
    }

    @Override
    public CompressionCodecName getCodecName() {
      return CompressionCodecName.ZSTD;
    }

    @Override
    public void release() {}
  }
}
