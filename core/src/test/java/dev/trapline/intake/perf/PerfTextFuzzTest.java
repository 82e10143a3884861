// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.trapline.reading.TallyReading;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Whatever happens to a file, reading it gives counts, with every line accounted for.
///
/// `JAZZER_FUZZ=1 mvn test -pl core -Dtest=PerfTextFuzzTest#anyTextIsReadAsLines` looks further.
class PerfTextFuzzTest {
  private static final int MUTATIONS_PER_FILE = 15;

  /// What damage and careless editing leave, and what parsers of these formats stumble over.
  private static final String[] SPLICES = {
    "0",
    "-1",
    "9999999999999999999",
    "nan",
    "0x",
    "0xffffffffffffffff",
    "\n",
    "\r\n",
    "\u0000",
    "\u00ff",
    "\u001b[31m",
    " ",
    "(",
    ")",
    "): ",
    "/",
    "= ",
    " ... [continued]: ",
    " ...",
    "= ?",
    "[000] ",
    "1.000000: ",
    "NR ",
    "NR -1 = 0",
    "raw_syscalls:sys_enter: ",
    "syscalls:sys_exit_",
    "PERF_RECORD_FORK(",
    "PERF_RECORD_COMM exec: ",
    ", 3 events, 1%",
    " (7)",
    "LOST 5 events!",
    "LOST  events!",
    ":",
    "<",
    "cmd: (",
    "op: |",
    "strerror_r(",
    "%",
    "\t"
  };

  private static List<String> files() {
    List<String> all = new ArrayList<>(PerfFixtures.WITH_LINES_AND_TABLE);
    all.addAll(PerfFixtures.TRACES);
    all.addAll(PerfFixtures.TABLES);
    all.addAll(PerfFixtures.SCRIPTS);
    return all;
  }

  @Test
  void anyMutationIsReadWithEveryLineAccountedFor() {
    Random random = new Random(42);
    long skippedLines = 0;
    for (String name : files()) {
      byte[] original = PerfFixtures.bytes(name);
      for (int round = 0; round < MUTATIONS_PER_FILE; round++) {
        byte[] mutated = mutated(piece(original, random), random);
        skippedLines += check(mutated);
      }
    }
    // Mutations that nothing notices test nothing.
    assertThat(skippedLines).isPositive();
  }

  @FuzzTest(maxDuration = "5m")
  void anyTextIsReadAsLines(byte[] text) {
    check(PerfFixtures.lines(text), text);
  }

  @FuzzTest(maxDuration = "5m")
  void anyTextIsReadAsATable(byte[] text) {
    check(PerfFixtures.table(text), text);
  }

  @FuzzTest(maxDuration = "5m")
  void anyTextIsReadAsAScript(byte[] text) {
    check(PerfFixtures.script(text), text);
  }

  private static long check(byte[] text) {
    for (String line : new String(text, ISO_8859_1).split("\n", -1)) {
      int recognised =
          (PerfTraceLineReader.recognises(line) ? 1 : 0)
              + (PerfTraceSummaryReader.recognises(line) ? 1 : 0)
              + (PerfScriptReader.recognises(line) ? 1 : 0);
      assertThat(recognised).as(line).isLessThanOrEqualTo(1);
    }
    return check(PerfFixtures.lines(text), text)
        + check(PerfFixtures.table(text), text)
        + check(PerfFixtures.script(text), text);
  }

  /// Every line is counted once, and no figure is impossible.
  private static long check(TallyReading reading, byte[] text) {
    long lines = new String(text, ISO_8859_1).split("\n", -1).length;
    boolean endsInNewline = text.length == 0 || text[text.length - 1] == '\n';
    assertThat(reading.lines()).isEqualTo(endsInNewline ? lines - 1 : lines);
    assertThat(reading.skipped().count()).isBetween(0L, reading.lines());
    reading
        .counted()
        .counts()
        .values()
        .forEach(count -> {
          assertThat(count.timedCalls()).isBetween(0L, count.calls());
          Long wall = count.wallNanos();
          assertThat(wall == null ? 0 : wall).isNotNegative();
        });
    assertThat(reading.tally("file").completeness()).isNotNull();
    return reading.skipped().count();
  }

  /// Some of the lines of a file, so that changes lie close together.
  private static byte[] piece(byte[] file, Random random) {
    int from = random.nextInt(file.length);
    return Arrays.copyOfRange(file, from, Math.min(file.length, from + 4000));
  }

  private static byte[] mutated(byte[] original, Random random) {
    byte[] bytes = original;
    for (int step = random.nextInt(8); step >= 0; step--) {
      int at = random.nextInt(bytes.length);
      bytes =
          switch (random.nextInt(4)) {
            case 0 -> joined(bytes, at, new byte[] {(byte) random.nextInt(256)}, at + 1);
            case 1 -> joined(bytes, at, new byte[0], at + random.nextInt(40));
            case 2 ->
                joined(
                    bytes,
                    at,
                    SPLICES[random.nextInt(SPLICES.length)].getBytes(ISO_8859_1),
                    at + random.nextInt(8));
            default -> joined(bytes, at, Arrays.copyOfRange(bytes, at / 2, at), at);
          };
    }
    return bytes;
  }

  /// What is before `at`, then something else, then what is from `resumeAt` on; never empty.
  private static byte[] joined(byte[] bytes, int at, byte[] between, int resumeAt) {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    result.write(bytes, 0, at);
    result.writeBytes(between);
    int resume = Math.min(resumeAt, bytes.length);
    result.write(bytes, resume, bytes.length - resume);
    return result.size() == 0 ? new byte[] {'\n'} : result.toByteArray();
  }
}
