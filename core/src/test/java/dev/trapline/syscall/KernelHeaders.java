// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads syscall numbers from the kernel headers of the system, as a second opinion on the
/// catalogue. Not a C preprocessor: it knows the few forms that these two headers use.
final class KernelHeaders {
  private static final Pattern DEFINE = Pattern.compile("#define\\s+(__NR\\w*)\\s+(\\w+)\\s*");

  /// Names of the generic header that are not the 64-bit ABI of arm64: 32-bit names for the same
  /// numbers, the argument order of other architectures, and markers.
  private static final Set<String> NOT_ON_ARM64 =
      Set.of(
          "fcntl64",
          "statfs64",
          "fstatfs64",
          "truncate64",
          "ftruncate64",
          "llseek",
          "sendfile64",
          "fstatat64",
          "fstat64",
          "mmap2",
          "fadvise64_64",
          "sync_file_range2",
          "arch_specific_syscall",
          "syscalls");

  /// The generic table keeps these for the 64-bit time of 32-bit architectures.
  private static final int FIRST_TIME64 = 403;

  private static final int LAST_TIME64 = 423;

  private KernelHeaders() {}

  static Map<String, Integer> ofX86() {
    return read(
        List.of(
            Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
            Path.of("/usr/include/asm/unistd_64.h")),
        Set.of());
  }

  /// The 64-bit numbers of the generic table. arm64 selects from it `renameat`, the old `stat`
  /// family, `getrlimit` and `setrlimit`, `clone3` and `memfd_secret`, so nothing is missing; the
  /// entries under `__NR3264_` have their 64-bit name.
  static Map<String, Integer> ofArm64() {
    return read(List.of(Path.of("/usr/include/asm-generic/unistd.h")), NOT_ON_ARM64);
  }

  private static Map<String, Integer> read(List<Path> candidates, Set<String> leftOut) {
    Path header = null;
    for (Path candidate : candidates) {
      if (Files.isReadable(candidate)) {
        header = candidate;
        break;
      }
    }
    if (header == null) {
      return abort("no kernel header at " + candidates + ": install linux-libc-dev");
    }
    Map<String, String> definitions = new HashMap<>();
    try {
      for (String line : Files.readAllLines(header)) {
        Matcher define = DEFINE.matcher(line);
        if (define.matches()) {
          definitions.putIfAbsent(define.group(1), define.group(2));
        }
      }
    } catch (IOException e) {
      return abort("cannot read " + header + ": " + e);
    }
    Map<String, Integer> numbers = new TreeMap<>();
    for (Map.Entry<String, String> definition : definitions.entrySet()) {
      String symbol = definition.getKey();
      String value = definition.getValue();
      String meant = definitions.get(value);
      if (meant != null) {
        value = meant;
      }
      String name = symbol.startsWith("__NR_") ? symbol.substring("__NR_".length()) : "";
      if (!name.isEmpty() && !leftOut.contains(name) && value.matches("[0-9]+")) {
        int number = Integer.parseInt(value);
        if (number < FIRST_TIME64 || number > LAST_TIME64) {
          numbers.put(name, number);
        }
      }
    }
    return numbers;
  }
}
