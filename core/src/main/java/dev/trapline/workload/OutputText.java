// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A tool's output as text, and the one way in which a reader refuses it.
///
/// @param file where it came from, for errors
/// @param text all of it; bytes that are not UTF-8 are replaced, since they can only be damage
/// @param complaint first line on standard error; null if there is none
record OutputText(String file, String text, @Nullable String complaint) {
  private static final String CODE = "WORKLOAD-OUTPUT";

  /// iperf3 writes about 500 bytes per stream and second, so this is a day of six streams.
  private static final long MAXIMUM_BYTES = 256L << 20;

  private static final int LONGEST_QUOTE = 160;

  /// @throws TraplineException `WORKLOAD-OUTPUT` if it cannot be read or holds nothing
  static OutputText read(String tool, ToolOutput output) {
    Path file = output.standardOutput();
    try {
      long size = Files.size(file);
      if (size > MAXIMUM_BYTES) {
        throw tooLarge(tool, file.toString(), Long.toString(size));
      }
      return of(tool, file.toString(), Files.readAllBytes(file), complaint(output.standardError()));
    } catch (IOException failure) {
      throw new TraplineException(
          CODE,
          "cannot read the output of " + tool + ", " + file + ": " + reason(failure) + ".",
          "check that the file exists and is readable",
          failure);
    }
  }

  /// The same from a stream, which is left open.
  ///
  /// @param file as the user named it
  /// @throws TraplineException `WORKLOAD-OUTPUT` if it holds nothing or too much
  /// @throws IOException if the stream fails
  static OutputText read(String tool, String file, InputStream content) throws IOException {
    byte[] bytes = content.readNBytes((int) MAXIMUM_BYTES + 1);
    if (bytes.length > MAXIMUM_BYTES) {
      throw tooLarge(tool, file, "more than " + MAXIMUM_BYTES);
    }
    return of(tool, file, bytes, null);
  }

  private static OutputText of(String tool, String file, byte[] bytes, @Nullable String complaint) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    OutputText read = new OutputText(file, text, complaint);
    if (text.isBlank()) {
      throw read.refused(
          "is empty: " + tool + " printed no result",
          tool + " was perhaps killed before its end; run it by hand to see why");
    }
    return read;
  }

  private static TraplineException tooLarge(String tool, String file, String size) {
    return new TraplineException(
        CODE,
        file + " has " + size + " bytes: this is no output of " + tool + ".",
        "check which file was given");
  }

  private static String reason(IOException failure) {
    return failure.getClass().getSimpleName() + " " + failure.getMessage();
  }

  private static @Nullable String complaint(@Nullable Path standardError) throws IOException {
    if (standardError == null || !Files.exists(standardError)) {
      return null;
    }
    String text = new String(Files.readAllBytes(standardError), StandardCharsets.UTF_8);
    return text.lines().filter(line -> !line.isBlank()).findFirst().orElse(null);
  }

  /// The exception for something that is wrong with the file.
  ///
  /// @param fact follows the name of the file, without a full stop
  TraplineException refused(String fact, String remedy) {
    return refused(fact, remedy, null);
  }

  /// As above, with the failure underneath.
  TraplineException refused(String fact, String remedy, @Nullable Throwable cause) {
    String words = complaint == null ? "" : "; on standard error: " + quoted(complaint);
    return new TraplineException(CODE, file + " " + fact + words + ".", remedy, cause);
  }

  /// A piece of the file as it can be shown: in quotes, cut, and without control characters that
  /// would act on a terminal.
  static String quoted(String piece) {
    String printable = piece.strip().replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= LONGEST_QUOTE
        ? "'" + printable + "'"
        : "'" + printable.substring(0, LONGEST_QUOTE) + "...'";
  }
}
