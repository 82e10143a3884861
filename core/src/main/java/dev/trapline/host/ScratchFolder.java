// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A folder for files that are gone when it is closed, readable by us alone. It holds files, no
/// folders.
///
/// Its owner keeps a lock on a file in it. The kernel drops the lock with the process, however that
/// ended; the next folder that is made removes those whose lock can be taken.
public final class ScratchFolder implements AutoCloseable {
  private static final String PREFIX = "trapline-";
  private static final String LOCK_FILE = ".owned";

  /// The folders of this very process: a POSIX record lock is gone as soon as its process closes
  /// any descriptor of the file, whoever opened that.
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private final Path path;

  /// Not a channel: an interrupt of a thread that uses a channel closes it.
  private final RandomAccessFile lock;

  private ScratchFolder(Path path, RandomAccessFile lock) {
    this.path = path;
    this.lock = lock;
  }

  /// Makes one below the system's folder for temporary files, after removing what killed owners
  /// left there.
  ///
  /// @throws TraplineException `SCRATCH-FOLDER` if it cannot be written
  public static ScratchFolder create(String purpose) {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    removeOrphans(parent);
    try {
      Path path = Files.createTempDirectory(parent, PREFIX + purpose + "-");
      OURS.add(path);
      // Locked before it has its name: whoever looks for orphans in between would take a folder
      // whose owner has just not got so far, and agents of several nodes begin at one moment.
      Path unnamed = path.resolve(LOCK_FILE + ".new");
      RandomAccessFile lock = new RandomAccessFile(unnamed.toFile(), "rw");
      if (lock.getChannel().tryLock() == null) {
        throw new IOException(path + " is locked by another process");
      }
      Files.move(unnamed, path.resolve(LOCK_FILE), StandardCopyOption.ATOMIC_MOVE);
      return new ScratchFolder(path, lock);
    } catch (IOException failure) {
      throw new TraplineException(
          "SCRATCH-FOLDER",
          "cannot make a folder in " + parent + ": " + failure.getMessage() + ".",
          "free some space there, or choose another folder:"
              + " JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER",
          failure);
    }
  }

  /// Removes the folders of ended owners. What cannot be looked at is not ours.
  static void removeOrphans(Path parent) {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*-*")) {
      for (Path folder : folders) {
        Path lockFile = folder.resolve(LOCK_FILE);
        if (OURS.contains(folder)
            || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
            || !Files.isRegularFile(lockFile, LinkOption.NOFOLLOW_LINKS)
            || !isOwnedByUs(folder)) {
          continue;
        }
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
            FileLock taken = channel.tryLock()) {
          if (taken != null) {
            delete(folder);
          }
        }
      }
    } catch (IOException leftToTheNextStart) {
      // A folder that was removed meanwhile, or a disk that refuses: no reason not to begin.
    }
  }

  /// Others may write into the parent, and choose names there as they like.
  private static boolean isOwnedByUs(Path folder) throws IOException {
    return Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS)
        .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  private static void delete(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }

  /// A file in it, which does not exist yet.
  public Path file(String name) {
    return path.resolve(name);
  }

  /// Deletes the files and the folder. What cannot be deleted is left to the next start: a capture
  /// that is good otherwise does not fail for it.
  @Override
  public void close() {
    try {
      delete(path);
      lock.close();
      OURS.remove(path);
    } catch (IOException leftToTheNextStart) {
      // See above.
    }
  }
}
