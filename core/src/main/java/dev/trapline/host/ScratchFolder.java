// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder for files that are gone when it is closed, readable by us alone. It holds files, no
/// folders.
public final class ScratchFolder implements AutoCloseable {
  private final Path path;

  private ScratchFolder(Path path) {
    this.path = path;
  }

  /// Makes one below the system's folder for temporary files.
  ///
  /// @throws TraplineException `SCRATCH-FOLDER` if it cannot be written
  public static ScratchFolder create(String purpose) {
    try {
      return new ScratchFolder(Files.createTempDirectory("trapline-" + purpose + "-"));
    } catch (IOException failure) {
      throw new TraplineException(
          "SCRATCH-FOLDER",
          "cannot make a folder in "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + failure.getMessage()
              + ".",
          "free some space there, or choose another folder:"
              + " JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER",
          failure);
    }
  }

  /// A file in it, which does not exist yet.
  public Path file(String name) {
    return path.resolve(name);
  }

  /// Deletes the files and the folder. What cannot be deleted is left to the system, which clears
  /// that place by itself: a capture that is good otherwise does not fail for it.
  @Override
  public void close() {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(path);
    } catch (IOException leftToTheSystem) {
      // See above.
    }
  }
}
