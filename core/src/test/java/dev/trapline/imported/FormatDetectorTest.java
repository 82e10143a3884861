// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import dev.trapline.intake.strace.table.StraceTableReader;
import dev.trapline.reading.InputText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every fixture of every reader is known for what it is, and for nothing else.
class FormatDetectorTest {
  private static final Path FIXTURES = Path.of("src/test/resources/dev/trapline");

  /// Not what a tool printed: how fixtures were made, what is expected of them.
  private static final Pattern NO_OUTPUT =
      Pattern.compile(".*(README\\.md|\\.sh|\\.c|\\.expected|\\.csv|\\.stderr|golden\\.txt)");

  /// Files that are to be refused, and why: strace -c writes nothing if nothing was called.
  private static final Map<String, String> REFUSED =
      Map.of("intake/strace/table/none-matched.txt", "IMPORT-FILE");

  @TempDir Path folder;

  static List<Path> fixtures() throws IOException {
    try (Stream<Path> intake = Files.walk(FIXTURES.resolve("intake"));
        Stream<Path> workload = Files.walk(FIXTURES.resolve("workload"))) {
      return Stream.concat(intake, workload)
          .filter(Files::isRegularFile)
          .filter(file -> !NO_OUTPUT.matcher(file.toString()).matches())
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void fixtureIsKnownForWhatItIs(Path file) {
    String refusal = REFUSED.get(FIXTURES.relativize(file).toString());
    if (refusal != null) {
      assertThatThrownBy(() -> InputText.ofFile(file))
          .isInstanceOfSatisfying(
              TraplineException.class,
              exception -> assertThat(exception.code()).isEqualTo(refusal));
      return;
    }
    try (InputText input = InputText.ofFile(file)) {
      assertThat(new FormatReaders(StraceTableReader.Clock.UNKNOWN).detector().detect(input).tool())
          .isEqualTo(toolOf(file));
    }
  }

  private static String toolOf(Path file) {
    String path = FIXTURES.relativize(file).toString();
    if (path.startsWith("intake/strace")) {
      return "strace";
    }
    if (path.startsWith("intake/perf")) {
      return file.getFileName().toString().startsWith("script") ? "perf script" : "perf trace";
    }
    if (path.startsWith("intake/bpftrace")) {
      return "bpftrace";
    }
    return file.getFileName().toString().startsWith("iperf3") ? "iperf3" : "sockperf";
  }

  @Test
  void anyTwoToolsInOneFileAreRefusedWithTheLineOfTheSecond() throws IOException {
    Map<String, String> samples = new TreeMap<>();
    for (Path file : fixtures()) {
      if (Files.size(file) < 30_000 && !file.toString().matches(".*\\.(gz|xz)")) {
        samples.putIfAbsent(toolOf(file), Files.readString(file));
      }
    }
    assertThat(samples).hasSize(6);
    samples.forEach((tool, text) ->
        samples.forEach((other, otherText) -> {
          if (!tool.equals(other)) {
            String first = text.endsWith("\n") ? text : text + "\n";
            Path file = write(first + otherText);
            try (InputText input = InputText.ofFile(file)) {
              assertThatThrownBy(() ->
                      new FormatReaders(StraceTableReader.Clock.UNKNOWN).detector().detect(input))
                  .as("%s followed by %s", tool, other)
                  .isInstanceOfSatisfying(
                      TraplineException.class,
                      refusal -> {
                        assertThat(refusal.code()).isEqualTo("IMPORT-MIXED");
                        assertThat(lineIn(refusal, file)).isGreaterThan(first.lines().count());
                      });
            }
          }
        }));
  }

  private static long lineIn(TraplineException refusal, Path file) {
    String message = String.valueOf(refusal.getMessage());
    String rest = message.substring(message.indexOf(file + ":") + file.toString().length() + 1);
    return Long.parseLong(rest.substring(0, rest.indexOf(':')));
  }

  private Path write(String text) {
    try {
      return Files.writeString(folder.resolve("mixed"), text);
    } catch (IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
  }
}
