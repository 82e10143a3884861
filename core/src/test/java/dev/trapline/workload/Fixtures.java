// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Outputs of real runs, described in the README beside them.
final class Fixtures {
  private Fixtures() {}

  static byte[] bytes(String name) {
    try (InputStream stream =
        Objects.requireNonNull(Fixtures.class.getResourceAsStream(name), name)) {
      return stream.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// The fixture as a file of the same name in a folder.
  static ToolOutput in(Path folder, String name) {
    return written(folder, name, bytes(name));
  }

  static ToolOutput written(Path folder, String name, byte[] content) {
    try {
      return new ToolOutput(Files.write(folder.resolve(name), content), null);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
