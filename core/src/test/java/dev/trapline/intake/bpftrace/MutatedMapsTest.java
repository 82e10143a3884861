// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Count;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever is in a file: no failure, every line is in one of the counts, and what is counted can
/// be summed up.
///
/// `JAZZER_FUZZ=1 mvn test -pl core -Dtest=MutatedMapsTest#anyBytes` goes on looking.
class MutatedMapsTest {
  private static final int MUTATIONS = 600;

  private static final String[] SPLICES = {
    "@",
    "@[",
    "]: ",
    "]:",
    ", ",
    ",",
    "\n",
    "\n\n",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "\\",
    "\\uffffffc3",
    "-1",
    "0",
    "99999999999999999999",
    "4398046511104",
    "9223372036854775807",
    "1e9",
    "null",
    "\u0000",
    "\u00ff",
    "tracepoint:syscalls:sys_enter_read",
    "tracepoint:raw_syscalls:sys_exit",
    "kprobe:__x64_sys_read",
    "count 5, average 1, total 9223372036854775807",
    "read",
    "@ns",
    "{\"type\": \"stats\", \"data\": {\"@\": {\"read\": {\"count\": 5, \"total\": -5}}}}\n",
    "[4, 8)               300 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n",
    "x:1:2-3: WARNING: y\n",
    "WARNING: Map full\n",
    "Lost 999999999999999999 events\n"
  };

  @FuzzTest(maxDuration = "2m")
  void anyBytes(byte[] file) {
    check(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tid-comm-probe.txt", "tid-comm-probe.json", "dd-joined.txt", "dd-joined.json",
        "dd-hist-only.txt", "dd-hist-only.json", "prints-cleared.txt", "prints-zeroed.json",
        "odd-maps.txt", "odd-maps.json", "map-full.txt", "iperf3-text.txt"
      })
  void anyMutationIsReadAndEveryLineAccountedFor(String fixture) {
    byte[] original = Readings.fixture(fixture);
    Random random = new Random(4711);
    int unchanged = 0;
    long calls = Readings.of(original).counted().calls();
    for (int round = 0; round < MUTATIONS; round++) {
      unchanged += check(mutated(original, random)) == calls ? 1 : 0;
    }
    // If no mutation did harm, or all did, they test nothing.
    assertThat(unchanged).isBetween(1, MUTATIONS - 1);
  }

  private static long check(byte[] file) {
    BpftraceMapsReader reader = new BpftraceMapsReader(Architecture.X86_64);
    TallyReading reading;
    try {
      reading = reader.read(new ByteArrayInputStream(file));
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
    assertThat(reader.accounted()).isEqualTo(reading.lines());
    assertThat(reading.lines()).isEqualTo(linesOf(file));
    Count total = reading.tally("file").total();
    assertThat(total.calls()).isNotNegative();
    for (Count count : reading.counted().counts().values()) {
      assertThat(count.wallNanos())
          .satisfiesAnyOf(
              wall -> assertThat(wall).isNull(), wall -> assertThat(wall).isNotNegative());
    }
    for (String remark : reading.remarks()) {
      assertThat(remark).isPrintable();
    }
    String text = new String(file, StandardCharsets.UTF_8);
    text.lines().forEach(BpftraceMapsReader::recognises);
    return total.calls();
  }

  private static long linesOf(byte[] file) {
    long lines = 0;
    for (byte octet : file) {
      lines += octet == '\n' ? 1 : 0;
    }
    return lines + (file.length > 0 && file[file.length - 1] != '\n' ? 1 : 0);
  }

  private static byte[] mutated(byte[] original, Random random) {
    byte[] bytes = original;
    for (int step = random.nextInt(4); step >= 0; step--) {
      int at = random.nextInt(bytes.length);
      byte[] between =
          switch (random.nextInt(4)) {
            case 0 -> new byte[] {(byte) random.nextInt(256)};
            case 1 -> new byte[0];
            case 2 -> SPLICES[random.nextInt(SPLICES.length)].getBytes(StandardCharsets.UTF_8);
            default -> Arrays.copyOfRange(bytes, at / 2, at);
          };
      int resume =
          random.nextInt(8) == 0 ? bytes.length : Math.min(bytes.length, at + random.nextInt(12));
      ByteArrayOutputStream result = new ByteArrayOutputStream();
      result.write(bytes, 0, at);
      result.writeBytes(between);
      result.write(bytes, resume, bytes.length - resume);
      bytes = result.size() == 0 ? new byte[] {'@'} : result.toByteArray();
    }
    return bytes;
  }
}
