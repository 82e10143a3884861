// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/// A file as it comes over a serial line: gzip, then base64, with its length and checksum beside.
final class GuestFile {
  private GuestFile() {}

  /// @throws IOException if it is not the file that was sent
  static byte[] content(String base64, int bytes, String sha256, int most) throws IOException {
    byte[] content;
    try (GZIPInputStream unpacked =
        new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(base64)))) {
      content = unpacked.readNBytes(most);
    } catch (IllegalArgumentException damaged) {
      throw new IOException("its base64 is damaged", damaged);
    }
    if (content.length != bytes || !digest(content).equals(sha256)) {
      throw new IOException(
          "its checksum is wrong (" + content.length + " bytes of " + bytes + " came)");
    }
    return content;
  }

  private static String digest(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}
