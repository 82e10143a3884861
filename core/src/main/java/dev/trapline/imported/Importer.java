// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.TraplineException;
import dev.trapline.intake.strace.table.StraceTableReader;
import dev.trapline.reading.InputText;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads files of others and makes a run of them. Either all files are read or none: one that is
/// not understood is an error that names it, and nothing has been written by then.
///
/// Each file is read once, from beginning to end, in memory that does not depend on its size.
public final class Importer {
  /// The name of standard input.
  public static final String STANDARD_INPUT = "-";

  /// Above this a file is not read a second time for its checksum.
  private static final long LARGEST_HASHED_BYTES = 64L << 20;

  /// More lines that make no sense than this share: it is not what it was taken for.
  private static final double MOST_SKIPPED = 0.5;

  private final RunAssembly assembly;
  private final FormatReaders readers;

  /// @param roles `--role`
  /// @param environments `--environment`
  /// @param tests `--test`
  /// @param trials `--trial`
  /// @param tableClock what the times in tables of `strace -c` are, which these do not tell
  public Importer(
      Labels roles,
      Labels environments,
      Labels tests,
      Labels trials,
      StraceTableReader.Clock tableClock) {
    this.readers = new FormatReaders(tableClock);
    this.assembly = new RunAssembly(roles, environments, tests, trials);
  }

  /// Reads all files and puts them together.
  ///
  /// @param files as the user named them, each once; `-` is standard input
  /// @throws TraplineException `IMPORT-FILE`, `IMPORT-FORMAT`, `IMPORT-MIXED`, `IMPORT-AMBIGUOUS`,
  ///   `WORKLOAD-OUTPUT`
  public Imported read(
      List<String> files, Supplier<InputStream> standardInput, ReadingListener listener) {
    List<ReadFile> all = new ArrayList<>();
    for (PidFiles group : PidFiles.grouped(files)) {
      all.add(
          group.isOneFile()
              ? readOne(group.name(), standardInput, listener)
              : readGroup(group, listener));
    }
    return assembly.assemble(all);
  }

  private ReadFile readOne(
      String file, Supplier<InputStream> standardInput, ReadingListener listener) {
    try (InputText input =
        file.equals(STANDARD_INPUT)
            ? InputText.ofStream(file, standardInput.get())
            : InputText.ofFile(Path.of(file))) {
      Format format = readers.detector().detect(input);
      Long bytes = size(input.file());
      listener.reading(input, bytes);
      ReadFile.Content content = readers.read(format, input);
      ReadFile read =
          new ReadFile(
              file,
              List.of(file),
              format,
              input.compression().map(InputText.Compression::label).orElse(null),
              bytes,
              sha256(input.file(), bytes),
              content,
              input.damage());
      check(read);
      return read;
    } catch (IOException failure) {
      throw unreadable(file, failure);
    }
  }

  /// The files of one `strace -ff` are one log: threads and processes find together again.
  private ReadFile readGroup(PidFiles group, ReadingListener listener) {
    long bytes = 0;
    for (String file : group.byPid().values()) {
      try (InputText input = InputText.ofFile(Path.of(file))) {
        Format format = readers.detector().detect(input);
        if (format != Format.STRACE_LOG) {
          throw new TraplineException(
              "IMPORT-FORMAT",
              file
                  + ":1: is "
                  + format.label()
                  + " among the files of a strace -ff, "
                  + group.name()
                  + ".",
              "give it in a call of its own, or under a name that does not end in a number");
        }
        Long size = size(input.file());
        bytes += size == null ? 0 : size;
        listener.reading(input, size);
      }
    }
    try {
      TallyReading reading = readers.readPidFiles(group);
      ReadFile read =
          new ReadFile(
              group.name(),
              List.copyOf(group.byPid().values()),
              Format.STRACE_LOG,
              null,
              bytes,
              null,
              new ReadFile.Counts(reading),
              null);
      check(read);
      return read;
    } catch (IOException failure) {
      throw unreadable(group.name(), failure);
    }
  }

  private static TraplineException unreadable(String file, IOException failure) {
    return new TraplineException(
        "IMPORT-FILE",
        file
            + " could not be read to its end: "
            + failure.getClass().getSimpleName()
            + " "
            + failure.getMessage()
            + ".",
        "check the disk, or copy the file and try again",
        failure);
  }

  private void check(ReadFile file) {
    SkippedLines skipped = file.skipped();
    readers.detector().refuseForeign(file.name(), file.format(), skipped);
    TallyReading counts = file.counts();
    boolean nothing = counts != null && counts.counted().counts().isEmpty();
    if (skipped.count() > file.lines() * MOST_SKIPPED || (nothing && skipped.count() > 0)) {
      SkippedLines.Line first = skipped.first().getFirst();
      throw new TraplineException(
          "IMPORT-FORMAT",
          file.name()
              + ":"
              + first.number()
              + ": '"
              + first.excerpt()
              + "' is not of a "
              + file.format().label()
              + ", and neither are "
              + skipped.count()
              + " of its "
              + file.lines()
              + " lines: too many to take it for one.",
          "check what the file is, and cut off what is not the tool's");
    }
    if (nothing) {
      throw new TraplineException(
          "IMPORT-FORMAT",
          file.name()
              + ":1: reads as a "
              + file.format().label()
              + " and has not one call in it"
              + (file.truncation() == null ? "." : "; " + file.truncation() + "."),
          "check that the tool ran to its end; an unfinished one may have written only its head");
    }
  }

  private static @Nullable Long size(Optional<Path> file) {
    try {
      return file.isPresent() ? Long.valueOf(Files.size(file.get())) : null;
    } catch (IOException gone) {
      return null;
    }
  }

  private static @Nullable String sha256(Optional<Path> file, @Nullable Long bytes)
      throws IOException {
    if (file.isEmpty() || bytes == null || bytes > LARGEST_HASHED_BYTES) {
      return null;
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file.get())));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}
