// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A file that figures of an imported run were read from. The file itself is not kept: it may be
/// larger than any disk wants twice.
///
/// @param file as the user named it; `-` for standard input
/// @param format what it was read as, such as `strace log`
/// @param compression `gzip`, `zstd`, `xz`; null for plain text
/// @param bytes as it lay on the disk, compressed or not; null if not known
/// @param sha256 of the same, in hexadecimal; null if it was not taken
/// @param trial the trial that it belongs to
/// @param role the side, for counts; null for an outcome that has both
/// @param labelledBy where role and trial come from, in words
/// @param lines of text in it; null where lines mean nothing
/// @param skippedLines that were not understood
/// @param truncation how it was seen to end early; null if it was not
/// @param cannotKnow what this format never tells
/// @param remarks how it was read
public record SourceFile(
    String file,
    String format,
    @Nullable String compression,
    @Nullable Long bytes,
    @Nullable String sha256,
    String trial,
    @Nullable String role,
    String labelledBy,
    @Nullable Long lines,
    long skippedLines,
    @Nullable String truncation,
    List<String> cannotKnow,
    List<String> remarks) {
  /// Keeps copies.
  public SourceFile {
    cannotKnow = List.copyOf(cannotKnow);
    remarks = List.copyOf(remarks);
  }
}
