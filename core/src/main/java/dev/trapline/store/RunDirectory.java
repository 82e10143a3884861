// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.TraplineException;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Tallies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A run on disk: `run.json`, `tallies.parquet`, `raw/TRIAL/` with what the tools said, and
/// `report.md`, which others write.
///
/// `run.json` is written last, whole or not at all. A directory without it is a run that did not
/// finish, whatever else is in it, and is never read as a run. A run is written once: this is not a
/// place to collect several, nor to change one.
public final class RunDirectory {
  /// Provenance, completeness and trials.
  public static final String RUN_FILE = "run.json";

  /// What the kernel was asked for.
  public static final String TALLY_FILE = "tallies.parquet";

  /// The folder of the tools' own output.
  public static final String RAW_FOLDER = "raw";

  /// The report, for those who come without Trapline.
  public static final String REPORT_FILE = "report.md";

  private final Path directory;

  private RunDirectory(Path directory) {
    this.directory = directory;
  }

  /// Begins a run in a new or empty directory; parents are made. Of two that begin in the same
  /// directory at once, one gets it.
  ///
  /// @throws TraplineException `RUN-EXISTS` if something is there, `RUN-NOT-WRITTEN` if the system
  ///   refuses
  public static RunDirectory create(Path directory) {
    try {
      checkFree(directory);
      Files.createDirectories(directory);
      // Also marks the directory as ours: without run.json it now reads as unfinished.
      Files.createDirectory(directory.resolve(RAW_FOLDER));
      return new RunDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      throw StoreFailure.notEmpty(directory, "was taken by another run just now");
    } catch (IOException | UncheckedIOException e) {
      throw StoreFailure.notWritten(directory, ioCause(e));
    }
  }

  /// A run that was begun before.
  static RunDirectory unfinished(Path directory) {
    return new RunDirectory(directory);
  }

  /// Whether a run could be kept here, asked before work that would be lost if not. Makes nothing.
  ///
  /// @throws TraplineException `RUN-EXISTS` if something is there already, `RUN-NOT-WRITTEN` if it
  ///   cannot be looked at
  public static void checkFree(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw StoreFailure.notEmpty(directory, "is not a directory");
    }
    try {
      Optional<Path> entry = anEntry(directory);
      if (entry.isPresent()) {
        throw StoreFailure.notEmpty(directory, "holds " + entry.get().getFileName());
      }
    } catch (IOException | UncheckedIOException e) {
      throw StoreFailure.notWritten(directory, ioCause(e));
    }
  }

  private static Optional<Path> anEntry(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findFirst();
    }
  }

  /// Where this is.
  public Path path() {
    return directory;
  }

  /// Where the report belongs. It need not be there.
  public Path reportFile() {
    return directory.resolve(REPORT_FILE);
  }

  /// The folder for the raw output of a trial's tools, made if it is not there.
  ///
  /// @throws TraplineException `RUN-NOT-WRITTEN`
  /// @throws IllegalArgumentException if the id would not name a folder of its own below `raw`
  public Path rawFolder(String trialId) {
    if (trialId.isEmpty()
        || trialId.equals(".")
        || trialId.equals("..")
        || trialId.indexOf('/') >= 0
        || trialId.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a trial id that names no folder: '" + trialId + "'");
    }
    Path folder = directory.resolve(RAW_FOLDER).resolve(trialId);
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw StoreFailure.notWritten(folder, e);
    }
  }

  /// Writes the report for people; before [#write], which makes the run whole.
  ///
  /// @throws TraplineException `RUN-NOT-WRITTEN`, with no part-written file left
  public void writeReport(String markdown) {
    Path report = reportFile();
    uninterrupted(() -> {
      try {
        DurableFile.write(report, temporary -> Files.writeString(temporary, markdown));
      } catch (IOException failure) {
        throw StoreFailure.notWritten(report, failure);
      }
    });
  }

  /// Writes the tallies, then `run.json`; when this returns both are on the disk. An interrupt of
  /// the thread waits until then: it is often the very thing that ended the run.
  ///
  /// @throws TraplineException `RUN-NOT-WRITTEN`, with no part-written file left; `RUN-EXISTS` if
  ///   the run has been written
  public void write(Run run) {
    uninterrupted(() -> writeTalliesAndRun(run));
  }

  /// An interrupted thread cannot write: every channel closes on it, also if the interrupt comes in
  /// the middle. So another thread does, which nobody interrupts; an interrupt of the caller waits.
  static void uninterrupted(Runnable writing) {
    FutureTask<@Nullable Void> task = new FutureTask<>(writing, null);
    Thread.ofPlatform().name("write").start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          task.get();
          return;
        } catch (InterruptedException later) {
          interrupted = true;
        }
      }
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case RuntimeException known -> throw known;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(failure);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void writeTalliesAndRun(Run run) {
    TallyFile tallyFile = writeTallies(run.tallies()::forEach);
    writeRunFile(writer -> RunJson.write(run, tallyFile, writer));
  }

  /// Prints `run.json`.
  interface RunFile {
    void writeTo(Writer writer) throws IOException;
  }

  /// Writes the tallies, one at a time.
  TallyFile writeTallies(Tallies tallies) {
    if (Files.exists(directory.resolve(RUN_FILE))) {
      throw StoreFailure.notEmpty(directory, "holds " + RUN_FILE);
    }
    Path parquet = directory.resolve(TALLY_FILE);
    try {
      long[] rows = new long[1];
      DurableFile.write(parquet, temporary -> rows[0] = TallyParquet.write(temporary, tallies));
      return TallyFile.of(parquet, rows[0]);
    } catch (IOException | UncheckedIOException e) {
      throw StoreFailure.notWritten(parquet, ioCause(e));
    }
  }

  /// The run is whole when this returns.
  void writeRunFile(RunFile content) {
    Path runFile = directory.resolve(RUN_FILE);
    try {
      DurableFile.write(
          runFile,
          temporary -> {
            try (Writer writer = Files.newBufferedWriter(temporary)) {
              content.writeTo(writer);
            }
          });
    } catch (IOException | UncheckedIOException e) {
      throw StoreFailure.notWritten(runFile, ioCause(e));
    }
  }

  /// A run whose tallies have been written.
  StoredRun stored(Run run, TallyFile tallyFile) {
    return stored(directory, run, tallyFile);
  }

  private static StoredRun stored(Path directory, Run run, TallyFile tallyFile) {
    Path file = directory.resolve(TALLY_FILE);
    return new StoredRun(
        run, consumer -> forEachTally(file, tallyFile, TallyParquet.Order.BY_TRIAL, consumer));
  }

  static Throwable ioCause(Exception failure) {
    return failure instanceof UncheckedIOException unchecked && unchecked.getCause() != null
        ? unchecked.getCause()
        : failure;
  }

  /// Reads a whole run back, equal to the one that was written.
  ///
  /// @throws TraplineException `RUN-NOT-FOUND` if there is nothing of ours, `RUN-UNFINISHED` if it
  ///   was cut short, `RUN-SCHEMA` if another version wrote it, `RUN-CORRUPT` if a file is not what
  ///   was written, `RUN-NOT-READ` if the system refuses
  public static Run read(Path directory) {
    RunJsonReader read = readRunFile(directory);
    List<RoleTally> tallies = new ArrayList<>();
    forEachTally(
        directory.resolve(TALLY_FILE),
        read.tallyFile(),
        TallyParquet.Order.AS_WRITTEN,
        tallies::add);
    Run run = read.run();
    return new Run(run.provenance(), run.completeness(), run.trials(), tallies, run.environments());
  }

  /// Reads a run and leaves its tallies on the disk, for who goes over them once and keeps none: of
  /// each trial then stays what `run.json` has of it. That they are what was written is checked now
  /// and again when they are gone over.
  ///
  /// @throws TraplineException as [#read]
  public static StoredRun open(Path directory) {
    RunJsonReader read = readRunFile(directory);
    Path tallyFile = directory.resolve(TALLY_FILE);
    try (TallyInput input = opened(tallyFile)) {
      checkUnchanged(tallyFile, input, read.tallyFile());
    } catch (IOException e) {
      throw StoreFailure.notRead(tallyFile, e);
    }
    return stored(directory, read.run(), read.tallyFile());
  }

  private static RunJsonReader readRunFile(Path directory) {
    Path runFile = directory.resolve(RUN_FILE);
    if (!Files.exists(runFile)) {
      throw withoutRunFile(directory);
    }
    return RunJsonReader.read(runFile);
  }

  private static void forEachTally(
      Path tallyFile,
      TallyFile recorded,
      TallyParquet.Order order,
      Consumer<? super RoleTally> consumer) {
    // One opening for both, so that what is parsed is what was checked.
    try (TallyInput input = opened(tallyFile)) {
      checkUnchanged(tallyFile, input, recorded);
      long rows = TallyParquet.read(tallyFile, input, order, consumer);
      if (rows != recorded.rows()) {
        throw StoreFailure.corrupt(
            tallyFile,
            "it has " + rows + " rows, and " + RUN_FILE + " records " + recorded.rows(),
            null);
      }
    } catch (IOException e) {
      throw StoreFailure.notRead(tallyFile, e);
    }
  }

  static TraplineException withoutRunFile(Path directory) {
    if (!Files.exists(directory)) {
      return StoreFailure.notFound(directory, "does not exist");
    }
    if (!Files.isDirectory(directory)) {
      return StoreFailure.notFound(directory, "is not a directory");
    }
    if (RunJournal.isResumable(directory)) {
      return StoreFailure.resumable(directory);
    }
    Path tallyFile = directory.resolve(TALLY_FILE);
    for (Path ours :
        List.of(tallyFile, directory.resolve(RAW_FOLDER), DurableFile.temporaryOf(tallyFile))) {
      if (Files.exists(ours)) {
        return StoreFailure.unfinished(directory, ours.getFileName().toString());
      }
    }
    return StoreFailure.notFound(
        directory, "has none of " + RUN_FILE + ", " + TALLY_FILE + " and " + RAW_FOLDER);
  }

  static String contentOf(Path runFile) {
    try {
      return Files.readString(runFile);
    } catch (CharacterCodingException e) {
      throw StoreFailure.corrupt(runFile, "it is not UTF-8", e);
    } catch (IOException e) {
      throw StoreFailure.notRead(runFile, e);
    }
  }

  private static TallyInput opened(Path tallyFile) throws IOException {
    if (!Files.exists(tallyFile)) {
      throw StoreFailure.corrupt(tallyFile, "it is missing, and " + RUN_FILE + " records it", null);
    }
    return new TallyInput(tallyFile);
  }

  private static void checkUnchanged(Path tallyFile, TallyInput input, TallyFile recorded)
      throws IOException {
    long bytes = input.length();
    if (bytes != recorded.bytes()) {
      throw StoreFailure.corrupt(
          tallyFile,
          "it has " + bytes + " bytes, and " + RUN_FILE + " records " + recorded.bytes(),
          null);
    }
    String sha256 = input.facts(recorded.rows()).sha256();
    if (!sha256.equals(recorded.sha256())) {
      throw StoreFailure.corrupt(
          tallyFile,
          "its SHA-256 is " + sha256 + ", and " + RUN_FILE + " records " + recorded.sha256(),
          null);
    }
  }
}
