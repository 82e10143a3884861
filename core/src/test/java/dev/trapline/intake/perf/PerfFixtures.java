// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.trapline.reading.TallyReading;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// Files that perf wrote, and the readers of this package on text.
final class PerfFixtures {
  /// Runs of which a file has both the lines and perf's table.
  static final List<String> WITH_LINES_AND_TABLE =
      List.of(
          "iperf3.txt",
          "sockperf.txt",
          "curl.txt",
          "pipeline.txt.gz",
          "jvm.txt.gz",
          "oddities.txt.gz");

  static final List<String> TRACES =
      List.of("faults.txt", "events.txt", "no-comm.txt", "callchain.txt");

  static final List<String> TABLES = List.of("table.txt", "table-faults.txt");

  static final List<String> SCRIPTS =
      List.of(
          "script-raw.txt.gz",
          "script-raw-full.txt.gz",
          "script-named.txt.gz",
          "script-callchain.txt");

  private PerfFixtures() {}

  static byte[] bytes(String name) {
    try (InputStream file = PerfFixtures.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new AssertionError("no fixture " + name);
      }
      return name.endsWith(".gz") ? new GZIPInputStream(file).readAllBytes() : file.readAllBytes();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  static TallyReading table(byte[] text) {
    return read(text, new PerfTraceSummaryReader()::read);
  }

  static TallyReading table(String text) {
    return table(text.getBytes(UTF_8));
  }

  static TallyReading lines(byte[] text) {
    return read(text, new PerfTraceLineReader()::read);
  }

  static TallyReading lines(String text) {
    return lines(text.getBytes(UTF_8));
  }

  static TallyReading script(byte[] text) {
    return read(text, new PerfScriptReader()::read);
  }

  static TallyReading script(String text) {
    return script(text.getBytes(UTF_8));
  }

  interface Reader {
    TallyReading read(InputStream stream) throws IOException;
  }

  private static TallyReading read(byte[] text, Reader reader) {
    try {
      return reader.read(new ByteArrayInputStream(text));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
