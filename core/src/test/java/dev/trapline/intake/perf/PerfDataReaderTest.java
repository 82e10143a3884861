// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.capture.KnownProgram;
import dev.trapline.capture.perf.PerfCaptureSource;
import dev.trapline.host.Tool;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfDataReaderTest {
  @TempDir private Path folder;

  private static PerfDataReader reader() {
    return PerfDataReader.ofAllBut(Architecture.X86_64, Set.of());
  }

  private Path record() throws IOException {
    new PerfCaptureSource()
        .unavailable()
        .ifPresent(reason -> {
          System.out.println("skipped: " + reason);
          assumeTrue(false, "skipped: " + reason);
        });
    KnownProgram program = KnownProgram.compileIn(folder);
    Path data = folder.resolve("perf.data");
    // perf ends with the exit code of the program, which is not 0.
    Tool.run(
        List.of(
            "perf",
            "trace",
            "record",
            "-q",
            "-o",
            data.toString(),
            "--",
            program.command().getFirst()));
    assertThat(data).isNotEmptyFile();
    return data;
  }

  @Test
  void countsAreThoseOfTheTableOfPerfTrace() throws Exception {
    Path data = record();
    Path table = folder.resolve("table");
    Tool.runOrFail(
        List.of(
            "perf",
            "trace",
            "-i",
            data.toString(),
            "-s",
            "--errno-summary",
            "-o",
            table.toString()));
    Tally judge = PerfFixtures.table(Files.readAllBytes(table)).tally("table");
    Tally ours = reader().read(data);
    assertThat(judge.completeness().notes()).isEmpty();
    assertThat(ours.completeness().notes()).isEmpty();
    assertThat(summary(ours)).isEqualTo(summary(judge));
  }

  /// By thread and syscall, without what perf's table lacks (calls that do not return) or counts
  /// twice (the child's side of a clone).
  private static Map<String, String> summary(Tally tally) {
    Map<String, String> rows = new TreeMap<>();
    Map<String, Count> counts =
        tally.groupedBy(
            key -> key.thread().tid() + " " + key.thread().thread() + " " + key.syscall());
    counts.forEach((key, count) -> {
      if (!key.contains(" exit") && !key.contains(" clone")) {
        rows.put(key, count.calls() + " " + count.errors());
      }
    });
    return rows;
  }

  @Test
  void timesAreWithinTheRoundingOfTheTable() throws Exception {
    Tally tally = reader().read(record());
    Count asked = tally.groupedBy(Key::syscall).getOrDefault("getppid", Count.NONE);
    assertThat(asked.wallNanos()).isPositive();
    assertThat(asked.latency()).isNotNull();
    assertThat(asked.timedCalls()).isEqualTo(asked.calls());
    assertThat(asked.workNanos()).isNull();
  }

  @Test
  void aFileOfAnotherKindIsRefused() throws Exception {
    Path other = Files.writeString(folder.resolve("other"), "no perf data ".repeat(100));
    assertThatThrownBy(() -> reader().read(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a perf.data file");
    Path empty = Files.writeString(folder.resolve("empty"), "");
    assertThatThrownBy(() -> reader().read(empty))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too few for a perf.data file");
  }

  @Test
  void aCutFileIsTold() throws Exception {
    byte[] whole = Files.readAllBytes(record());
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length / 2));
    Tally tally = reader().read(cut);
    assertThat(tally.calls()).isPositive();
    assertThat(tally.completeness().notes())
        .containsExactly("the perf.data file is cut: perf was ended, or the disk is full");
  }

  @Test
  void aDamagedFileIsReadOrRefused() throws Exception {
    byte[] whole = Files.readAllBytes(record());
    Random random = new Random(7);
    Path damaged = folder.resolve("damaged");
    for (int round = 0; round < 500; round++) {
      byte[] bytes = whole.clone();
      for (int change = 0; change < 1 + random.nextInt(50); change++) {
        int range = random.nextBoolean() ? 104 : bytes.length;
        bytes[random.nextInt(range)] = (byte) random.nextInt(256);
      }
      Files.write(damaged, bytes);
      try {
        assertThat(reader().read(damaged)).isNotNull();
      } catch (IOException refused) {
        assertThat(refused.getMessage()).contains(damaged.toString());
      }
    }
  }
}
