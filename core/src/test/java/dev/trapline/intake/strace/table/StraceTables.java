// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Tables that strace 6.1 wrote: see README.md beside them.
final class StraceTables {
  static final List<String> NAMES =
      List.of(
          "plain",
          "follow",
          "wall",
          "sorted-time",
          "sorted-min-time",
          "sorted-max-time",
          "sorted-avg-time",
          "sorted-calls",
          "sorted-errors",
          "sorted-name",
          "sorted-nothing",
          "columns-all",
          "columns-reversed",
          "columns-name-within",
          "columns-name-added",
          "columns-calls",
          "columns-without-errors",
          "filtered",
          "large-numbers",
          "stderr-mixed",
          "two-runs",
          "comma",
          "two-modes");

  private StraceTables() {}

  static String text(String file) {
    try (InputStream resource = StraceTables.class.getResourceAsStream(file)) {
      if (resource == null) {
        throw new IllegalArgumentException(file + " is missing");
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static TallyReading read(String text, StraceTableReader.Clock clock) {
    return read(text.getBytes(StandardCharsets.UTF_8), clock);
  }

  static TallyReading read(byte[] text, StraceTableReader.Clock clock) {
    try {
      return new StraceTableReader(clock).read(new ByteArrayInputStream(text));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  static TallyReading read(String text) {
    return read(text, StraceTableReader.Clock.UNKNOWN);
  }

  /// `name calls errors`, as the script's awk writes it.
  static String inWords(Tally tally) {
    SortedMap<String, String> lines = new TreeMap<>();
    for (Map.Entry<String, Count> entry : tally.groupedBy(Key::syscall).entrySet()) {
      Count count = entry.getValue();
      lines.put(
          entry.getKey(), entry.getKey() + " " + count.calls() + " " + count.failedCalls() + "\n");
    }
    return String.join("", lines.values());
  }
}
