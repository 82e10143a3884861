// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import dev.trapline.TraplineException;
import dev.trapline.host.FolderTree;
import dev.trapline.host.LibC;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Kernels of Debian's in a cache folder, one folder each, named `FLAVOUR_VERSION_RELEASE`. A
/// folder gets its name when it is whole.
final class DebianKernels {
  /// Within one process file locks do not exclude each other.
  private static final ReentrantLock OURS = new ReentrantLock();

  private static final String UNFINISHED = ".unfinished-";
  private static final Pattern CONCRETE =
      Pattern.compile("(?m)^ *(?:Pre)?Depends: *(linux-image-(\\d[^\\s,(]*))");

  /// Hardware that no guest of ours has; these are most of the generic kernel's 400 MB.
  private static final List<String> NO_GUEST_HAS =
      List.of(
          "sound",
          "drivers/gpu",
          "drivers/media",
          "drivers/net/wireless",
          "drivers/net/ethernet",
          "drivers/infiniband",
          "drivers/staging",
          "drivers/iio",
          "drivers/scsi",
          "drivers/usb",
          "drivers/hwmon",
          "drivers/input",
          "fs/xfs",
          "fs/btrfs",
          "fs/ocfs2");

  private final Path folder;
  private final Consumer<String> news;

  DebianKernels(Path cache, Consumer<String> news) {
    folder = cache.resolve("kernels");
    this.news = news;
  }

  GuestKernel get(GuestKernel.Flavour flavour) {
    Optional<GuestKernel> known = cached(flavour);
    if (known.isPresent()) {
      return known.get();
    }
    if (!System.getProperty("os.arch").equals("amd64")) {
      throw ImageFailure.kernel(
          "guests here are x86-64, and this machine is " + System.getProperty("os.arch") + ".",
          "use an x86-64 machine, or the environments netns and loopback");
    }
    OURS.lock();
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
              FileChannel.open(
                  folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        // Another process may have fetched it while we waited.
        known = lock.isValid() ? cached(flavour) : Optional.empty();
        return known.isPresent() ? known.get() : fetch(flavour);
      }
    } catch (IOException failure) {
      throw ImageFailure.notBuilt(folder, failure);
    } finally {
      OURS.unlock();
    }
  }

  /// The one that was fetched last.
  private Optional<GuestKernel> cached(GuestKernel.Flavour flavour) {
    Path best = null;
    FileTime bestTime = FileTime.fromMillis(Long.MIN_VALUE);
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> folders =
        Files.newDirectoryStream(folder, flavour.label() + "_*_*")) {
      for (Path candidate : folders) {
        Path kernel = candidate.resolve("vmlinux");
        if (Files.isRegularFile(kernel)) {
          FileTime time = Files.getLastModifiedTime(kernel);
          if (time.compareTo(bestTime) > 0) {
            best = candidate;
            bestTime = time;
          }
        }
      }
    } catch (IOException failure) {
      throw ImageFailure.notBuilt(folder, failure);
    }
    return Optional.ofNullable(best).map(DebianKernels::of);
  }

  private static GuestKernel of(Path found) {
    String[] parts = found.getFileName().toString().split("_", 3);
    KernelFile.inspect(found.resolve("vmlinux"));
    return new GuestKernel(
        found.resolve("vmlinux"),
        parts[2],
        "linux-image-" + parts[2] + " " + parts[1],
        found.resolve("modules"));
  }

  private GuestKernel fetch(GuestKernel.Flavour flavour) throws IOException {
    removeUnfinished();
    Path work = Files.createTempDirectory(folder, UNFINISHED);
    try {
      String concrete = concretePackage(flavour);
      news.accept("fetching Debian's " + concrete + " for guests (once)");
      Path archive = download(concrete, work);
      Path unpacked = work.resolve("unpacked");
      news.accept("unpacking " + concrete);
      dpkg("-x", archive.toString(), unpacked.toString());
      String version = dpkg("-f", archive.toString(), "Version");
      String release = concrete.substring("linux-image-".length());
      Path whole = Files.createDirectory(work.resolve("whole"));
      Path vmlinuz = unpacked.resolve("boot/vmlinuz-" + release);
      Path kernel = whole.resolve("vmlinux");
      if (KernelFile.uncompress(vmlinuz, kernel).isEmpty()) {
        Files.copy(vmlinuz, kernel, StandardCopyOption.REPLACE_EXISTING);
      }
      KernelFile.inspect(kernel);
      Path modules = modulesIn(unpacked, release);
      for (String unwanted : NO_GUEST_HAS) {
        FolderTree.delete(modules.resolve("kernel").resolve(unwanted));
      }
      Files.move(modules, whole.resolve("modules"));
      try (FileChannel channel = FileChannel.open(kernel, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Path target =
          folder.resolve(flavour.label() + "_" + version.replace(':', '%') + "_" + release);
      FolderTree.delete(target);
      Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE);
      return of(target);
    } finally {
      FolderTree.delete(work);
    }
  }

  private static Path modulesIn(Path unpacked, String release) throws IOException {
    for (String parent : List.of("lib/modules", "usr/lib/modules")) {
      Path modules = unpacked.resolve(parent).resolve(release);
      if (Files.isDirectory(modules)) {
        return modules;
      }
    }
    throw new IOException("the package of kernel " + release + " has no modules");
  }

  private static String dpkg(String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("dpkg-deb"));
    command.addAll(List.of(arguments));
    Tool.Result result = Tool.run(command);
    if (result.exitCode() != 0) {
      throw ImageFailure.notBuilt(
          "no guest can be booted, since dpkg-deb says: " + result.output() + ".",
          "make room in the cache, or set TRAPLINE_CACHE to another folder");
    }
    return result.output();
  }

  /// The package that the meta package depends on, such as `linux-image-6.1.0-56-cloud-amd64`.
  private String concretePackage(GuestKernel.Flavour flavour) {
    List<String> question =
        List.of("apt-cache", "show", "--no-all-versions", flavour.metaPackage());
    Optional<String> found = concreteIn(runTool(question).output());
    if (found.isEmpty() && refreshLists()) {
      found = concreteIn(runTool(question).output());
    }
    return found.orElseThrow(() ->
        new TraplineException(
            "GUEST-KERNEL-DOWNLOAD",
            "apt knows no kernel package "
                + flavour.metaPackage()
                + ", so no kernel for guests can be fetched.",
            "apt-get update; or name a kernel of your own"));
  }

  static Optional<String> concreteIn(String shown) {
    Matcher matcher = CONCRETE.matcher(shown);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /// apt-get(8) downloads into the folder that it is started in.
  private Path download(String concrete, Path work) throws IOException {
    List<String> command = List.of("env", "--chdir=" + work, "apt-get", "-q", "download", concrete);
    Tool.Result result = runTool(command);
    if (result.exitCode() != 0 && refreshLists()) {
      result = runTool(command);
    }
    try (DirectoryStream<Path> archives = Files.newDirectoryStream(work, "*.deb")) {
      for (Path archive : archives) {
        if (result.exitCode() == 0) {
          return archive;
        }
      }
    }
    throw new TraplineException(
        "GUEST-KERNEL-DOWNLOAD",
        "apt-get could not download "
            + concrete
            + ", and a guest needs a kernel: "
            + result.output().lines().filter(line -> line.startsWith("E:")).findFirst().orElse("")
            + ".",
        "apt-get update, and see whether 'apt-get download " + concrete + "' works");
  }

  private static Tool.Result runTool(List<String> command) {
    try {
      return Tool.run(command);
    } catch (TraplineException missing) {
      throw new TraplineException(
          "GUEST-KERNEL-DOWNLOAD",
          "kernels for guests are fetched through apt, and " + missing.getMessage(),
          "name a kernel of your own",
          missing);
    }
  }

  /// A machine whose package lists are empty or old; only root may renew them.
  private boolean refreshLists() {
    if (!LibC.isRoot()) {
      return false;
    }
    news.accept("renewing apt's package lists");
    return Tool.run(List.of("apt-get", "-q", "update")).exitCode() == 0;
  }

  /// What killed ones left: whoever works here holds the lock, and that is us.
  private void removeUnfinished() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, UNFINISHED + "*")) {
      for (Path path : left) {
        FolderTree.delete(path);
      }
    }
  }
}
