// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The errors of this package, in words.
final class ImageFailure {
  private ImageFailure() {}

  static TraplineException kernel(String fact, String remedy) {
    return new TraplineException("GUEST-KERNEL", fact, remedy);
  }

  static TraplineException notBuilt(String fact, String remedy) {
    return new TraplineException("IMAGE-NOT-BUILT", fact, remedy);
  }

  /// A file that could not be written or read, with what room there is.
  static TraplineException notBuilt(Path file, IOException failure) {
    return new TraplineException(
        "IMAGE-NOT-BUILT",
        "no guest can be booted, since "
            + file
            + " cannot be written: "
            + reason(failure)
            + room(file)
            + ".",
        "make room or grant write access there, or set TRAPLINE_CACHE to another folder",
        failure);
  }

  static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException missing) {
      return "there is no " + missing.getFile();
    }
    String reason = failure instanceof FileSystemException system ? system.getReason() : null;
    return reason == null ? String.valueOf(failure.getMessage()) : reason;
  }

  private static String room(Path file) {
    @Nullable Path folder = file.toAbsolutePath();
    while (folder != null && !Files.isDirectory(folder)) {
      folder = folder.getParent();
    }
    if (folder == null) {
      return "";
    }
    try {
      var store = Files.getFileStore(folder);
      return " ("
          + store.getUsableSpace() / 1024
          + " KiB free of "
          + store.getTotalSpace() / 1024
          + " KiB there)";
    } catch (IOException unknown) {
      return "";
    }
  }
}
