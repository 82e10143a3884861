// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What a running Trapline holds on the machine, written down before it is made, so that the next
/// start can remove what a killed one left.
///
/// The owner keeps a lock on the lease's file; the kernel drops the lock with the process, however
/// that ended. A lease whose lock can be taken is therefore an orphan. Processes are found by a
/// mark in their environment, and so need no entry.
public final class Lease implements AutoCloseable {
  /// The environment variable by which our background processes are found.
  public static final String MARK = "TRAPLINE_LEASE";

  private static final String NAMESPACE_ENTRY = "netns ";

  /// The leases of this very process. Their files are left alone: a POSIX record lock is gone as
  /// soon as its process closes any descriptor of the file, whoever opened that.
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private final String id;
  private final Path file;

  /// Not a channel: an interrupt of a thread that writes to a channel closes it, and with it the
  /// lock is gone.
  private final RandomAccessFile entries;

  private final FileLock lock;

  private Lease(String id, Path file, RandomAccessFile entries, FileLock lock) {
    this.id = id;
    this.file = file;
    this.entries = entries;
    this.lock = lock;
  }

  /// Takes a new lease, after cleaning up behind orphans.
  ///
  /// @param folder where leases are; [#defaultFolder] but in tests
  /// @throws TraplineException `LEASE-FOLDER` if the folder cannot be written
  public static Lease take(Path folder) {
    removeOrphans(folder);
    String id = Long.toString(ProcessHandle.current().pid(), 36) + randomSuffix();
    Path file = identity(folder).resolve(id + ".lease");
    try {
      // A lease names what root will delete: nobody else may write one.
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      checkOwner(folder);
      // Locked before it gets its name, so that no other start takes it for an orphan.
      Path unnamed = file.resolveSibling(id + ".new");
      RandomAccessFile entries = new RandomAccessFile(unnamed.toFile(), "rw");
      FileLock lock = entries.getChannel().tryLock();
      if (lock == null) {
        throw new IOException(unnamed + " is locked by another process");
      }
      OURS.add(file);
      Files.move(unnamed, file, StandardCopyOption.ATOMIC_MOVE);
      return new Lease(id, file, entries, lock);
    } catch (IOException failure) {
      throw new TraplineException(
          "LEASE-FOLDER",
          "cannot write "
              + file
              + ": "
              + failure.getMessage()
              + "; what is started could not be"
              + " cleaned up after a crash.",
          "make the folder writable, or set TRAPLINE_STATE to one that is",
          failure);
    }
  }

  /// `$TRAPLINE_STATE`, or `/run/trapline` for root, or a folder of the user's own below the
  /// temporary folder.
  public static Path defaultFolder() {
    String chosen = System.getenv("TRAPLINE_STATE");
    if (chosen != null && !chosen.isEmpty()) {
      return Path.of(chosen);
    }
    if (LibC.isRoot()) {
      return Path.of("/run/trapline");
    }
    return Path.of(
        System.getProperty("java.io.tmpdir"), "trapline-" + System.getProperty("user.name"));
  }

  private static String randomSuffix() {
    return Long.toString(System.nanoTime() & 0xfffff, 36);
  }

  /// Short, unique among running leases: part of the names of what we make.
  public String id() {
    return id;
  }

  /// Says that a network namespace of this name is about to be made.
  public void holdNamespace(String name) {
    try {
      entries.write((NAMESPACE_ENTRY + name + "\n").getBytes(StandardCharsets.UTF_8));
      entries.getFD().sync();
    } catch (IOException failure) {
      throw new TraplineException(
          "LEASE-FOLDER",
          "cannot write " + file + ": " + failure.getMessage() + ".",
          "free some space in " + file.getParent(),
          failure);
    }
  }

  /// Ends every program that was started under this lease, and what came from it, at once.
  public void endPrograms() {
    killMarked(id);
  }

  /// Ends everything that this lease holds.
  @Override
  public void close() {
    try {
      removeHoldings(file, id);
      Files.deleteIfExists(file);
      if (lock.isValid()) {
        lock.release();
      }
      entries.close();
      OURS.remove(file);
    } catch (IOException failure) {
      throw new TraplineException(
          "CLEAN-UP",
          "cannot remove " + file + ": " + failure.getMessage() + ".",
          "the next start of trapline tries again",
          failure);
    }
  }

  /// How many other leases are held by running processes: other benchmarks on this machine.
  public static int othersRunning(Path folder, Lease ours) {
    int running = 0;
    for (Path other : leases(identity(folder))) {
      if (!other.equals(ours.file)) {
        running++;
      }
    }
    return running;
  }

  /// Removes what ended owners left.
  ///
  /// @return the ids of the leases that were orphans
  public static List<String> removeOrphans(Path folder) {
    List<String> removed = new ArrayList<>();
    for (Path file : leases(identity(folder))) {
      if (OURS.contains(file)) {
        continue;
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
          FileLock lock = channel.tryLock()) {
        if (lock != null) {
          String name = file.getFileName().toString();
          String id = name.substring(0, name.length() - ".lease".length());
          removeHoldings(file, id);
          Files.deleteIfExists(file);
          removed.add(id);
        }
      } catch (NoSuchFileException removedMeanwhile) {
        // Another start was faster, which is as good.
      } catch (IOException failure) {
        throw new TraplineException(
            "CLEAN-UP",
            "cannot clean up behind " + file + ": " + failure.getMessage() + ".",
            "remove the file by hand",
            failure);
      }
    }
    return removed;
  }

  /// One folder, one path: what [#OURS] holds must be found again.
  private static Path identity(Path folder) {
    return folder.toAbsolutePath().normalize();
  }

  /// A lease names what will be killed and deleted. One that another user wrote, into a folder of
  /// his in /tmp with the name of ours, must not be believed.
  private static void checkOwner(Path folder) throws IOException {
    Object owner = Files.getAttribute(folder, "unix:uid");
    Object us = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(us)) {
      throw new IOException("the folder belongs to uid " + owner + ", and we are uid " + us);
    }
  }

  private static List<Path> leases(Path folder) {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try {
        checkOwner(folder);
      } catch (IOException foreign) {
        throw new TraplineException(
            "LEASE-FOLDER",
            "cannot trust " + folder + ": " + foreign.getMessage() + ".",
            "remove it, or set TRAPLINE_STATE to a folder of your own",
            foreign);
      }
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, "*.lease")) {
        stream.forEach(files::add);
      } catch (IOException failure) {
        throw new TraplineException(
            "LEASE-FOLDER",
            "cannot list " + folder + ": " + failure.getMessage() + ".",
            "check its permissions",
            failure);
      }
    }
    return files;
  }

  private static void removeHoldings(Path file, String id) throws IOException {
    killMarked(id);
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(NAMESPACE_ENTRY)) {
        NetworkNamespace.removeIfPresent(line.substring(NAMESPACE_ENTRY.length()));
      }
    }
  }

  private static void killMarked(String id) {
    byte[] mark = (MARK + "=" + id).getBytes(StandardCharsets.UTF_8);
    for (int pid : ProcFs.processes()) {
      if (ProcFs.environmentHolds(pid, mark)) {
        try {
          LibC.kill(pid, 9);
        } catch (LibC.Failure alreadyGone) {
          // Ended by itself between the look and the signal.
        }
      }
    }
  }
}
