// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What is read from every file in `modes`, against `modes/golden.txt`, in which a change of any
/// figure is seen. To write it anew: `-Dtrapline.golden=write`, and read the difference.
class WorkloadReadingTest {
  private static final Path FOLDER = Path.of("src/test/resources/dev/trapline/workload/modes");
  private static final Path GOLDEN = FOLDER.resolve("golden.txt");

  @Test
  void everyFileIsReadAsItWasLookedThrough() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String name : names()) {
      all.append("== ").append(name).append('\n').append(seenIn(name)).append('\n');
    }
    if ("write".equals(System.getProperty("trapline.golden"))) {
      Files.writeString(GOLDEN, all);
    }
    assertThat(all.toString()).isEqualTo(Files.readString(GOLDEN));
  }

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("iperf3-") || name.startsWith("sockperf-"))
          .sorted()
          .toList();
    }
  }

  static WorkloadReading read(String name) {
    return WorkloadReading.read(name, Fixtures.bytes("modes/" + name));
  }

  private static String seenIn(String name) {
    WorkloadReading reading;
    try {
      reading = read(name);
    } catch (TraplineException refused) {
      return refused.rendered() + "\n";
    }
    StringBuilder seen = new StringBuilder();
    seen.append(
        String.format(
            Locale.ROOT,
            "%s, %s, %s, %s, %d lines, %d skipped%n",
            reading.format(),
            reading.side(),
            reading.test(),
            reading.protocol(),
            reading.lines(),
            reading.skipped().count()));
    seen.append(reading.parameters()).append('\n');
    Outcome outcome = reading.outcome();
    if (outcome == null) {
      reading.flows().forEach(flow -> seen.append(flow).append('\n'));
    } else {
      seen.append(outcome).append('\n');
      outcome.invariants().forEach(result -> seen.append(result).append('\n'));
    }
    if (reading.messagesHandled() != null) {
      seen.append("handled ").append(reading.messagesHandled()).append('\n');
    }
    reading.skipped().first().forEach(line -> seen.append("skipped ").append(line).append('\n'));
    if (reading.truncation() != null) {
      seen.append("truncated: ").append(reading.truncation()).append('\n');
    }
    reading.remarks().forEach(remark -> seen.append("remark: ").append(remark).append('\n'));
    return seen.toString();
  }
}
