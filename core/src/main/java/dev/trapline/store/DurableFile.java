// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Writes a file so that it is there whole or not at all, also after a power cut: under a hidden
/// temporary name in the same directory, synced, renamed, and the directory synced. It is not a
/// lock: of two writers the last wins.
final class DurableFile {
  /// Ends the temporary names, so that a reader can tell a torn write from a foreign file.
  static final String TEMPORARY_SUFFIX = ".partial";

  /// Fills the temporary file, which does not exist yet.
  @FunctionalInterface
  interface Content {
    void writeTo(Path temporary) throws IOException;
  }

  private DurableFile() {}

  /// Puts the content at the target.
  ///
  /// @throws IOException if it could not; neither target nor temporary file is left then
  static void write(Path target, Content content) throws IOException {
    Path unfinished = temporaryOf(target);
    try {
      Files.deleteIfExists(unfinished);
      content.writeTo(unfinished);
      sync(unfinished, StandardOpenOption.WRITE);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      // From here on a failure leaves the new name, which nobody promised to be on the disk.
      unfinished = target;
      sync(directoryOf(target), StandardOpenOption.READ);
    } catch (IOException | RuntimeException failure) {
      try {
        Files.deleteIfExists(unfinished);
      } catch (IOException stillThere) {
        failure.addSuppressed(stillThere);
      }
      throw failure;
    }
  }

  static Path temporaryOf(Path target) {
    return target.resolveSibling("." + target.getFileName() + TEMPORARY_SUFFIX);
  }

  private static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " is no file in a directory");
    }
    return parent;
  }

  private static void sync(Path path, StandardOpenOption option) throws IOException {
    try (FileChannel channel = FileChannel.open(path, option)) {
      channel.force(true);
    }
  }
}
