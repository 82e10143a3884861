// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.TraplineException;
import dev.trapline.run.Run;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The words for everything that can go wrong with a run directory, in one place so that they stay
/// alike. Each method makes an exception; none throws.
final class StoreFailure {
  private static final String OTHER_FOLDER = "give a new or empty directory with -o DIR";

  /// The code of everything that could not be written.
  static final String NOT_WRITTEN = "RUN-NOT-WRITTEN";

  private StoreFailure() {}

  /// The run could not be made whole, and nothing of it is lost.
  static TraplineException allKept(TraplineException failure, Path directory) {
    String message = failure.getMessage();
    String fact = message == null ? "it could not be written." : message;
    return new TraplineException(
        NOT_WRITTEN,
        fact.substring(0, fact.length() - 1) + "; every trial that ended is kept.",
        "make room or grant write access, then: trapline bench --resume " + directory,
        failure);
  }

  static TraplineException notEmpty(Path directory, String found) {
    return new TraplineException(
        "RUN-EXISTS",
        "cannot start a run in "
            + directory
            + ": it "
            + found
            + ", and a run is never overwritten.",
        OTHER_FOLDER + ", or remove this one");
  }

  static TraplineException notWritten(Path file, Throwable cause) {
    Path directory = file.toAbsolutePath().getParent();
    return new TraplineException(
        "RUN-NOT-WRITTEN",
        "cannot write " + file + ": " + reason(cause) + freeSpace(file) + ".",
        "make room or grant write access, or "
            + OTHER_FOLDER
            + ", and run again; the tools' raw output stays in "
            + (directory == null ? file : directory),
        cause);
  }

  static TraplineException notKept(Path file, Path directory, Throwable cause) {
    return new TraplineException(
        "RUN-NOT-WRITTEN",
        "cannot write "
            + file
            + ": "
            + reason(cause)
            + freeSpace(file)
            + "; the trials before are kept.",
        "make room or grant write access, then: trapline bench --resume " + directory,
        cause);
  }

  static TraplineException resumable(Path directory) {
    return new TraplineException(
        "RUN-UNFINISHED",
        "the run in "
            + directory
            + " did not finish: it has "
            + RunJournal.PLAN_FILE
            + " but no "
            + RunDirectory.RUN_FILE
            + ", which is written last; every trial that ended is kept.",
        "trapline bench --resume " + directory);
  }

  static TraplineException notFound(Path directory, String found) {
    return new TraplineException(
        "RUN-NOT-FOUND",
        "there is no run in " + directory + ": it " + found + ".",
        "give the directory that `trapline bench` or `trapline record -o DIR` left: it holds a "
            + RunDirectory.RUN_FILE);
  }

  static TraplineException unfinished(Path directory, String found) {
    return new TraplineException(
        "RUN-UNFINISHED",
        "the run in "
            + directory
            + " did not finish: it has "
            + found
            + " but no "
            + RunDirectory.RUN_FILE
            + ", which is written last.",
        "run it again into another directory; what the tools wrote until then is in "
            + directory.resolve(RunDirectory.RAW_FOLDER));
  }

  static TraplineException otherSchema(Path file, String expected, String seen) {
    return new TraplineException(
        "RUN-SCHEMA",
        file + " has the schema '" + seen + "', and this Trapline reads '" + expected + "'.",
        "read it with the Trapline that wrote it"
            + (expected.equals(Run.SCHEMA)
                ? " (provenance.traplineVersion in " + RunDirectory.RUN_FILE + " names it)"
                : ""));
  }

  static TraplineException corrupt(Path file, String fact, @Nullable Throwable cause) {
    return new TraplineException(
        "RUN-CORRUPT",
        file + " is damaged: " + fact + ".",
        "restore it from a copy or run again; raw output of the tools beside it may still be whole",
        cause);
  }

  static TraplineException notRead(Path file, Throwable cause) {
    return new TraplineException(
        "RUN-NOT-READ",
        "cannot read " + file + ": " + reason(cause) + ".",
        "grant read access to it, or check its file system",
        cause);
  }

  /// What the system said, without the path that a `FileSystemException` repeats.
  static String reason(Throwable failure) {
    if (failure instanceof FileSystemException system) {
      // Without a reason only the class tells: AccessDeniedException, NoSuchFileException.
      return system.getReason() != null ? system.getReason() : wordsOf(system.getClass());
    }
    String message = failure.getMessage();
    return message != null ? message : wordsOf(failure.getClass());
  }

  private static String wordsOf(Class<?> exception) {
    return exception
        .getSimpleName()
        .replace("Exception", "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .toLowerCase(Locale.ROOT);
  }

  private static String freeSpace(Path file) {
    Path existing = file.toAbsolutePath();
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null) {
      return "";
    }
    try {
      var fileStore = Files.getFileStore(existing);
      return String.format(
          Locale.ROOT,
          " (%d KiB free of %d KiB there)",
          fileStore.getUsableSpace() / 1024,
          fileStore.getTotalSpace() / 1024);
    } catch (IOException e) {
      // The free space explains the failure; not to know it must not hide the failure.
      return "";
    }
  }
}
