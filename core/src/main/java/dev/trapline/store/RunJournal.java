// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.TraplineException;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/// A run while it is being made. What is known is on the disk as soon as it is known: the plan
/// before the first trial, each trial with its tallies before the next begins. A process that is
/// killed, or a machine that loses its power, at any moment loses the trial in flight and no other.
///
/// In the run's directory it has `plan.json` and the folder `trials`: `NUMBER-ID.parquet`, then
/// `NUMBER-ID.json`, whose being there says that the trial is whole. [#finish] makes `run.json` and
/// `tallies.parquet` of them, one trial in memory at a time, and removes them.
///
/// One process at a time holds it, by a lock that the kernel drops with the process.
public final class RunJournal implements AutoCloseable {
  /// What the run was begun with.
  public static final String PLAN_FILE = "plan.json";

  /// The folder of finished trials.
  public static final String TRIALS_FOLDER = "trials";

  /// The shape of a trial's file.
  public static final String TRIAL_SCHEMA = "trapline.trial/1";

  /// The shape of the plan's file.
  public static final String PLAN_SCHEMA = "trapline.plan/1";

  /// What a run is begun with: enough to go on with it, and to see whether it still can.
  ///
  /// @param provenance as known before the first trial
  /// @param trials the ids of all planned trials, in their order
  public record Plan(Provenance provenance, List<String> trials) {
    /// Keeps a copy.
    public Plan {
      trials = List.copyOf(trials);
    }
  }

  private static final String LOCK_FILE = "lock";
  private static final String WARNINGS_FILE = "warnings.txt";
  private static final String JSON = ".json";
  private static final String PARQUET = ".parquet";

  private final RunDirectory directory;
  private final Plan plan;
  private final Path folder;

  /// Not a channel: an interrupt closes channels, and with one the lock would go.
  private final RandomAccessFile lockFile;

  private final FileLock lock;

  private RunJournal(RunDirectory directory, Plan plan, RandomAccessFile lockFile, FileLock lock) {
    this.directory = directory;
    this.plan = plan;
    this.folder = directory.path().resolve(TRIALS_FOLDER);
    this.lockFile = lockFile;
    this.lock = lock;
  }

  private record Held(RandomAccessFile file, FileLock lock) {}

  /// Begins a run: the plan is on the disk when this returns.
  ///
  /// @param directory just made
  /// @throws TraplineException `RUN-NOT-WRITTEN`
  public static RunJournal begin(RunDirectory directory, Plan plan) {
    Path file = directory.path().resolve(PLAN_FILE);
    try {
      Files.createDirectories(directory.path().resolve(TRIALS_FOLDER));
      Held held = hold(directory.path());
      writeJson(file, writer -> RunJson.writePlan(plan, writer));
      return new RunJournal(directory, plan, held.file(), held.lock());
    } catch (IOException | UncheckedIOException failure) {
      throw StoreFailure.notWritten(file, RunDirectory.ioCause(failure));
    }
  }

  /// Whether an unfinished run is here that [#resume] can go on with.
  public static boolean isResumable(Path directory) {
    return Files.isRegularFile(directory.resolve(PLAN_FILE))
        && !Files.exists(directory.resolve(RunDirectory.RUN_FILE));
  }

  /// Goes on with a run that did not finish.
  ///
  /// @throws TraplineException `RUN-NOT-FOUND` if there is nothing of ours, `RUN-FINISHED` if it is
  ///   whole, `RUN-UNFINISHED` if it ended before its plan was on the disk, `RUN-BUSY` if another
  ///   process is at it, `RUN-CORRUPT` if the plan is not what was written
  public static RunJournal resume(Path path) {
    if (Files.exists(path.resolve(RunDirectory.RUN_FILE))) {
      throw new TraplineException(
          "RUN-FINISHED",
          "the run in " + path + " is whole: there is nothing to go on with.",
          "trapline show " + path + ", or trapline reproduce " + path);
    }
    Path file = path.resolve(PLAN_FILE);
    if (!Files.exists(file)) {
      throw RunDirectory.withoutRunFile(path);
    }
    Plan plan = RunJsonReader.plan(file, RunDirectory.contentOf(file));
    try {
      Files.createDirectories(path.resolve(TRIALS_FOLDER));
      Held held = hold(path);
      return new RunJournal(RunDirectory.unfinished(path), plan, held.file(), held.lock());
    } catch (IOException failure) {
      throw StoreFailure.notWritten(path.resolve(TRIALS_FOLDER), failure);
    }
  }

  private static Held hold(Path path) throws IOException {
    Path file = path.resolve(TRIALS_FOLDER).resolve(LOCK_FILE);
    RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw");
    try {
      FileLock lock = opened.getChannel().tryLock();
      if (lock != null) {
        return new Held(opened, lock);
      }
    } catch (OverlappingFileLockException ours) {
      // Held by this very process.
    }
    opened.close();
    throw new TraplineException(
        "RUN-BUSY",
        "another trapline is making the run in " + path + " just now.",
        "wait for it, or end it");
  }

  /// Where the run is.
  public RunDirectory directory() {
    return directory;
  }

  /// What it was begun with.
  public Plan plan() {
    return plan;
  }

  /// Keeps a finished trial: it is on the disk when this returns. An interrupt of the thread waits
  /// until then.
  ///
  /// @throws TraplineException `RUN-NOT-WRITTEN`; the trial is lost then, and no other
  public void keep(Trial trial, List<RoleTally> tallies) {
    String name = String.format(Locale.ROOT, "%06d-%s", trial.order(), trial.id());
    Path json = folder.resolve(name + JSON);
    RunDirectory.uninterrupted(() -> {
      try {
        if (!tallies.isEmpty()) {
          DurableFile.write(
              folder.resolve(name + PARQUET), temporary -> TallyParquet.write(temporary, tallies));
        }
        writeJson(json, writer -> RunJson.writeTrialFile(trial, writer));
      } catch (IOException | UncheckedIOException failure) {
        throw StoreFailure.notKept(json, directory.path(), RunDirectory.ioCause(failure));
      }
    });
  }

  private interface Printing {
    void to(Writer writer) throws IOException;
  }

  private static void writeJson(Path file, Printing printing) throws IOException {
    DurableFile.write(
        file,
        temporary -> {
          try (Writer writer = Files.newBufferedWriter(temporary)) {
            printing.to(writer);
          }
        });
  }

  /// Keeps something that the reader of the run should know, one line. It is for warnings that
  /// belong to no trial alone; the same line twice is kept once.
  public void warn(String line) {
    RunDirectory.uninterrupted(() -> {
      Set<String> lines = new LinkedHashSet<>(warnings());
      if (lines.add(line.replaceAll("\\s+", " "))) {
        Path file = folder.resolve(WARNINGS_FILE);
        try {
          DurableFile.write(file, temporary -> Files.write(temporary, lines));
        } catch (IOException failure) {
          throw StoreFailure.notKept(file, directory.path(), failure);
        }
      }
    });
  }

  /// What [#warn] was told, by this process and those before it.
  public List<String> warnings() {
    Path file = folder.resolve(WARNINGS_FILE);
    try {
      return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.UTF_8) : List.of();
    } catch (IOException failure) {
      throw StoreFailure.notRead(file, failure);
    }
  }

  /// Every finished trial in the order in which they ran, one in memory at a time.
  ///
  /// @throws TraplineException `RUN-CORRUPT`, `RUN-NOT-READ`
  public void forEachTrial(Consumer<Trial> consumer) {
    for (Path file : trialFiles()) {
      consumer.accept(RunJsonReader.trialFile(file, RunDirectory.contentOf(file)));
    }
  }

  /// In the order of their numbers, which is that of their names.
  private List<Path> trialFiles() {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, "[0-9]*" + JSON)) {
      stream.forEach(files::add);
    } catch (IOException failure) {
      throw StoreFailure.notRead(folder, failure);
    }
    files.sort(null);
    return files;
  }

  private Completeness completeness() {
    Completeness[] sum = {Completeness.COMPLETE};
    forEachTrial(trial -> sum[0] = sum[0].plus(trial.completeness()));
    return sum[0];
  }

  /// Makes the run whole: `tallies.parquet`, then what the reporter writes, then `run.json`, then
  /// what this journal had goes. The tallies of one trial are in memory at a time.
  ///
  /// @param reporter is given the run as [RunDirectory#open] will give it
  /// @throws TraplineException `RUN-NOT-WRITTEN`: nothing of the trials is lost, and it can be
  ///   tried again
  public void finish(
      Provenance provenance, List<EnvironmentFacts> environments, Consumer<StoredRun> reporter) {
    RunDirectory.uninterrupted(() -> {
      try {
        finishNow(provenance, environments, reporter);
      } catch (TraplineException failure) {
        throw failure.code().equals(StoreFailure.NOT_WRITTEN)
            ? StoreFailure.allKept(failure, directory.path())
            : failure;
      }
    });
  }

  private void finishNow(
      Provenance provenance, List<EnvironmentFacts> environments, Consumer<StoredRun> reporter) {
    Completeness completeness = completeness();
    TallyFile tallyFile = directory.writeTallies(this::eachTally);
    List<Trial> trials = new ArrayList<>();
    forEachTrial(trials::add);
    Run run = new Run(provenance, completeness, trials, List.of(), environments);
    reporter.accept(directory.stored(run, tallyFile));
    directory.writeRunFile(writer -> RunJson.write(run, tallyFile, writer));
    removeOurs();
  }

  private void eachTally(Consumer<? super RoleTally> consumer) {
    List<Path> files = new ArrayList<>();
    for (Path file : trialFiles()) {
      String name = file.getFileName().toString();
      Path parquet =
          file.resolveSibling(name.substring(0, name.length() - JSON.length()) + PARQUET);
      if (Files.exists(parquet)) {
        files.add(parquet);
      }
    }
    TallyParquet.readAll(files, consumer);
  }

  /// The run is whole; what is left here has no meaning any more.
  private void removeOurs() {
    try {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(folder);
      Files.deleteIfExists(directory.path().resolve(PLAN_FILE));
    } catch (IOException harmless) {
      // It takes room, and nobody reads it.
    }
  }

  /// Lets another process have it.
  @Override
  public void close() {
    try {
      if (lock.isValid()) {
        lock.release();
      }
      lockFile.close();
    } catch (IOException harmless) {
      // The kernel drops the lock with us.
    }
  }
}
