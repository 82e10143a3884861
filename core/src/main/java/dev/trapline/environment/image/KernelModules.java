// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/// The modules of a kernel, and whom each needs. Read from the modules themselves (`.modinfo`, as
/// depmod(8) does): the `modules.dep` of an unpacked package does not exist yet.
final class KernelModules {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");
  private static final Pattern FILE = Pattern.compile("([^/]+)\\.ko(\\.xz|\\.zst|\\.gz)?");

  private final GuestKernel kernel;
  private final Map<String, Path> files = new TreeMap<>();
  private final Set<String> builtIn = new HashSet<>();

  private KernelModules(GuestKernel kernel) {
    this.kernel = kernel;
  }

  /// Lists the modules of a kernel; none for a kernel without.
  static KernelModules of(GuestKernel kernel) throws IOException {
    KernelModules modules = new KernelModules(kernel);
    Path folder = kernel.modules();
    if (folder == null) {
      return modules;
    }
    try (Stream<Path> all = Files.walk(folder.resolve("kernel"))) {
      all.forEach(file -> {
        var matcher = FILE.matcher(file.getFileName().toString());
        if (matcher.matches()) {
          modules.files.put(canonical(matcher.group(1)), file);
        }
      });
    } catch (java.io.UncheckedIOException failure) {
      throw new IOException(String.valueOf(failure.getMessage()), failure);
    }
    Path list = folder.resolve("modules.builtin");
    if (Files.exists(list)) {
      for (String line : Files.readAllLines(list)) {
        var matcher = FILE.matcher(line.substring(line.lastIndexOf('/') + 1).strip());
        if (matcher.matches()) {
          modules.builtIn.add(canonical(matcher.group(1)));
        }
      }
    }
    return modules;
  }

  /// The kernel takes `-` and `_` in names of modules for the same.
  private static String canonical(String name) {
    return name.replace('-', '_');
  }

  /// These modules and all that they need, uncompressed, each behind those that it needs.
  ///
  /// @throws dev.trapline.TraplineException `GUEST-KERNEL` if the kernel has no such module
  Map<String, byte[]> inLoadOrder(List<String> names) throws IOException {
    Map<String, byte[]> ordered = new LinkedHashMap<>();
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw ImageFailure.kernel(
            "'" + name + "' is not the name of a kernel module.", "name it as modprobe(8) does");
      }
      add(canonical(name), ordered, new ArrayList<>());
    }
    return ordered;
  }

  private void add(String name, Map<String, byte[]> ordered, List<String> path) throws IOException {
    if (ordered.containsKey(name) || builtIn.contains(name) || path.contains(name)) {
      return;
    }
    Path file = files.get(name);
    if (file == null) {
      if (kernel.modules() == null) {
        return; // A user's kernel without modules has it built in, or the guest will say.
      }
      throw ImageFailure.kernel(
          "the kernel "
              + kernel.release()
              + " has no module '"
              + name
              + "'"
              + (path.isEmpty() ? "" : " that " + path.getLast() + " needs")
              + ", so a guest cannot work with it.",
          "name a kernel that has it, or delete its folder in the cache so that it is fetched"
              + " again");
    }
    byte[] content = uncompressed(file);
    List<String> below = new ArrayList<>(path);
    below.add(name);
    for (String needed : needs(file, content)) {
      add(needed, ordered, below);
    }
    ordered.put(name, content);
  }

  private List<String> needs(Path file, byte[] content) throws IOException {
    List<String> needed = new ArrayList<>();
    try {
      ByteBuffer information =
          ElfFile.ask(ByteBuffer.wrap(content), elf -> elf.section(".modinfo"))
              .orElseThrow(() -> new IOException("it has no .modinfo"));
      byte[] text = new byte[information.remaining()];
      information.get(text);
      for (String entry : new String(text, StandardCharsets.UTF_8).split("\0", -1)) {
        if (entry.startsWith("depends=")) {
          Stream.of(entry.substring("depends=".length()).split(",", -1))
              .filter(name -> !name.isEmpty())
              .map(KernelModules::canonical)
              .forEach(needed::add);
        } else if (entry.startsWith("softdep=pre:")) {
          // Wanted before it, but only if there is one.
          Stream.of(entry.substring("softdep=pre:".length()).split("post:", 2)[0].split(" ", -1))
              .map(KernelModules::canonical)
              .filter(files::containsKey)
              .forEach(needed::add);
        }
      }
    } catch (IOException damage) {
      throw new IOException(file + ": " + damage.getMessage(), damage);
    }
    return needed;
  }

  private static byte[] uncompressed(Path file) throws IOException {
    String name = file.getFileName().toString();
    try (InputStream raw = Files.newInputStream(file);
        InputStream input =
            name.endsWith(".xz")
                ? new XZInputStream(raw)
                : name.endsWith(".zst")
                    ? new ZstdInputStream(raw)
                    : name.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      return input.readAllBytes();
    }
  }
}
