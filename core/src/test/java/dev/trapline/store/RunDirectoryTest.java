// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.run.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunDirectoryTest {
  @TempDir Path folder;

  @Test
  void whatIsReadIsTheRunThatWasWritten() {
    for (long seed = 0; seed < 60; seed++) {
      Run run = new RandomRuns(seed).run();
      Path directory = folder.resolve("seed-" + seed);
      RunDirectory.create(directory).write(run);
      assertThat(RunDirectory.read(directory)).as("seed %d", seed).isEqualTo(run);
    }
  }

  @Test
  void aWrittenRunHasItsFilesAndNothingElse() throws IOException {
    Path directory = writtenRun();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("run.json", "tallies.parquet", "raw");
    }
    assertThat(Files.readString(directory.resolve("run.json")))
        .contains("\"tallies.parquet\": {\"rows\": 3, \"bytes\": ")
        .doesNotContain("\"tallies\"");
  }

  @Test
  void parentsAreMadeAndAnEmptyDirectoryIsTaken() throws IOException {
    Path deep = folder.resolve("a/b/c");
    assertThat(RunDirectory.create(deep).path()).isEqualTo(deep).isDirectory();
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(RunDirectory.create(empty).reportFile()).isEqualTo(empty.resolve("report.md"));
  }

  @Test
  void aDirectoryThatIsNotEmptyIsRefused() throws IOException {
    Files.writeString(folder.resolve("thesis.txt"), "three years of work");
    assertThat(creationFailure(folder).rendered())
        .isEqualTo(
            "error[RUN-EXISTS]: cannot start a run in "
                + folder
                + ": it holds thesis.txt, and a run is never overwritten.\n"
                + "hint: give a new or empty directory with -o DIR, or remove this one");
  }

  @Test
  void aFileIsRefusedAsADirectory() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(creationFailure(file))
        .extracting(TraplineException::code, Throwable::getMessage)
        .containsExactly(
            "RUN-EXISTS",
            "cannot start a run in "
                + file
                + ": it is not a directory, and a run is never overwritten.");
  }

  @Test
  void aDirectoryBelowAFileCannotBeMade() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(creationFailure(file.resolve("run")))
        .extracting(TraplineException::code)
        .isEqualTo("RUN-NOT-WRITTEN");
  }

  @Test
  void ofManyThatBeginAtOnceOneGetsTheDirectory() throws Exception {
    for (int round = 0; round < 20; round++) {
      Path directory = folder.resolve("race-" + round);
      Callable<Boolean> begin =
          () -> {
            try {
              RunDirectory.create(directory);
              return true;
            } catch (TraplineException e) {
              assertThat(e.code()).isEqualTo("RUN-EXISTS");
              return false;
            }
          };
      try (var threads = Executors.newFixedThreadPool(4)) {
        assertThat(threads.invokeAll(List.of(begin, begin, begin, begin)))
            .filteredOn(RunDirectoryTest::result)
            .hasSize(1);
      }
    }
  }

  @Test
  void aRunIsWrittenOnce() {
    RunDirectory directory = RunDirectory.create(folder.resolve("run"));
    directory.write(SmallRuns.run());
    assertThatThrownBy(() -> directory.write(SmallRuns.run()))
        .isInstanceOfSatisfying(
            TraplineException.class, e -> assertThat(e.code()).isEqualTo("RUN-EXISTS"));
  }

  @Test
  void rawOutputHasAFolderPerTrial() {
    RunDirectory directory = RunDirectory.create(folder.resolve("run"));
    assertThat(directory.rawFolder("netns-latency-1"))
        .isEqualTo(folder.resolve("run/raw/netns-latency-1"))
        .isDirectory();
    assertThat(directory.rawFolder("netns-latency-1")).isDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../elsewhere", "/etc", "a/b", "nul\0"})
  void aTrialIdDoesNotLeadOutOfTheDirectory(String trialId) {
    RunDirectory directory = RunDirectory.create(folder.resolve("run"));
    assertThatThrownBy(() -> directory.rawFolder(trialId))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anInterruptWaitsUntilTheRunIsWritten() {
    Path path = folder.resolve("run");
    RunDirectory directory = RunDirectory.create(path);
    Thread.currentThread().interrupt();
    directory.write(SmallRuns.run());
    assertThat(Thread.interrupted()).isTrue();
    assertThat(RunDirectory.read(path)).isEqualTo(SmallRuns.run());
  }

  @Test
  void interruptsInTheMiddleOfAWritingWaitToo() throws InterruptedException {
    Thread writer = Thread.currentThread();
    AtomicBoolean ended = new AtomicBoolean();
    // Some of them hit a channel at work.
    Thread disturber =
        Thread.ofPlatform()
            .start(() -> {
              while (!ended.get()) {
                writer.interrupt();
                Thread.onSpinWait();
              }
            });
    try {
      for (int number = 0; number < 20; number++) {
        RunDirectory directory = RunDirectory.create(folder.resolve("run" + number));
        directory.writeReport("# A report\n");
        directory.write(SmallRuns.run());
      }
    } finally {
      ended.set(true);
      while (disturber.isAlive()) {
        Thread.interrupted();
      }
    }
    Thread.interrupted();
    for (int number = 0; number < 20; number++) {
      assertThat(RunDirectory.read(folder.resolve("run" + number))).isEqualTo(SmallRuns.run());
    }
  }

  @Test
  void theReportIsWrittenBesideTheRunAlsoWhenInterrupted() {
    Path path = folder.resolve("run");
    RunDirectory directory = RunDirectory.create(path);
    Thread.currentThread().interrupt();
    directory.writeReport("# A report\n");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(directory.reportFile()).hasContent("# A report\n");
    assertThat(readFailure(path).code()).isEqualTo("RUN-UNFINISHED");
  }

  @Test
  void aDirectoryThatIsNotThereIsNotFound() {
    Path nowhere = folder.resolve("nowhere");
    assertThat(readFailure(nowhere).rendered())
        .isEqualTo(
            "error[RUN-NOT-FOUND]: there is no run in "
                + nowhere
                + ": it does not exist.\n"
                + "hint: give the directory that `trapline bench` or `trapline record -o DIR`"
                + " left: it holds a run.json");
  }

  @Test
  void aDirectoryOfOthersIsNotFoundAsARun() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "");
    assertThat(readFailure(folder))
        .extracting(TraplineException::code, Throwable::getMessage)
        .containsExactly(
            "RUN-NOT-FOUND",
            "there is no run in " + folder + ": it has none of run.json, tallies.parquet and raw.");
  }

  @Test
  void aFileIsNotARun() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(readFailure(file).code()).isEqualTo("RUN-NOT-FOUND");
  }

  @Test
  void aRunThatWasOnlyBegunIsUnfinished() {
    Path path = folder.resolve("run");
    RunDirectory.create(path).rawFolder("t1");
    assertThat(readFailure(path).rendered())
        .isEqualTo(
            "error[RUN-UNFINISHED]: the run in "
                + path
                + " did not finish: it has raw but no run.json, which is written last.\n"
                + "hint: run it again into another directory; what the tools wrote until then is"
                + " in "
                + path.resolve("raw"));
  }

  @Test
  void aRunKilledBeforeItsLastFileIsUnfinished() throws IOException {
    Path path = writtenRun();
    Files.move(path.resolve("run.json"), path.resolve(".run.json.partial"));
    assertThat(readFailure(path))
        .extracting(TraplineException::code, Throwable::getMessage)
        .containsExactly(
            "RUN-UNFINISHED",
            "the run in "
                + path
                + " did not finish: it has tallies.parquet but no run.json, which is written"
                + " last.");
  }

  @Test
  void jsonCutShortAnywhereIsToldWithItsPlace() throws IOException {
    Path path = writtenRun();
    Path runFile = path.resolve("run.json");
    String whole = Files.readString(runFile);
    for (int length = 0; length < whole.lastIndexOf('}'); length += 13) {
      Files.writeString(runFile, whole.substring(0, length));
      TraplineException failure = readFailure(path);
      assertThat(failure.code()).as("%d characters", length).isEqualTo("RUN-CORRUPT");
      if (length > 0) {
        assertThat(failure).hasMessageMatching("(?s).*: line \\d+, column \\d+: .*");
      }
    }
  }

  @Test
  void aMistakeInTheJsonIsToldWithLineAndColumn() throws IOException {
    Path path = writtenRun();
    Path runFile = path.resolve("run.json");
    Files.writeString(runFile, "{\n  \"schema\": trapline\n}");
    assertThat(readFailure(path))
        .hasMessageStartingWith(
            runFile + " is damaged: line 2, column 13: Unrecognized token 'trapline'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"kind\": \"bench\"|\"kind\": 7|at /provenance/kind it has 7 where a string belongs.",
        "\"id\": \"t1\", |@|at /trials/0 it has {\"environment\":\"netns\",\"test\":\"throughput\","
            + "\"repeat\":1,\"order... where an object with the key 'id' belongs.",
        "\"traced\": true|\"traced\": 1|at /trials/0/traced it has 1 where true or false belongs.",
        "\"repeat\": 1|\"repeat\": 5000000000|at /trials/0/repeat it has 5000000000 where a number"
            + " of 32 bits belongs.",
        "\"type\": \"throughput\"|\"type\": \"mood\"|at /trials/0/outcome/type it has \"mood\""
            + " where throughput or bidirectional or latency or messageRate belongs.",
        "\"lostEvents\": 0|\"lostEvents\": 0.5|at /completeness/lostEvents it has 0.5 where a whole"
            + " number of 64 bits belongs.",
        "2026-11-01T12:00:00Z|yesterday|at /provenance/startedAt it has \"yesterday\" where an"
            + " instant such as 2026-11-01T12:00:00Z belongs.",
        "8.0E9|-1|at /trials/0/outcome/goodputBitsPerSecond it has -1 where a rate of 0 or more"
            + " belongs.",
        "8.0E9|1e999|Infinity bits per second."
      })
  void aFieldThatIsNotWhatItShouldBeIsToldWithItsPlace(String change) throws IOException {
    List<String> parts = Arrays.asList(change.split("\\|", -1));
    Path path = writtenRun();
    Path runFile = path.resolve("run.json");
    String replacement = parts.get(1).equals("@") ? "" : parts.get(1);
    Files.writeString(runFile, Files.readString(runFile).replace(parts.get(0), replacement));
    assertThat(readFailure(path))
        .extracting(TraplineException::code, Throwable::getMessage)
        .containsExactly("RUN-CORRUPT", runFile + " is damaged: " + parts.get(2));
  }

  @Test
  void aFieldThatALaterVersionAddsIsPassedOver() throws IOException {
    Path path = writtenRun();
    Path runFile = path.resolve("run.json");
    Files.writeString(
        runFile,
        Files.readString(runFile).replace("\"seed\": 42", "\"mood\": [1, {}], \"seed\": 42"));
    assertThat(RunDirectory.read(path)).isEqualTo(SmallRuns.run());
  }

  @Test
  void anotherSchemaIsToldWithWhatWasSeen() throws IOException {
    Path path = writtenRun();
    Path runFile = path.resolve("run.json");
    Files.writeString(runFile, "{\"schema\": \"trapline.run/2\", \"surprise\": {}}");
    assertThat(readFailure(path).rendered())
        .isEqualTo(
            "error[RUN-SCHEMA]: "
                + runFile
                + " has the schema 'trapline.run/2', and this Trapline reads 'trapline.run/1'.\n"
                + "hint: read it with the Trapline that wrote it (provenance.traplineVersion in"
                + " run.json names it)");
  }

  @Test
  void jsonThatIsNotUtf8IsDamaged() throws IOException {
    Path path = writtenRun();
    Files.write(path.resolve("run.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertThat(readFailure(path)).hasMessageEndingWith("run.json is damaged: it is not UTF-8.");
  }

  @Test
  void aFileThatTheSystemDoesNotReadIsToldWithItsReason() throws IOException {
    Path path = writtenRun();
    Files.delete(path.resolve("run.json"));
    Files.createDirectory(path.resolve("run.json"));
    assertThat(readFailure(path).rendered())
        .isEqualTo(
            "error[RUN-NOT-READ]: cannot read "
                + path.resolve("run.json")
                + ": Is a directory.\n"
                + "hint: grant read access to it, or check its file system");
  }

  @Test
  void missingTalliesAreDamage() throws IOException {
    Path path = writtenRun();
    Files.delete(path.resolve("tallies.parquet"));
    assertThat(readFailure(path))
        .hasMessageEndingWith("is damaged: it is missing, and run.json records it.");
  }

  @Test
  void talliesCutShortAnywhereAreDamage() throws IOException {
    Path path = writtenRun();
    Path tallies = path.resolve("tallies.parquet");
    byte[] whole = Files.readAllBytes(tallies);
    for (int length = 0; length < whole.length; length += 101) {
      Files.write(tallies, Arrays.copyOf(whole, length));
      assertThat(readFailure(path))
          .hasMessageEndingWith(
              "it has " + length + " bytes, and run.json records " + whole.length + ".");
    }
  }

  @Test
  void oneWrongBitInTheTalliesIsDamage() throws IOException {
    Path path = writtenRun();
    Path tallies = path.resolve("tallies.parquet");
    byte[] whole = Files.readAllBytes(tallies);
    for (int at = 0; at < whole.length; at += 53) {
      byte[] copy = whole.clone();
      copy[at] ^= 1;
      Files.write(tallies, copy);
      assertThat(readFailure(path)).hasMessageContaining("its SHA-256 is ");
    }
  }

  @Test
  void otherTalliesThanTheRecordedOnesAreDamage() throws IOException {
    Path path = writtenRun();
    Path runFile = path.resolve("run.json");
    Files.writeString(runFile, Files.readString(runFile).replace("\"rows\": 3", "\"rows\": 4"));
    assertThat(readFailure(path)).hasMessageEndingWith("it has 3 rows, and run.json records 4.");
  }

  private Path writtenRun() {
    Path path = folder.resolve("run");
    RunDirectory.create(path).write(SmallRuns.run());
    return path;
  }

  private static boolean result(Future<Boolean> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private static TraplineException creationFailure(Path path) {
    return catchThrowableOfType(TraplineException.class, () -> RunDirectory.create(path));
  }

  private static TraplineException readFailure(Path path) {
    return catchThrowableOfType(TraplineException.class, () -> RunDirectory.read(path));
  }
}
