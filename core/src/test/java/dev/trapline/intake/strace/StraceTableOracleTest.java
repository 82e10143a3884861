// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.capture.strace.StraceCaptureSource;
import dev.trapline.host.Tool;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `strace -C` writes a log and its own table of the same run, and so can judge the reader.
class StraceTableOracleTest {
  private static final String PIPELINE =
      "ls -R /usr/share | sort | head -3; for i in 1 2 3; do cat /etc/passwd | wc -l; done;"
          + " (sleep 0.05 &); cat /no/such/file; kill -TERM $$";

  @TempDir private Path folder;

  @Test
  void theTableOfAPipelineIsThatOfStrace() throws Exception {
    assertSameAsTable(List.of("-yy", "--decode-pids=comm", "--syscall-times=ns"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-q", "-t", "-tt", "-ttt", "-r", "-T", "-y"})
  void theTableIsTheSameWithOtherOptions(String option) throws Exception {
    assertSameAsTable(List.of(option));
  }

  private void assertSameAsTable(List<String> options) throws Exception {
    new StraceCaptureSource()
        .unavailable()
        .ifPresent(reason -> {
          System.out.println("skipped: " + reason);
          assumeTrue(false, "skipped: " + reason);
        });
    Path output = folder.resolve("log");
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-C", "-o", output.toString()));
    command.addAll(options);
    command.addAll(List.of("--", "sh", "-c", PIPELINE));
    Tool.run(command);
    String text = Files.readString(output, StandardCharsets.ISO_8859_1);
    int table = text.lastIndexOf("% time");
    assertThat(table).isPositive();

    StraceLog log = new StraceLogReader(StraceLogReader.Ending.WHOLE).read(output);
    assertThat(log.table()).isEqualTo(text.substring(table).lines().toList());
    Tally tally = log.reading().tally("the log");
    assertThat(tally.completeness().notes()).isEmpty();
    Map<String, String> ours = new TreeMap<>();
    for (Map.Entry<String, Count> entry : tally.groupedBy(Key::syscall).entrySet()) {
      // strace counts returns, which these have not.
      if (!entry.getKey().startsWith("exit")) {
        Count count = entry.getValue();
        ours.put(entry.getKey(), count.calls() + " calls, " + count.failedCalls() + " failed");
      }
    }
    assertThat(ours).isEqualTo(readTable(text.substring(table)));
  }

  private static Map<String, String> readTable(String table) {
    Map<String, String> rows = new TreeMap<>();
    for (String line : table.split("\n", -1)) {
      String[] fields = line.strip().split("\\s+", -1);
      boolean isRow = fields.length >= 5 && Character.isDigit(fields[0].charAt(0));
      if (isRow && !fields[fields.length - 1].equals("total")) {
        String errors = fields.length == 6 ? fields[4] : "0";
        rows.put(fields[fields.length - 1], fields[3] + " calls, " + errors + " failed");
      }
    }
    return rows;
  }
}
