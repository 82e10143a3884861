// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.tally.Count;
import dev.trapline.tally.LatencyHistogram;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.jspecify.annotations.Nullable;

/// Feeds rows to parquet-java, field by field. A null is a field that is left out.
final class TallyWriteSupport extends WriteSupport<TallyRow> {
  private final Map<String, String> fileMetadata;
  private final Supplier<Map<String, String>> lastMetadata;
  private @Nullable RecordConsumer consumer;

  /// @param fileMetadata known before the first row
  /// @param lastMetadata known after the last
  TallyWriteSupport(Map<String, String> fileMetadata, Supplier<Map<String, String>> lastMetadata) {
    this.fileMetadata = fileMetadata;
    this.lastMetadata = lastMetadata;
  }

  @Override
  public FinalizedWriteContext finalizeWrite() {
    return new FinalizedWriteContext(lastMetadata.get());
  }

  /// Abstract in parquet-java 1.x although it is deprecated there.
  @Override
  @SuppressWarnings("deprecation")
  public WriteContext init(Configuration configuration) {
    throw new UnsupportedOperationException("tallies are written without Hadoop");
  }

  @Override
  public WriteContext init(ParquetConfiguration configuration) {
    return new WriteContext(TallyColumns.SCHEMA, fileMetadata);
  }

  @Override
  public void prepareForWrite(RecordConsumer recordConsumer) {
    consumer = recordConsumer;
  }

  @Override
  public void write(TallyRow row) {
    if (consumer == null) {
      throw new IllegalStateException("a row before the start of the file");
    }
    new RowWriter(consumer).write(row);
  }

  private record RowWriter(RecordConsumer consumer) {
    void write(TallyRow row) {
      Count count = row.count();
      consumer.startMessage();
      text(TallyColumns.TRIAL, row.part().trial());
      text(TallyColumns.ENVIRONMENT, row.part().environment());
      text(TallyColumns.TEST, row.part().test());
      text(TallyColumns.NODE, row.part().node());
      text(TallyColumns.ROLE, row.part().role());
      text(TallyColumns.PROCESS, row.process());
      number(TallyColumns.PID, row.pid());
      text(TallyColumns.THREAD, row.thread());
      number(TallyColumns.TID, row.tid());
      text(TallyColumns.SYSCALL, row.key().syscall());
      text(TallyColumns.CATEGORY, row.category());
      text(TallyColumns.OBJECT, row.object());
      text(TallyColumns.REQUEST, row.key().request());
      number(TallyColumns.CALLS, count.calls());
      number(TallyColumns.TIMED_CALLS, count.timedCalls());
      errors(count.errors());
      number(TallyColumns.BYTES, count.bytes());
      number(TallyColumns.WALL_NANOS, count.wallNanos());
      number(TallyColumns.WORK_NANOS, count.workNanos());
      number(TallyColumns.BLOCKED_NANOS, count.blockedNanos());
      number(TallyColumns.RUNNABLE_NANOS, count.runnableNanos());
      number(TallyColumns.GUEST_NANOS, count.guestNanos());
      if (count.latency() != null) {
        latency(count.latency());
      }
      consumer.endMessage();
    }

    private void latency(LatencyHistogram latency) {
      if (latency.total() > 0) {
        number(TallyColumns.LATENCY_P50_NANOS, latency.quantileNanos(0.5));
        number(TallyColumns.LATENCY_P90_NANOS, latency.quantileNanos(0.9));
        number(TallyColumns.LATENCY_P99_NANOS, latency.quantileNanos(0.99));
        number(TallyColumns.LATENCY_P999_NANOS, latency.quantileNanos(0.999));
        number(TallyColumns.LATENCY_MAX_NANOS, latency.maximumNanos());
      }
      startList(TallyColumns.LATENCY_BUCKET, latency);
      for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
        if (latency.count(bucket) != 0) {
          startElement();
          consumer.addInteger(bucket);
          endElement();
        }
      }
      endList(TallyColumns.LATENCY_BUCKET, latency);
      startList(TallyColumns.LATENCY_BUCKET_CALLS, latency);
      for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
        if (latency.count(bucket) != 0) {
          startElement();
          consumer.addLong(latency.count(bucket));
          endElement();
        }
      }
      endList(TallyColumns.LATENCY_BUCKET_CALLS, latency);
    }

    private void errors(Map<String, Long> errors) {
      startField(TallyColumns.ERRORS);
      consumer.startGroup();
      if (!errors.isEmpty()) {
        consumer.startField("key_value", 0);
        for (Map.Entry<String, Long> entry : errors.entrySet()) {
          consumer.startGroup();
          consumer.startField("key", 0);
          consumer.addBinary(Binary.fromString(entry.getKey()));
          consumer.endField("key", 0);
          consumer.startField("value", 1);
          consumer.addLong(entry.getValue());
          consumer.endField("value", 1);
          consumer.endGroup();
        }
        consumer.endField("key_value", 0);
      }
      consumer.endGroup();
      endField(TallyColumns.ERRORS);
    }

    /// An empty list is a group without its repeated field: known, and nothing in it.
    private void startList(String column, LatencyHistogram latency) {
      startField(column);
      consumer.startGroup();
      if (latency.total() > 0) {
        consumer.startField("list", 0);
      }
    }

    private void endList(String column, LatencyHistogram latency) {
      if (latency.total() > 0) {
        consumer.endField("list", 0);
      }
      consumer.endGroup();
      endField(column);
    }

    private void startElement() {
      consumer.startGroup();
      consumer.startField("element", 0);
    }

    private void endElement() {
      consumer.endField("element", 0);
      consumer.endGroup();
    }

    private void text(String column, @Nullable String value) {
      if (value != null) {
        startField(column);
        consumer.addBinary(Binary.fromString(value));
        endField(column);
      }
    }

    private void number(String column, @Nullable Long value) {
      if (value != null) {
        startField(column);
        consumer.addLong(value);
        endField(column);
      }
    }

    private void number(String column, @Nullable Integer value) {
      if (value != null) {
        startField(column);
        consumer.addInteger(value);
        endField(column);
      }
    }

    private void startField(String column) {
      consumer.startField(column, TallyColumns.SCHEMA.getFieldIndex(column));
    }

    private void endField(String column) {
      consumer.endField(column, TallyColumns.SCHEMA.getFieldIndex(column));
    }
  }
}
