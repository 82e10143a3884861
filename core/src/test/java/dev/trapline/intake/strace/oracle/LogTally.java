// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.oracle;

import dev.trapline.intake.strace.StraceLogReader;
import dev.trapline.tally.Tally;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// What our reader makes of a log. Everything here that knows the reader is in this class.
final class LogTally {
  private LogTally() {}

  /// @param log without the table behind it; one character for each byte
  static Tally of(String log) {
    byte[] bytes = log.getBytes(StandardCharsets.ISO_8859_1);
    try {
      return new StraceLogReader(StraceLogReader.Ending.MAY_BE_CUT)
          .read(new ByteArrayInputStream(bytes))
          .reading()
          .tally("log");
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
