// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// What `run.json` records of `tallies.parquet`, so that a reader knows that the two belong
/// together and that the second is whole.
///
/// @param sha256 of the whole file, in lower-case hexadecimal
record TallyFile(long rows, long bytes, String sha256) {
  /// Of a file, without holding it in memory.
  static TallyFile of(Path file, long rows) throws IOException {
    MessageDigest digest = newDigest();
    long bytes = 0;
    byte[] buffer = new byte[1 << 16];
    try (InputStream stream = Files.newInputStream(file)) {
      for (int read = stream.read(buffer); read > 0; read = stream.read(buffer)) {
        digest.update(buffer, 0, read);
        bytes += read;
      }
    }
    return new TallyFile(rows, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static TallyFile of(byte[] content, long rows) {
    return new TallyFile(
        rows, content.length, HexFormat.of().formatHex(newDigest().digest(content)));
  }
}
