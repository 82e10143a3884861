// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether somebody watches.
public final class Terminal {
  private static final int STANDARD_ERROR = 2;

  /// `TIOCGWINSZ` of asm-generic/ioctls.h: fills a `struct winsize` of four 16-bit numbers, the
  /// first of which are rows and columns.
  private static final long GET_WINDOW_SIZE = 0x5413;

  private static final int WINDOW_SIZE_BYTES = 8;

  private Terminal() {}

  /// How large a terminal is.
  public record Size(int columns, int rows) {
    /// What every terminal has been since the VT100, for those that do not say.
    public static final Size USUAL = new Size(80, 24);
  }

  /// The size of standard error's terminal now: it changes when its window does.
  ///
  /// @return [Size#USUAL] if it does not say
  public static Size standardErrorSize() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(WINDOW_SIZE_BYTES, 8);
      LibC.ioctl(STANDARD_ERROR, GET_WINDOW_SIZE, size.address());
      int rows = Short.toUnsignedInt(size.get(JAVA_SHORT, 0));
      int columns = Short.toUnsignedInt(size.get(JAVA_SHORT, 2));
      return rows == 0 || columns == 0 ? Size.USUAL : new Size(columns, rows);
    } catch (LibC.Failure noTerminal) {
      return Size.USUAL;
    }
  }

  /// Whether standard error is a terminal that understands escape codes, as far as can be told
  /// without asking it: /proc says what descriptor 2 is, and `TERM` is neither absent nor `dumb`.
  public static boolean isStandardErrorDrawable() {
    String term = System.getenv("TERM");
    if (term == null || term.isEmpty() || term.equals("dumb")) {
      return false;
    }
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException unknown) {
      return false;
    }
  }
}
