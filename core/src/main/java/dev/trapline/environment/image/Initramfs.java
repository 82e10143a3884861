// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import dev.trapline.TraplineException;
import dev.trapline.host.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/// The file system that a guest runs from: an uncompressed cpio archive in the format `newc` (the
/// kernel's Documentation/driver-api/early-userspace/buffer-format.rst), in memory until the guest
/// ends.
///
/// It holds the programs in `/bin`, busybox's commands as links to it, the shared libraries of all,
/// the kernel modules in `/lib/modules/NN-NAME.ko` with their paths in load order in
/// [#MODULE_LIST], `/dev/console` and `/dev/null`, empty `/proc`, `/sys`, `/tmp`, `/run`, `/mnt`,
/// and the caller's files. The kernel starts `/init`, which must be one of those. The same content
/// makes the same bytes.
///
/// @param kernel whose modules are taken
/// @param modules names of modules to be loaded, in order; what they need comes by itself
/// @param programs of this machine; a busybox among them gives a shell
/// @param files by path in the image, such as `init`. What is called `init` or begins with `#!` may
///   be executed
public record Initramfs(
    GuestKernel kernel,
    List<String> modules,
    List<Path> programs,
    SortedMap<String, byte[]> files) {
  /// Paths of the modules in the order to load them, one a line. An init does: `while read module;
  /// do insmod $module; done < /modules.order`.
  public static final String MODULE_LIST = "/modules.order";

  private static final Duration KEPT = Duration.ofDays(7);
  private static final String BUSYBOX = "busybox";
  private static final String END_OF_ARCHIVE = "TRAILER!!!";
  private static final List<String> EMPTY_FOLDERS =
      List.of("dev", "proc", "sys", "tmp", "run", "mnt");
  private static final String LINK_TARGET = "busybox";

  /// Keeps copies, and checks the names.
  ///
  /// @throws TraplineException `IMAGE-NOT-BUILT` for a path that leaves the image or ends it
  public Initramfs {
    modules = List.copyOf(modules);
    programs = List.copyOf(programs);
    SortedMap<String, byte[]> checked = new TreeMap<>();
    files.forEach((path, content) -> {
      if (checked.put(relative(path), content) != null) {
        throw refusedPath(path, "is there twice");
      }
    });
    files = checked;
  }

  /// A path in the image without a leading `/`.
  static String relative(String path) {
    String relative = path;
    while (relative.startsWith("/")) {
      relative = relative.substring(1);
    }
    if (relative.isEmpty() || relative.indexOf('\0') >= 0 || relative.equals(END_OF_ARCHIVE)) {
      throw refusedPath(path, "is not a name of a file in an image");
    }
    for (String part : relative.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw refusedPath(path, "has an empty, '.' or '..' part");
      }
    }
    return relative;
  }

  private static TraplineException refusedPath(String path, String why) {
    return ImageFailure.notBuilt(
        "the path '" + path + "' of a file for the image " + why + ".", "give it another name");
  }

  /// Builds the image, or takes the one of the same content that was built before.
  ///
  /// @return its file in the cache
  /// @throws TraplineException `IMAGE-NOT-BUILT` if a program or library is missing, or there is no
  ///   room; `GUEST-KERNEL` if the kernel lacks a module
  public Path build() {
    return buildIn(ImageCache.defaultFolder());
  }

  /// The same with a cache elsewhere.
  public Path buildIn(Path cache) {
    byte[] image = image();
    Path folder = cache.resolve("images");
    Path target = folder.resolve(digest(image) + ".cpio");
    try {
      Files.createDirectories(folder);
      if (Files.isRegularFile(target)
          && Files.size(target) == image.length
          && java.util.Arrays.equals(Files.readAllBytes(target), image)) {
        Files.setLastModifiedTime(target, FileTime.from(Instant.now()));
        return target;
      }
      removeOld(folder);
    } catch (IOException failure) {
      throw ImageFailure.notBuilt(target, failure);
    }
    write(image, target);
    return target;
  }

  /// Builds the image into a file of the caller's. It is there whole or not at all.
  public void buildTo(Path target) {
    write(image(), target);
  }

  private static void write(byte[] image, Path target) {
    Path unfinished =
        target.resolveSibling(
            "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".unfinished");
    try {
      Files.write(unfinished, image);
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      try {
        Files.deleteIfExists(unfinished);
      } catch (IOException stillThere) {
        failure.addSuppressed(stillThere);
      }
      throw ImageFailure.notBuilt(target, failure);
    }
  }

  /// Images of programs and scripts that are no more, and what killed ones left half-written.
  private static void removeOld(Path folder) throws IOException {
    Instant oldest = Instant.now().minus(KEPT);
    try (DirectoryStream<Path> images =
        Files.newDirectoryStream(folder, "{*.cpio,.*.unfinished}")) {
      for (Path image : images) {
        try {
          if (Files.getLastModifiedTime(image).toInstant().isBefore(oldest)) {
            Files.deleteIfExists(image);
          }
        } catch (java.nio.file.NoSuchFileException removedByAnother) {
          // As good.
        }
      }
    }
  }

  private static String digest(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }

  /// The archive.
  byte[] image() {
    try {
      Contents contents = new Contents();
      Map<Path, byte[]> binaries = readPrograms();
      binaries.forEach((path, content) -> contents.add("bin/" + path.getFileName(), content, true));
      SharedLibraries.of(binaries).forEach((path, content) -> contents.add(path, content, true));
      addModules(contents);
      files.forEach((path, content) ->
          contents.add(path, content, path.equals("init") || beginsWithScript(content)));
      if (binaries.keySet().stream().anyMatch(Initramfs::isBusybox)) {
        addCommands(contents);
      }
      return contents.archive();
    } catch (IOException failure) {
      throw new TraplineException(
          "IMAGE-NOT-BUILT",
          "the guest's file system cannot be built: " + ImageFailure.reason(failure) + ".",
          "install what is missing, or see whether the file is damaged",
          failure);
    }
  }

  private Map<Path, byte[]> readPrograms() throws IOException {
    Map<Path, byte[]> binaries = new LinkedHashMap<>();
    for (Path program : programs) {
      if (!Files.isRegularFile(program)) {
        throw ImageFailure.notBuilt(
            "there is no program " + program + " for the guest.",
            "apt-get install " + Tool.packageOf(String.valueOf(program.getFileName())));
      }
      binaries.put(program, Files.readAllBytes(program));
    }
    return binaries;
  }

  private static boolean isBusybox(Path program) {
    return program.getFileName().toString().equals(BUSYBOX);
  }

  private static boolean beginsWithScript(byte[] content) {
    return content.length > 2 && content[0] == '#' && content[1] == '!';
  }

  private void addModules(Contents contents) throws IOException {
    StringBuilder order = new StringBuilder();
    for (Map.Entry<String, byte[]> module :
        KernelModules.of(kernel).inLoadOrder(modules).entrySet()) {
      String path = "lib/modules/" + module.getKey() + ".ko";
      contents.add(path, module.getValue(), false);
      order.append('/').append(path).append('\n');
    }
    contents.add(relative(MODULE_LIST), order.toString().getBytes(StandardCharsets.UTF_8), false);
  }

  /// Programs of the caller's go before busybox's of the same name.
  private void addCommands(Contents contents) {
    Path busybox = programs.stream().filter(Initramfs::isBusybox).findFirst().orElseThrow();
    String listed = Tool.runOrFail(List.of(busybox.toString(), "--list"));
    for (String command : listed.split("\n", -1)) {
      String name = command.strip();
      if (!name.isEmpty() && !name.contains("/") && !name.equals(BUSYBOX)) {
        contents.addLink("bin/" + name, LINK_TARGET);
      }
    }
  }

  /// The entries of an archive, folders included.
  private static final class Contents {
    private record Item(ByteBuffer content, long mode) {}

    private final SortedMap<String, Item> items = new TreeMap<>();

    Contents() {
      EMPTY_FOLDERS.forEach(this::addFolder);
    }

    private void addFolder(String path) {
      items.putIfAbsent(path, new Item(ByteBuffer.allocate(0), CpioConstants.C_ISDIR | 0755));
    }

    private void addParents(String path) {
      for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
        addFolder(path.substring(0, slash));
      }
    }

    void add(String path, byte[] content, boolean executable) {
      addParents(path);
      Item item =
          new Item(ByteBuffer.wrap(content), CpioConstants.C_ISREG | (executable ? 0755 : 0644));
      if (items.putIfAbsent(path, item) != null) {
        throw refusedPath(path, "is there twice");
      }
    }

    void addLink(String path, String target) {
      addParents(path);
      items.putIfAbsent(
          path, new Item(StandardCharsets.UTF_8.encode(target), CpioConstants.C_ISLNK | 0777));
    }

    byte[] archive() throws IOException {
      for (String path : items.keySet()) {
        refuseFolderInFile(path);
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 24);
      try (CpioArchiveOutputStream archive =
          new CpioArchiveOutputStream(
              bytes,
              CpioConstants.FORMAT_NEW,
              CpioConstants.BLOCK_SIZE,
              StandardCharsets.UTF_8.name())) {
        for (Map.Entry<String, Item> item : items.entrySet()) {
          put(archive, item.getKey(), item.getValue().mode(), item.getValue().content(), 0);
        }
        // Without it init has no standard output before it mounts a devtmpfs.
        put(archive, "dev/console", CpioConstants.C_ISCHR | 0600, ByteBuffer.allocate(0), 0x501);
        put(archive, "dev/null", CpioConstants.C_ISCHR | 0666, ByteBuffer.allocate(0), 0x103);
      }
      return bytes.toByteArray();
    }

    private void refuseFolderInFile(String path) {
      for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
        Item parent = items.get(path.substring(0, slash));
        if (parent != null && (parent.mode() & CpioConstants.S_IFMT) != CpioConstants.C_ISDIR) {
          throw refusedPath(path, "lies in what is a file there");
        }
      }
    }

    private static void put(
        CpioArchiveOutputStream archive, String path, long mode, ByteBuffer content, int device)
        throws IOException {
      CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, path);
      byte[] bytes = new byte[content.remaining()];
      content.duplicate().get(bytes);
      entry.setSize(bytes.length);
      entry.setMode(mode);
      entry.setTime(0);
      entry.setNumberOfLinks(1);
      entry.setRemoteDeviceMaj(device >> 8);
      entry.setRemoteDeviceMin(device & 0xff);
      archive.putArchiveEntry(entry);
      archive.write(bytes);
      archive.closeArchiveEntry();
    }
  }
}
