// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import dev.trapline.environment.image.ImageCache;
import dev.trapline.host.FolderTree;
import dev.trapline.host.Tool;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;

/// What is sent to a node so that an agent can run there: a Java machine linked by jlink(1) with
/// the few modules that an agent needs, Trapline's own code, and the native libraries that a node
/// may lack. It is named by what is in it: the hash of its manifest, which has the hash of every
/// file.
///
/// Built once per version of all that, and kept in the cache ([ImageCache]).
///
/// @param hash SHA-256 of its `MANIFEST`, in hexadecimal digits
/// @param machine what `uname -m` says where it can run
/// @param archive the .tar.gz of it
public record RuntimeImage(String hash, String machine, Path archive) {
  /// A change of how an image is put together makes another image.
  private static final String RECIPE = "1";

  /// `java.base` has files, processes and foreign functions; Jackson's classes name some of
  /// `java.xml`; the last has `sun.misc.Unsafe`, which libraries may use. A test runs agents with
  /// nothing else.
  private static final String MODULES = "java.base,java.xml,jdk.unsupported";

  private static final String MANIFEST = "MANIFEST";
  private static final String ARCHIVE = "runtime.tar.gz";
  private static final String HASHES = "hashes";

  /// libbpf and what it needs; a node's own are taken first.
  private static final List<String> LIBRARIES =
      List.of("libbpf.so.1", "libelf.so.1", "libz.so.1", "libzstd.so.1");

  private static final List<Path> LIBRARY_FOLDERS =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu"),
          Path.of("/usr/lib/aarch64-linux-gnu"),
          Path.of("/usr/lib64"),
          Path.of("/usr/lib"),
          Path.of("/lib64"));

  private static final int KEPT = 3;
  private static final Duration ABANDONED_AFTER = Duration.ofHours(1);

  /// The image of this very program.
  ///
  /// @param parts one class out of each jar that the agent needs
  /// @throws TraplineException `NODE-RUNTIME` if it cannot be built
  public static RuntimeImage of(List<Class<?>> parts, NodeNews news) {
    return of(parts, ImageCache.defaultFolder().resolve("runtime"), news);
  }

  static RuntimeImage of(List<Class<?>> parts, Path cache, NodeNews news) {
    try {
      SortedMap<String, Path> sources = new TreeMap<>();
      for (Class<?> part : parts) {
        Path source = sourceOf(part);
        sources.put(nameOf(source), source);
      }
      String key = keyOf(sources);
      Path place = cache.resolve(key);
      if (!isWhole(place)) {
        news.building();
        if (Files.exists(place)) {
          FolderTree.delete(place);
        }
        build(sources, cache, place);
      }
      Files.setLastModifiedTime(place, FileTime.from(Instant.now()));
      removeOld(cache);
      return new RuntimeImage(hashes(place).getFirst(), machineHere(), place.resolve(ARCHIVE));
    } catch (IOException | UncheckedIOException failure) {
      throw NodeFailure.notBuilt(reason(failure), failure);
    }
  }

  /// Of its manifest and of its archive.
  private static List<String> hashes(Path place) throws IOException {
    return Files.readAllLines(place.resolve(HASHES));
  }

  /// A damaged archive would be refused by every node.
  private static boolean isWhole(Path place) {
    try {
      List<String> hashes = hashes(place);
      return hashes.size() == 2 && hashes.get(1).equals(hashOf(place.resolve(ARCHIVE)));
    } catch (IOException | UncheckedIOException missingOrDamaged) {
      return false;
    }
  }

  private static String reason(Exception failure) {
    return failure instanceof FileSystemException named && named.getReason() != null
        ? named.getFile() + ": " + named.getReason()
        : String.valueOf(failure.getMessage());
  }

  private static String machineHere() {
    String architecture = System.getProperty("os.arch");
    return architecture.equals("amd64") ? "x86_64" : architecture;
  }

  /// The jar or folder that a class was loaded from.
  private static Path sourceOf(Class<?> part) throws IOException {
    try {
      return Path.of(part.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException unusable) {
      throw new IOException("where " + part.getName() + " was loaded from is no file", unusable);
    }
  }

  /// A folder of classes, such as `core/target/classes`, gets a jar by its module's name.
  private static String nameOf(Path source) {
    if (!Files.isDirectory(source)) {
      return source.getFileName().toString();
    }
    Path folder = source.toAbsolutePath();
    int depth = folder.getNameCount();
    return (depth < 3 ? "classes" : folder.getName(depth - 3)) + ".jar";
  }

  // ---- what makes one image another than the next ----------------------------------------

  private static String keyOf(SortedMap<String, Path> sources) throws IOException {
    MessageDigest digest = sha256();
    add(digest, RECIPE + "\n" + MODULES + "\n");
    Path release = Path.of(System.getProperty("java.home"), "release");
    digest.update(Files.readAllBytes(release));
    for (var source : sources.entrySet()) {
      add(digest, source.getKey() + "\n");
      for (var file : filesOf(source.getValue()).entrySet()) {
        add(digest, file.getKey() + " " + Files.size(file.getValue()) + "\n");
        update(digest, file.getValue());
      }
    }
    for (Path library : libraries()) {
      add(digest, library + "\n");
      update(digest, library);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void update(MessageDigest digest, Path file) throws IOException {
    byte[] part = new byte[1 << 16];
    try (InputStream content = Files.newInputStream(file)) {
      for (int count = content.read(part); count > 0; count = content.read(part)) {
        digest.update(part, 0, count);
      }
    }
  }

  private static String hashOf(Path file) throws IOException {
    MessageDigest digest = sha256();
    update(digest, file);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  /// The files of a folder, or the file itself, by their paths in it.
  private static SortedMap<String, Path> filesOf(Path source) throws IOException {
    SortedMap<String, Path> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(source)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(source.relativize(file).toString(), file);
      }
    }
    return files;
  }

  private static List<Path> libraries() {
    List<Path> found = new ArrayList<>();
    for (String name : LIBRARIES) {
      LIBRARY_FOLDERS.stream()
          .map(folder -> folder.resolve(name))
          .filter(Files::isRegularFile)
          .findFirst()
          .ifPresent(found::add);
    }
    return found;
  }

  // ---- building --------------------------------------------------------------------------

  private static void build(SortedMap<String, Path> sources, Path cache, Path place)
      throws IOException {
    Files.createDirectories(cache);
    Path work = Files.createTempDirectory(cache, ".building-");
    try {
      Path image = work.resolve("image");
      link(image);
      Path application = Files.createDirectory(image.resolve("app"));
      Path natives = Files.createDirectory(image.resolve("native"));
      for (var source : sources.entrySet()) {
        Path jar = application.resolve(source.getKey());
        if (Files.isDirectory(source.getValue())) {
          pack(source.getValue(), jar);
        } else {
          copyJar(source.getValue(), jar, natives);
        }
      }
      for (Path library : libraries()) {
        // Not the link, what it leads to.
        Files.copy(library.toRealPath(), natives.resolve(library.getFileName()));
      }
      Path result = Files.createDirectory(work.resolve("result"));
      String hash = seal(image);
      Path archive = result.resolve(ARCHIVE);
      archive(image, archive);
      Files.write(result.resolve(HASHES), List.of(hash, hashOf(archive)));
      try {
        Files.move(result, place, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileSystemException anotherWasFaster) {
        if (!isWhole(place)) {
          throw anotherWasFaster;
        }
      }
    } finally {
      FolderTree.delete(work);
    }
  }

  private static void link(Path image) {
    Path jlink = Path.of(System.getProperty("java.home"), "bin", "jlink");
    if (!Files.isExecutable(jlink)) {
      throw NodeFailure.notBuilt(jlink + " is missing", null);
    }
    Tool.Result result =
        Tool.run(
            List.of(
                jlink.toString(),
                "--add-modules",
                MODULES,
                "--strip-java-debug-attributes",
                "--no-header-files",
                "--no-man-pages",
                "--compress",
                "zip-6",
                "--vm",
                "server",
                "--output",
                image.toString()));
    if (result.exitCode() != 0) {
      throw NodeFailure.notBuilt("jlink ended with: " + result.output(), null);
    }
  }

  /// The same files give the same jar.
  private static void pack(Path folder, Path jar) throws IOException {
    try (JarOutputStream target = new JarOutputStream(Files.newOutputStream(jar))) {
      for (var file : filesOf(folder).entrySet()) {
        JarEntry entry = new JarEntry(file.getKey());
        entry.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0));
        target.putNextEntry(entry);
        Files.copy(file.getValue(), target);
        target.closeEntry();
      }
    }
  }

  /// Without native code for other machines. What is for this one comes out of the jar: unpacked at
  /// run time it would be a file that a killed agent leaves behind.
  private static void copyJar(Path source, Path jar, Path natives) throws IOException {
    boolean hasNatives;
    try (ZipFile zip = new ZipFile(source.toFile())) {
      hasNatives = zip.stream().anyMatch(RuntimeImage::isNative);
      if (!hasNatives) {
        Files.copy(source, jar);
        return;
      }
      String ours = "linux/" + System.getProperty("os.arch") + "/";
      try (JarOutputStream target = new JarOutputStream(Files.newOutputStream(jar))) {
        for (ZipEntry entry : zip.stream().toList()) {
          if (!isNative(entry)) {
            JarEntry copy = new JarEntry(entry.getName());
            copy.setTime(entry.getTime());
            target.putNextEntry(copy);
            zip.getInputStream(entry).transferTo(target);
            target.closeEntry();
          } else if (entry.getName().startsWith(ours)) {
            // By a name without a version: the command that starts an agent has it.
            String name = entry.getName().substring(ours.length());
            Files.copy(
                zip.getInputStream(entry),
                natives.resolve(name.replaceFirst("-[0-9].*[.]so$", ".so")));
          }
        }
      }
    }
  }

  private static boolean isNative(ZipEntry entry) {
    String name = entry.getName();
    return name.endsWith(".so") || name.endsWith(".dylib") || name.endsWith(".dll");
  }

  /// Writes the manifest, in the form of sha256sum(1).
  ///
  /// @return its hash
  private static String seal(Path image) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (var file : filesOf(image).entrySet()) {
      lines.append(hashOf(file.getValue())).append("  ").append(file.getKey()).append('\n');
    }
    Path manifest = Files.writeString(image.resolve(MANIFEST), lines);
    return hashOf(manifest);
  }

  private static void archive(Path image, Path target) throws IOException {
    GzipParameters parameters = new GzipParameters();
    parameters.setCompressionLevel(Deflater.DEFAULT_COMPRESSION);
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(target));
        TarArchiveOutputStream tar =
            new TarArchiveOutputStream(new GzipCompressorOutputStream(file, parameters))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (var entry : filesOf(image).entrySet()) {
        // A link among jlink's legal notices is sent as the file that it leads to.
        TarArchiveEntry header = new TarArchiveEntry(entry.getKey());
        header.setSize(Files.size(entry.getValue()));
        header.setMode(Files.isExecutable(entry.getValue()) ? 0755 : 0644);
        header.setModTime(FileTime.fromMillis(0));
        tar.putArchiveEntry(header);
        Files.copy(entry.getValue(), tar);
        tar.closeArchiveEntry();
      }
    }
  }

  // ---- the cache -------------------------------------------------------------------------

  /// Keeps the few that were used last, and no work that was abandoned.
  private static void removeOld(Path cache) {
    try {
      removeAllBut(KEPT, cache);
    } catch (IOException | UncheckedIOException leftToTheNextStart) {
      // Another start removes them just now, or the disk refuses: the image is there all the same.
    }
  }

  private static void removeAllBut(int kept, Path cache) throws IOException {
    List<Path> images = new ArrayList<>();
    try (Stream<Path> all = Files.list(cache)) {
      for (Path entry : all.toList()) {
        if (!entry.getFileName().toString().startsWith(".")) {
          images.add(entry);
        } else if (modified(entry).isBefore(Instant.now().minus(ABANDONED_AFTER))) {
          FolderTree.delete(entry);
        }
      }
    }
    images.sort(Comparator.comparing(RuntimeImage::modified).reversed());
    for (Path old : images.subList(Math.min(kept, images.size()), images.size())) {
      FolderTree.delete(old);
    }
  }

  private static Instant modified(Path path) {
    try {
      return Files.getLastModifiedTime(path).toInstant();
    } catch (IOException gone) {
      return Instant.EPOCH;
    }
  }
}
