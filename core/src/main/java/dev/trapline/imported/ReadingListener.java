// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.reading.InputText;
import org.jspecify.annotations.Nullable;

/// Is told what is being read, and may ask the input how far it is, from any thread.
public interface ReadingListener {
  /// For whom nobody waits.
  ReadingListener NOBODY = (input, bytes) -> {};

  /// Reading of a file begins.
  ///
  /// @param bytes of the file on the disk; null if not known
  void reading(InputText input, @Nullable Long bytes);
}
