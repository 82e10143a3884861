// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqIntList;
import dev.hardwood.row.PqLongList;
import dev.hardwood.row.PqMap;
import dev.trapline.TraplineException;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Tallies;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.jspecify.annotations.Nullable;

/// Tallies as a Parquet file that DuckDB, Spark and pandas read as well: one row per key of one
/// role of one trial, histograms whole, so that files merge exactly. What is read is equal to what
/// was written, completeness and roles without a call included. It is not a run: trials, outcomes
/// and provenance are in `run.json`.
///
/// parquet-java writes, for Hardwood does not; Hardwood reads, for it is faster and needs no
/// Hadoop. Columns and units are in `docs/reference/run-directory.md`.
public final class TallyParquet {
  /// The published name and version of the columns, kept in the file's metadata.
  public static final String SCHEMA = "trapline.tallies/1";

  /// The metadata key of [#SCHEMA].
  public static final String SCHEMA_KEY = "trapline.schema";

  private static final String PARTS_KEY = "trapline.parts";

  /// A reader and a writer have one group in memory at a time: some dozens of trials.
  private static final int ROWS_OF_A_GROUP = 4096;

  private static final int FILES_AT_ONCE = 64;

  /// Hardwood tells on the console that it goes without the Vector API. The logger is kept here
  /// because an unreferenced one forgets its level.
  private static final Logger HARDWOOD_LOGGER = Logger.getLogger("dev.hardwood");

  static {
    HARDWOOD_LOGGER.setLevel(Level.WARNING);
  }

  private TallyParquet() {}

  /// Writes a new file. It is not synced to the disk, and half a file stays if it fails.
  ///
  /// @param tallies asked for one at a time
  /// @return how many rows were written
  /// @throws IOException if the file exists or cannot be written
  public static long write(Path file, Iterable<RoleTally> tallies) throws IOException {
    return write(file, (Tallies) consumer -> tallies.forEach(consumer));
  }

  /// The same of tallies that pass by.
  static long write(Path file, Tallies tallies) throws IOException {
    List<TallyPart> parts = new ArrayList<>();
    try (OutputStream stream =
        new BufferedOutputStream(
            Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
      return write(
          new Builder(new StreamOutput(stream), () -> Map.of(PARTS_KEY, TallyPart.toJson(parts))),
          tallies,
          parts);
    }
  }

  private static long write(Builder builder, Tallies tallies, List<TallyPart> parts)
      throws IOException {
    builder
        .withConf(new PlainParquetConfiguration())
        .withCodecFactory(new ZstandardCodec())
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withWriterVersion(WriterVersion.PARQUET_2_0)
        .withPageWriteChecksumEnabled(true)
        .withRowGroupRowCountLimit(ROWS_OF_A_GROUP);
    for (String column : TallyColumns.WITHOUT_DICTIONARY) {
      builder.withDictionaryEncoding(column, false);
    }
    long[] rows = {0};
    try (ParquetWriter<TallyRow> writer = builder.build()) {
      tallies.forEach(part -> {
        parts.add(TallyPart.of(part));
        for (Map.Entry<Key, Count> entry : part.tally().counts().entrySet()) {
          try {
            writer.write(new TallyRow(part, entry.getKey(), entry.getValue()));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          rows[0]++;
        }
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return rows[0];
  }

  /// Reads a file back.
  ///
  /// @throws TraplineException `RUN-SCHEMA` if it has another version, `RUN-CORRUPT` if it is no
  ///   whole Parquet file of ours, `RUN-NOT-READ` if the system refuses
  public static List<RoleTally> read(Path file) {
    List<RoleTally> tallies = new ArrayList<>();
    try (TallyInput input = new TallyInput(file)) {
      read(file, input, Order.AS_WRITTEN, tallies::add);
    } catch (IOException e) {
      throw StoreFailure.notRead(file, e);
    }
    return tallies;
  }

  /// In which order tallies are wanted.
  enum Order {
    AS_WRITTEN,
    /// Those of one trial behind each other. A campaign writes them so, and one is in memory at a
    /// time; files of others may need all of it.
    BY_TRIAL
  }

  /// Reads a file, one tally in memory at a time.
  ///
  /// @param file named in complaints
  /// @return how many rows it has
  /// @throws TraplineException as [#read(Path)]; the consumer's own pass through
  static long read(Path file, TallyInput input, Order order, Consumer<? super RoleTally> consumer) {
    try (ParquetFileReader reader = ParquetFileReader.open(input)) {
      List<TallyPart> parts = parts(file, reader);
      if (order == Order.AS_WRITTEN || areByTrial(parts)) {
        return read(file, reader, parts, consumer);
      }
      Map<String, List<RoleTally>> byTrial = new LinkedHashMap<>();
      long rows =
          read(
              file,
              reader,
              parts,
              tally ->
                  byTrial.computeIfAbsent(tally.trial(), unseen -> new ArrayList<>()).add(tally));
      byTrial.values().forEach(tallies -> tallies.forEach(consumer));
      return rows;
    } catch (TraplineException e) {
      throw e;
    } catch (ConsumerFailure e) {
      throw e.cause;
    } catch (IOException | RuntimeException e) {
      // Hardwood answers a damaged file with whatever its decoder stumbled on.
      throw StoreFailure.corrupt(file, StoreFailure.reason(e), e);
    } catch (LinkageError e) {
      throw StoreFailure.notRead(
          file,
          new IOException(
              "the zstd library cannot be loaded from " + System.getProperty("java.io.tmpdir"), e));
    }
  }

  /// Reads many files, one tally in memory at a time, in their order. The row reader sets up
  /// buffers of many megabytes, which takes longer than to read one trial: here it does so once for
  /// [#FILES_AT_ONCE] files.
  ///
  /// @throws TraplineException as [#read(Path)]; the consumer's own pass through
  static void readAll(List<Path> files, Consumer<? super RoleTally> consumer) {
    for (int at = 0; at < files.size(); at += FILES_AT_ONCE) {
      readTogether(files.subList(at, Math.min(files.size(), at + FILES_AT_ONCE)), consumer);
    }
  }

  private static void readTogether(List<Path> files, Consumer<? super RoleTally> consumer) {
    List<List<TallyPart>> parts = new ArrayList<>();
    List<InputFile> inputs = new ArrayList<>();
    Path[] current = {files.getFirst()};
    try {
      for (Path file : files) {
        current[0] = file;
        try (TallyInput input = new TallyInput(file);
            ParquetFileReader reader = ParquetFileReader.open(input)) {
          List<TallyPart> ofFile = parts(file, reader);
          checkRows(file, reader.getFileMetaData().numRows(), ofFile);
          parts.add(ofFile);
        }
        inputs.add(new TallyInput(file));
      }
      try (ParquetFileReader reader = ParquetFileReader.openAll(inputs);
          RowReader row = reader.rowReader()) {
        for (int at = 0; at < files.size(); at++) {
          current[0] = files.get(at);
          read(files.get(at), row, parts.get(at), consumer);
        }
      }
    } catch (TraplineException e) {
      throw e;
    } catch (ConsumerFailure e) {
      throw e.cause;
    } catch (IOException | RuntimeException e) {
      throw StoreFailure.corrupt(current[0], StoreFailure.reason(e), e);
    } finally {
      for (InputFile input : inputs) {
        try {
          input.close();
        } catch (IOException harmless) {
          // It was only read.
        }
      }
    }
  }

  private static void checkRows(Path file, long rows, List<TallyPart> parts) {
    long expected = parts.stream().mapToLong(TallyPart::rows).sum();
    if (rows != expected) {
      throw StoreFailure.corrupt(
          file, "it has " + rows + " rows, and its parts have " + expected, null);
    }
  }

  private static boolean areByTrial(List<TallyPart> parts) {
    Set<String> trials = new HashSet<>();
    String last = null;
    for (TallyPart part : parts) {
      if (!part.trial().equals(last) && !trials.add(part.trial())) {
        return false;
      }
      last = part.trial();
    }
    return true;
  }

  private static List<TallyPart> parts(Path file, ParquetFileReader reader) {
    Map<String, String> fileMetadata = reader.getFileMetaData().keyValueMetadata();
    String schema = fileMetadata.get(SCHEMA_KEY);
    if (schema == null) {
      throw StoreFailure.corrupt(file, "its metadata has no key " + SCHEMA_KEY, null);
    }
    if (!schema.equals(SCHEMA)) {
      throw StoreFailure.otherSchema(file, SCHEMA, schema);
    }
    String parts = fileMetadata.get(PARTS_KEY);
    if (parts == null) {
      throw StoreFailure.corrupt(file, "its metadata has no key " + PARTS_KEY, null);
    }
    return TallyPart.fromJson(file, parts);
  }

  private static long read(
      Path file,
      ParquetFileReader reader,
      List<TallyPart> parts,
      Consumer<? super RoleTally> consumer) {
    long rows = reader.getFileMetaData().numRows();
    checkRows(file, rows, parts);
    try (RowReader row = reader.rowReader()) {
      read(file, row, parts, consumer);
    }
    return rows;
  }

  private static void read(
      Path file, RowReader row, List<TallyPart> parts, Consumer<? super RoleTally> consumer) {
    for (TallyPart part : parts) {
      SortedMap<Key, Count> counts = new TreeMap<>();
      for (long i = 0; i < part.rows(); i++) {
        // Not only a question: hasNext is what loads the next batch of rows.
        if (!row.hasNext()) {
          throw StoreFailure.corrupt(file, "it ends before its last row", null);
        }
        row.next();
        counts.put(key(row), count(row));
      }
      if (counts.size() != part.rows()) {
        throw StoreFailure.corrupt(
            file, "two rows of the role " + part.role() + " have one key", null);
      }
      RoleTally tally =
          new RoleTally(
              part.trial(),
              part.environment(),
              part.test(),
              part.node(),
              part.role(),
              new Tally(counts, part.completeness()));
      try {
        consumer.accept(tally);
      } catch (RuntimeException e) {
        throw new ConsumerFailure(e);
      }
    }
  }

  /// So that what a consumer throws is not taken for a damaged file.
  private static final class ConsumerFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final RuntimeException cause;

    ConsumerFailure(RuntimeException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  private static Key key(RowReader row) {
    String object = textOrNull(row, TallyColumns.OBJECT);
    return new Key(
        new ThreadKey(
            id(row, TallyColumns.PID),
            name(row, TallyColumns.PROCESS),
            id(row, TallyColumns.TID),
            name(row, TallyColumns.THREAD)),
        row.getString(TallyColumns.SYSCALL),
        object == null ? null : ObjectKind.ofLabel(object),
        textOrNull(row, TallyColumns.REQUEST));
  }

  private static Count count(RowReader row) {
    SortedMap<String, Long> errors = new TreeMap<>();
    for (PqMap.Entry entry : row.getMap(TallyColumns.ERRORS).getEntries()) {
      errors.put(entry.getStringKey(), entry.getLongValue());
    }
    return new Count(
        row.getLong(TallyColumns.CALLS),
        row.getLong(TallyColumns.TIMED_CALLS),
        errors,
        numberOrNull(row, TallyColumns.BYTES),
        numberOrNull(row, TallyColumns.WALL_NANOS),
        numberOrNull(row, TallyColumns.WORK_NANOS),
        numberOrNull(row, TallyColumns.BLOCKED_NANOS),
        numberOrNull(row, TallyColumns.RUNNABLE_NANOS),
        numberOrNull(row, TallyColumns.GUEST_NANOS),
        latency(row));
  }

  private static @Nullable LatencyHistogram latency(RowReader row) {
    if (row.isNull(TallyColumns.LATENCY_BUCKET)) {
      return null;
    }
    PqIntList buckets = row.getList(TallyColumns.LATENCY_BUCKET).ints();
    PqLongList calls = row.getList(TallyColumns.LATENCY_BUCKET_CALLS).longs();
    if (buckets.size() != calls.size()) {
      throw new IllegalArgumentException(
          buckets.size() + " latency buckets have " + calls.size() + " counts");
    }
    if (buckets.isEmpty()) {
      return LatencyHistogram.EMPTY;
    }
    long[] counts = new long[LatencyHistogram.BUCKETS];
    for (int i = 0; i < buckets.size(); i++) {
      counts[buckets.get(i)] = calls.get(i);
    }
    return LatencyHistogram.ofBuckets(counts, row.getLong(TallyColumns.LATENCY_MAX_NANOS));
  }

  private static int id(RowReader row, String column) {
    return row.isNull(column) ? ThreadKey.UNKNOWN_ID : row.getInt(column);
  }

  private static String name(RowReader row, String column) {
    return row.isNull(column) ? "" : row.getString(column);
  }

  private static @Nullable String textOrNull(RowReader row, String column) {
    return row.isNull(column) ? null : row.getString(column);
  }

  private static @Nullable Long numberOrNull(RowReader row, String column) {
    return row.isNull(column) ? null : Long.valueOf(row.getLong(column));
  }

  private static final class Builder extends ParquetWriter.Builder<TallyRow, Builder> {
    private final Supplier<Map<String, String>> lastMetadata;

    Builder(OutputFile file, Supplier<Map<String, String>> lastMetadata) {
      super(file);
      this.lastMetadata = lastMetadata;
    }

    @Override
    protected Builder self() {
      return this;
    }

    /// Abstract in parquet-java 1.x although it is deprecated there.
    @Override
    @SuppressWarnings("deprecation")
    protected WriteSupport<TallyRow> getWriteSupport(Configuration configuration) {
      throw new UnsupportedOperationException("tallies are written without Hadoop");
    }

    @Override
    protected WriteSupport<TallyRow> getWriteSupport(ParquetConfiguration configuration) {
      return new TallyWriteSupport(Map.of(SCHEMA_KEY, SCHEMA), lastMetadata);
    }
  }
}
