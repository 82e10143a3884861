// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// What `run.json` records of `tallies.parquet`, so that a reader knows that the two belong
/// together and that the second is whole.
///
/// @param sha256 of the whole file, in lower-case hexadecimal
record TallyFile(long rows, long bytes, String sha256) {
  static TallyFile of(byte[] content, long rows) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return new TallyFile(rows, content.length, HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
