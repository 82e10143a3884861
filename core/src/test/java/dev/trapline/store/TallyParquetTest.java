// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.run.RoleTally;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TallyParquetTest {
  @TempDir Path folder;

  @Test
  void whatIsReadIsWhatWasWritten() throws IOException {
    for (long seed = 0; seed < 60; seed++) {
      List<RoleTally> tallies = new RandomRuns(seed).tallies((int) seed % 7, 40);
      assertThat(written("seed-" + seed, tallies)).as("seed %d", seed).isEqualTo(tallies);
    }
  }

  @Test
  void manyRowsSpanManyPages() throws IOException {
    List<RoleTally> tallies = new RandomRuns(4711).tallies(10, 6000);
    assertThat(written("many", tallies)).isEqualTo(tallies);
  }

  @Test
  void noTalliesAtAllAreAFileWithoutRows() throws IOException {
    assertThat(written("none", List.of())).isEmpty();
  }

  @Test
  void aRoleThatMadeNoCallSurvivesWithItsCompleteness() throws IOException {
    RoleTally idle =
        new RoleTally(
            "t",
            "host",
            null,
            "n",
            "idle",
            new Tally(new TreeMap<>(), Completeness.COMPLETE.withNote("two \"events\" lost")));
    assertThat(written("idle", List.of(idle, SmallRuns.tally(), idle)))
        .containsExactly(idle, SmallRuns.tally(), idle);
  }

  @Test
  void aHistogramWithoutCallsIsNotAnUnknownOne() throws IOException {
    List<RoleTally> tallies =
        List.of(ofCount(Count.NONE), ofCount(Count.ofCalls(3)), ofCount(Count.NONE));
    List<RoleTally> read = written("empty", tallies);
    assertThat(read).isEqualTo(tallies);
    assertThat(read.get(0).tally().total().latency()).isEqualTo(LatencyHistogram.EMPTY);
    assertThat(read.get(1).tally().counts().get(SmallRuns.SEND))
        .extracting(Count::latency)
        .isNull();
  }

  @Test
  void everyBucketOfAHistogramIsKept() throws IOException {
    long[] buckets = new long[LatencyHistogram.BUCKETS];
    Arrays.setAll(buckets, bucket -> 1L << (bucket % 40));
    LatencyHistogram full = LatencyHistogram.ofBuckets(buckets, Long.MAX_VALUE);
    RoleTally tally =
        ofCount(new Count(1, 1, new TreeMap<>(), null, null, null, null, null, null, full));
    assertThat(written("full", List.of(tally))).containsExactly(tally);
  }

  @Test
  void halfASurrogatePairBecomesAQuestionMark() throws IOException {
    RoleTally tally =
        new RoleTally("t", "host", null, "n", "broken \ud83e name", SmallRuns.tally().tally());
    assertThat(written("surrogate", List.of(tally)).getFirst().role()).isEqualTo("broken ? name");
  }

  @Test
  void anEmptyNameOfAKnownThreadIsNotAnUnknownName() throws IOException {
    Key nameless = new Key(new ThreadKey(1, "", 2, ""), "read", null, null);
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(nameless, Count.ofCalls(1));
    RoleTally tally =
        new RoleTally("t", "host", null, "n", "r", new Tally(counts, Completeness.COMPLETE));
    Path file = folder.resolve("nameless.parquet");
    TallyParquet.write(file, List.of(tally));
    assertThat(DuckDb.rows("SELECT process, thread FROM '" + file + "'"))
        .containsExactly(List.of("", ""));
  }

  @Test
  void anExistingFileIsNotOverwritten() throws IOException {
    Path file = Files.writeString(folder.resolve("taken"), "mine");
    assertThatThrownBy(() -> TallyParquet.write(file, List.of()))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("mine");
  }

  @Test
  void aFileCutShortAnywhereIsToldToBeDamaged() throws IOException {
    Path whole = folder.resolve("whole.parquet");
    TallyParquet.write(whole, new RandomRuns(5).tallies(3, 30));
    byte[] content = Files.readAllBytes(whole);
    Path cut = folder.resolve("cut.parquet");
    for (int length = 0; length < content.length; length += 97) {
      Files.write(cut, Arrays.copyOf(content, length));
      assertThat(failure(cut).code()).as("%d bytes", length).isEqualTo("RUN-CORRUPT");
    }
  }

  @Test
  void aDamagedByteNeverGivesAnythingButTheTalliesOrACode() throws IOException {
    Path whole = folder.resolve("whole.parquet");
    List<RoleTally> tallies = new RandomRuns(5).tallies(3, 30);
    TallyParquet.write(whole, tallies);
    byte[] content = Files.readAllBytes(whole);
    Path damaged = folder.resolve("damaged.parquet");
    List<Integer> unnoticed = new ArrayList<>();
    for (int at = 0; at < content.length; at += 211) {
      byte[] copy = content.clone();
      copy[at] ^= 0x55;
      Files.write(damaged, copy);
      try {
        if (!TallyParquet.read(damaged).equals(tallies)) {
          unnoticed.add(at);
        }
      } catch (TraplineException e) {
        assertThat(e.code()).isIn("RUN-CORRUPT", "RUN-SCHEMA");
      }
    }
    // Page data is under checksums, the footer is not: RunDirectory adds one over all.
    assertThat(unnoticed.size()).isLessThan(content.length / 211 / 10);
  }

  @Test
  void aFileThatIsNotThereIsToldSo() {
    assertThat(failure(folder.resolve("nowhere")))
        .extracting(TraplineException::code, Throwable::getMessage)
        .containsExactly(
            "RUN-NOT-READ", "cannot read " + folder.resolve("nowhere") + ": no such file.");
  }

  @Test
  void aParquetFileOfOthersIsNotRead() throws IOException {
    Path file = folder.resolve("foreign.parquet");
    DuckDb.execute("COPY (SELECT 1 AS calls) TO '" + file + "' (FORMAT parquet)");
    assertThat(failure(file).rendered())
        .isEqualTo(
            "error[RUN-CORRUPT]: "
                + file
                + " is damaged: its metadata has no key trapline.schema.\n"
                + "hint: restore it from a copy or run again; raw output of the tools beside it"
                + " may still be whole");
  }

  @Test
  void anotherVersionIsToldWithWhatWasSeen() throws IOException {
    Path file = folder.resolve("next.parquet");
    DuckDb.execute(
        "COPY (SELECT 1 AS calls) TO '"
            + file
            + "' (FORMAT parquet, KV_METADATA {'trapline.schema': 'trapline.tallies/2'})");
    assertThat(failure(file).rendered())
        .startsWith(
            "error[RUN-SCHEMA]: "
                + file
                + " has the schema 'trapline.tallies/2', and this Trapline reads"
                + " 'trapline.tallies/1'.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"calls", "timed_calls", "bytes", "work_nanos", "blocked_nanos"})
  void duckDbComesToTheSameSums(String column) throws IOException {
    Path file = folder.resolve("sums.parquet");
    List<RoleTally> tallies = List.of(SmallRuns.tally(), SmallRuns.tally());
    TallyParquet.write(file, tallies);
    long expected = 0;
    for (RoleTally tally : tallies) {
      for (Count count : tally.tally().counts().values()) {
        Long value =
            switch (column) {
              case "calls" -> Long.valueOf(count.calls());
              case "timed_calls" -> Long.valueOf(count.timedCalls());
              case "bytes" -> count.bytes();
              case "work_nanos" -> count.workNanos();
              default -> count.blockedNanos();
            };
        expected += value == null ? 0 : value;
      }
    }
    assertThat(DuckDb.rows("SELECT sum(" + column + ")::BIGINT FROM '" + file + "'"))
        .containsExactly(List.of(Long.toString(expected)));
  }

  @Test
  void duckDbSeesEveryRowErrorAndBucketAsJavaDoes() throws IOException {
    for (long seed = 100; seed < 110; seed++) {
      List<RoleTally> tallies = new RandomRuns(seed).tallies(4, 50);
      Path file = folder.resolve("oracle-" + seed + ".parquet");
      TallyParquet.write(file, tallies);
      List<List<String>> expected = new ArrayList<>();
      for (RoleTally part : tallies) {
        part.tally()
            .counts()
            .forEach((key, count) -> expected.add(DuckDb.expectedRow(part, key, count)));
      }
      assertThat(DuckDb.rows(DuckDb.rowQuery(file)))
          .as("seed %d", seed)
          .containsExactlyElementsOf(expected);
    }
  }

  private List<RoleTally> written(String name, List<RoleTally> tallies) throws IOException {
    Path file = folder.resolve(name + ".parquet");
    long rows = TallyParquet.write(file, tallies);
    assertThat(rows)
        .isEqualTo(tallies.stream().mapToLong(part -> part.tally().counts().size()).sum());
    return TallyParquet.read(file);
  }

  private static RoleTally ofCount(Count count) {
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(SmallRuns.SEND, count);
    return new RoleTally("t", "host", null, "n", "r", new Tally(counts, Completeness.COMPLETE));
  }

  private static TraplineException failure(Path file) {
    return catchThrowableOfType(TraplineException.class, () -> TallyParquet.read(file));
  }
}
