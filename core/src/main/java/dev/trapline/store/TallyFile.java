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
  static TallyFile of(Path file, long rows) throws IOException {
    return new TallyFile(rows, Files.size(file), sha256(file));
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] chunk = new byte[1 << 16];
      for (int length = stream.read(chunk); length >= 0; length = stream.read(chunk)) {
        digest.update(chunk, 0, length);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
