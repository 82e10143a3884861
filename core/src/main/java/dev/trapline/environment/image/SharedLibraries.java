// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What programs need of this machine to run elsewhere: their dynamic linker and all shared
/// libraries. Found as ld.so(8) finds them, but without running the programs as ldd(1) does.
final class SharedLibraries {
  private static final List<String> USUAL_FOLDERS =
      List.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/lib", "/usr/lib");

  /// glibc loads it by itself when a thread is cancelled (nptl/unwind-forcedunwind.c), and no
  /// program names it.
  private static final String UNWINDER = "libgcc_s.so.1";

  private static final String C_LIBRARY = "libc.so.6";

  private final Map<String, Path> known = new HashMap<>();
  private final SortedMap<String, byte[]> files = new TreeMap<>();
  private final Map<String, Path> taken = new HashMap<>();
  private @Nullable Path folder;

  /// The files by their path in the image, without a leading `/`.
  ///
  /// @param programs by path, with their content
  /// @throws dev.trapline.TraplineException `IMAGE-NOT-BUILT` if one is no program for x86-64, or a
  ///   library is missing
  static SortedMap<String, byte[]> of(Map<Path, byte[]> programs) throws IOException {
    SharedLibraries libraries = new SharedLibraries();
    for (Map.Entry<Path, byte[]> program : programs.entrySet()) {
      libraries.addNeedsOf(program.getKey(), program.getValue());
    }
    return libraries.files;
  }

  private record Needy(Path file, ByteBuffer content) {}

  private void addNeedsOf(Path program, byte[] content) throws IOException {
    checkMachine(program, content);
    Optional<String> interpreter = ElfFile.ask(ByteBuffer.wrap(content), ElfFile::interpreter);
    if (interpreter.isEmpty()) {
      return; // A static program.
    }
    files.put(
        Initramfs.relative(interpreter.get()), Files.readAllBytes(Path.of(interpreter.get())));
    if (known.isEmpty()) {
      readCache();
      folder = folderOfCLibrary(program);
    }
    Deque<Needy> open = new ArrayDeque<>(List.of(new Needy(program, ByteBuffer.wrap(content))));
    while (!open.isEmpty()) {
      Needy needy = open.remove();
      ElfFile.Dynamic dynamic = ElfFile.ask(needy.content(), ElfFile::dynamic);
      for (String name : dynamic.needed()) {
        add(name, needy.file(), dynamic.searchPath(), open);
      }
    }
    if (known.containsKey(UNWINDER)) {
      add(UNWINDER, program, Optional.empty(), open);
    }
  }

  private static void checkMachine(Path program, byte[] content) throws IOException {
    if (!ElfFile.isElf(ByteBuffer.wrap(content))) {
      throw ImageFailure.notBuilt(
          program + " is no ELF program, so it cannot run in a guest by itself.",
          "name the program that it starts");
    }
    int machine = ElfFile.ask(ByteBuffer.wrap(content), ElfFile::machine);
    if (machine != ElfFile.EM_X86_64) {
      throw ImageFailure.notBuilt(
          program
              + " is a program for "
              + ElfFile.machineName(machine)
              + ", and guests here are x86-64.",
          "name a program for x86-64");
    }
  }

  private void add(String name, Path wantedBy, Optional<String> searchPath, Deque<Needy> open)
      throws IOException {
    Path found = find(name, wantedBy, searchPath);
    Path before = taken.putIfAbsent(name, found);
    if (before != null && !Files.isSameFile(before, found)) {
      throw ImageFailure.notBuilt(
          wantedBy
              + " needs another "
              + name
              + " ("
              + found
              + ") than a program before it ("
              + before
              + "), and an image has room for one.",
          "use programs that were built together");
    }
    if (before != null) {
      return;
    }
    byte[] content = Files.readAllBytes(found);
    // All in the folder of the C library, which its linker searches without being told.
    files.put(Initramfs.relative(folder + "/" + name), content);
    open.add(new Needy(found, ByteBuffer.wrap(content)));
  }

  private Path find(String name, Path wantedBy, Optional<String> searchPath) {
    if (name.contains("/")) {
      throw ImageFailure.notBuilt(
          wantedBy + " needs a library by its path, " + name + ", which no image can give it.",
          "link it in the usual way");
    }
    Path origin = wantedBy.toAbsolutePath().getParent();
    for (String place : searchPath.map(path -> path.split(":", -1)).orElse(new String[0])) {
      String expanded =
          place.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", String.valueOf(origin));
      Path candidate = Path.of(expanded.isEmpty() ? "." : expanded, name);
      if (Files.isRegularFile(candidate)) {
        return candidate;
      }
    }
    Path cached = known.get(name);
    if (cached != null && Files.isRegularFile(cached)) {
      return cached;
    }
    for (String place : USUAL_FOLDERS) {
      Path candidate = Path.of(place, name);
      if (Files.isRegularFile(candidate)) {
        return candidate;
      }
    }
    throw ImageFailure.notBuilt(
        wantedBy + " needs the library " + name + ", which this machine does not have.",
        "install the program again from its package");
  }

  private Path folderOfCLibrary(Path program) {
    Path library = find(C_LIBRARY, program, Optional.empty());
    return library.toAbsolutePath().resolveSibling(".").normalize();
  }

  /// Lines such as `libc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6`. The first of a
  /// name is the one that ld.so takes.
  private void readCache() {
    String printed = Tool.run(List.of("ldconfig", "-p")).output();
    for (String line : printed.split("\n", -1)) {
      String[] parts = line.strip().split(" ", -1);
      if (parts.length >= 4 && line.contains("x86-64") && Arrays.asList(parts).contains("=>")) {
        known.putIfAbsent(parts[0], Path.of(parts[parts.length - 1]));
      }
    }
  }
}
