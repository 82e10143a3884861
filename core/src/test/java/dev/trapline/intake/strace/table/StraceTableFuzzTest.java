// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import static dev.trapline.intake.strace.table.StraceTables.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.trapline.intake.strace.table.StraceTableReader.Clock;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Tally;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever is in a text: no failure, and every line is in one of the counts.
///
/// `JAZZER_FUZZ=1 mvn test -pl core -Dtest=StraceTableFuzzTest` goes on looking.
class StraceTableFuzzTest {
  private static final int ROUNDS = 10_000;
  private static final String ODD = "-- ..,0123456789 %acelnorstuy/_\n\r\t|[]:\u0000\u00ff";

  private static final List<String> SEEDS =
      List.of(
          text("follow.txt"),
          text("wall.txt"),
          text("columns-all.txt"),
          text("columns-reversed.txt"),
          text("columns-name-within.txt"),
          text("columns-without-calls.txt"),
          text("stderr-mixed.txt"),
          text("comma.txt"),
          text("two-modes.txt"));

  @FuzzTest(maxDuration = "2m")
  void anyBytes(byte[] bytes) {
    check(bytes);
  }

  @Test
  void tablesWithAFewBytesChanged() {
    Random random = new Random(4711);
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder table = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
      for (int change = 1 + random.nextInt(6); change > 0 && !table.isEmpty(); change--) {
        int at = random.nextInt(table.length());
        switch (random.nextInt(5)) {
          case 0 -> table.setCharAt(at, odd(random));
          case 1 -> table.deleteCharAt(at);
          case 2 -> table.insert(at, odd(random));
          case 3 -> table.insert(at, lineOf(random));
          default -> table.setLength(Math.max(1, at));
        }
      }
      check(table.toString().getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  /// Names apart, no single wrong byte goes unseen: a number changed does not add up, a line out of
  /// place is not understood.
  @ParameterizedTest
  @ValueSource(strings = {"follow.txt", "columns-reversed.txt", "columns-name-within.txt"})
  void oneWrongByteChangesNoCountUnseen(String file) {
    String whole = text(file);
    Tally right = StraceTables.read(whole).counted();
    for (int at = 0; at < whole.length(); at++) {
      String before = whole.substring(0, at);
      String after = whole.substring(at + 1);
      List<String> wrong =
          List.of(
              before + after,
              before + "7" + after,
              before + "7" + whole.charAt(at) + after,
              before + " " + after,
              before + "\n" + after,
              before + "-" + after);
      for (String text : wrong) {
        Tally read = StraceTables.read(text).tally(file);
        long calls = read.calls();
        long failed = read.total().failedCalls();
        if (calls != right.calls() || failed != right.total().failedCalls()) {
          assertThat(read.completeness().isComplete()).as(text).isFalse();
        }
      }
    }
  }

  private static char odd(Random random) {
    return ODD.charAt(random.nextInt(ODD.length()));
  }

  private static String lineOf(Random random) {
    List<String> lines = SEEDS.get(random.nextInt(SEEDS.size())).lines().toList();
    return lines.get(random.nextInt(lines.size())) + "\n";
  }

  private static void check(byte[] bytes) {
    TableParser parser = new TableParser();
    try {
      TextLines.forEach(new ByteArrayInputStream(bytes), parser::readLine);
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
    parser.end();
    assertThat(
            parser.rowLines()
                + parser.frameLines()
                + parser.skipped().count()
                + parser.foreign().count())
        .isEqualTo(parser.lines());

    for (Clock clock : Clock.values()) {
      TallyReading reading = StraceTables.read(bytes, clock);
      assertThat(reading.lines()).isEqualTo(parser.lines());
      assertThat(reading.skipped()).isEqualTo(parser.skipped());
      if (reading.counted().counts().isEmpty()) {
        continue;
      }
      assertThat(reading.counted().calls()).isNotNegative();
      assertThat(reading.counted().total().failedCalls()).isNotNegative();
    }
    List<String> lines = new String(bytes, StandardCharsets.ISO_8859_1).lines().toList();
    for (String line : lines) {
      assertThat(StraceTableReader.recognises(line)).isIn(true, false);
    }
    assertThat(StraceTable.differences(lines, StraceTables.read(bytes, Clock.WALL).counted()))
        .isNotNull();
  }
}
