// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Writes a report's file so that it is there whole or not at all: under a hidden name beside it,
/// then renamed. It is not synced: it can be made again.
final class ReportFile {
  private ReportFile() {}

  /// A file that does not exist yet.
  ///
  /// @throws TraplineException `REPORT-NOT-WRITTEN` if it exists or the system refuses
  static void create(Path file, String text) {
    if (Files.exists(file)) {
      throw notWritten(file, new FileAlreadyExistsException(file.toString()));
    }
    replace(file, text);
  }

  /// A file that may be replaced, since it is ours.
  ///
  /// @throws TraplineException `REPORT-NOT-WRITTEN` if the system refuses
  static void replace(Path file, String text) {
    Path unfinished =
        file.resolveSibling(
            "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".partial");
    try {
      // As bytes: half a surrogate pair in a name becomes `?` and is no reason to fail.
      Files.write(
          unfinished,
          text.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      try {
        Files.deleteIfExists(unfinished);
      } catch (IOException stillThere) {
        failure.addSuppressed(stillThere);
      }
      throw notWritten(file, failure);
    }
  }

  private static TraplineException notWritten(Path file, IOException failure) {
    return new TraplineException(
        "REPORT-NOT-WRITTEN",
        "cannot write "
            + file
            + ": "
            + failure.getClass().getSimpleName()
            + "; no report was written.",
        "choose a file that does not exist in a folder that does: trapline report RUN -o FILE",
        failure);
  }
}
