// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import java.io.IOException;
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
    try (TallyInput input = new TallyInput(file)) {
      return input.facts(rows);
    }
  }

  /// Of a file that passes by.
  static final class Growing {
    private final MessageDigest digest = newDigest();
    private long bytes;

    void add(byte[] part, int length) {
      digest.update(part, 0, length);
      bytes += length;
    }

    TallyFile of(long rows) {
      return new TallyFile(rows, bytes, HexFormat.of().formatHex(digest.digest()));
    }

    private static MessageDigest newDigest() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }
  }
}
