// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import java.io.IOException;
import java.io.InputStream;

/// Splits a stream into lines in bounded memory. Every byte is one character: what is not ASCII is
/// no part of a table, and is shown as dots.
final class TextLines {
  /// A table's line has at most twelve columns; of a longer line only the beginning is given.
  static final int LONGEST_LINE = 4096;

  private static final int BUFFER_BYTES = 1 << 16;

  /// Gets a line without its end.
  interface Receiver {
    /// @param isTerminated false for the last line if no newline follows it
    void line(String line, boolean isTerminated);
  }

  private TextLines() {}

  /// Gives out all lines; what follows the last newline is one if it is not empty.
  static void forEach(InputStream text, Receiver receiver) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    StringBuilder line = new StringBuilder();
    boolean isEmpty = true;
    for (int count = text.read(buffer); count >= 0; count = text.read(buffer)) {
      for (int at = 0; at < count; at++) {
        if (buffer[at] == '\n') {
          receiver.line(withoutCarriageReturn(line), true);
          line.setLength(0);
          isEmpty = true;
        } else {
          isEmpty = false;
          if (line.length() < LONGEST_LINE) {
            line.append((char) (buffer[at] & 0xff));
          }
        }
      }
    }
    if (!isEmpty) {
      receiver.line(withoutCarriageReturn(line), false);
    }
  }

  private static String withoutCarriageReturn(StringBuilder line) {
    int end = line.length();
    return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
  }
}
