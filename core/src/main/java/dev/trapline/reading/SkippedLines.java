// SPDX-License-Identifier: Apache-2.0
package dev.trapline.reading;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Lines that a reader made no sense of: all are counted, the first few kept. Immutable; parts that
/// were read apart merge with [#plus], earlier ones first.
///
/// @param count all of them
/// @param first up to [#SHOWN], in the order of the file
public record SkippedLines(long count, List<Line> first) {
  /// How many are kept.
  public static final int SHOWN = 5;

  /// None.
  public static final SkippedLines NONE = new SkippedLines(0, List.of());

  private static final int EXCERPT_BYTES = 120;

  /// One of them.
  ///
  /// @param number from 1
  /// @param excerpt its beginning; printable ASCII only, since it ends up on terminals
  public record Line(long number, String excerpt) {}

  /// Keeps a copy.
  public SkippedLines {
    first = List.copyOf(first);
  }

  /// Both together.
  public SkippedLines plus(SkippedLines later) {
    List<Line> lines = new ArrayList<>(first);
    for (Line line : later.first) {
      if (lines.size() < SHOWN) {
        lines.add(line);
      }
    }
    return new SkippedLines(count + later.count, lines);
  }

  /// The same and one more.
  public SkippedLines with(long number, String line) {
    if (first.size() >= SHOWN) {
      return new SkippedLines(count + 1, first);
    }
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return plus(new SkippedLines(1, List.of(new Line(number, excerpt(bytes, 0, bytes.length)))));
  }

  /// The beginning of a line as it can be shown anywhere.
  public static String excerpt(byte[] text, int from, int to) {
    int length = Math.min(to - from, EXCERPT_BYTES);
    StringBuilder printable = new StringBuilder(length);
    for (int at = from; at < from + length; at++) {
      printable.append(text[at] >= ' ' && text[at] < 0x7f ? (char) text[at] : '.');
    }
    return printable.append(to - from > length ? "..." : "").toString();
  }
}
