// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The source tree that the tests are of.
final class Repository {
  private Repository() {}

  /// Its top folder: Maven runs tests in a module's.
  static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("trapline")) || !Files.exists(folder.resolve("LICENSE"))) {
      Path parent = folder.getParent();
      if (parent == null) {
        throw new AssertionError("the tests do not run inside the repository");
      }
      folder = parent;
    }
    return folder;
  }

  /// The Java files of all modules that are not tests.
  static List<Path> mainSources() throws IOException {
    try (Stream<Path> files = Files.walk(root())) {
      return files
          .filter(file -> file.toString().contains("/src/main/java/"))
          .filter(file -> file.toString().endsWith(".java"))
          .toList();
    }
  }
}
