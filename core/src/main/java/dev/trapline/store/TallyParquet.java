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
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
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

  private static long write(Builder builder, Iterable<RoleTally> tallies, List<TallyPart> parts)
      throws IOException {
    builder
        .withConf(new PlainParquetConfiguration())
        .withCodecFactory(new ZstandardCodec())
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withWriterVersion(WriterVersion.PARQUET_2_0)
        .withPageWriteChecksumEnabled(true);
    for (String column : TallyColumns.WITHOUT_DICTIONARY) {
      builder.withDictionaryEncoding(column, false);
    }
    long rows = 0;
    try (ParquetWriter<TallyRow> writer = builder.build()) {
      for (RoleTally part : tallies) {
        parts.add(TallyPart.of(part));
        for (Map.Entry<Key, Count> entry : part.tally().counts().entrySet()) {
          writer.write(new TallyRow(part, entry.getKey(), entry.getValue()));
          rows++;
        }
      }
    }
    return rows;
  }

  /// Reads a file back.
  ///
  /// @throws TraplineException `RUN-SCHEMA` if it has another version, `RUN-CORRUPT` if it is no
  ///   whole Parquet file of ours, `RUN-NOT-READ` if the system refuses
  public static List<RoleTally> read(Path file) {
    try {
      return read(file, Files.readAllBytes(file));
    } catch (IOException e) {
      throw StoreFailure.notRead(file, e);
    }
  }

  /// Reads what a file held. Not from a mapping of it, which would fall to SIGBUS if somebody
  /// truncated the file meanwhile, and hold the file open until the next garbage collection.
  ///
  /// @param file named in complaints
  static List<RoleTally> read(Path file, byte[] content) {
    try (ParquetFileReader reader =
        ParquetFileReader.open(InputFile.of(ByteBuffer.wrap(content)))) {
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
      return read(file, reader, TallyPart.fromJson(file, parts));
    } catch (TraplineException e) {
      throw e;
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

  private static List<RoleTally> read(Path file, ParquetFileReader reader, List<TallyPart> parts) {
    long expectedRows = parts.stream().mapToLong(TallyPart::rows).sum();
    long rows = reader.getFileMetaData().numRows();
    if (rows != expectedRows) {
      throw StoreFailure.corrupt(
          file, "it has " + rows + " rows, and its parts have " + expectedRows, null);
    }
    List<RoleTally> tallies = new ArrayList<>(parts.size());
    try (RowReader row = reader.rowReader()) {
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
        tallies.add(
            new RoleTally(
                part.trial(),
                part.environment(),
                part.test(),
                part.node(),
                part.role(),
                new Tally(counts, part.completeness())));
      }
    }
    return tallies;
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
