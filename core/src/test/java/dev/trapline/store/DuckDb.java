// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.run.RoleTally;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ThreadKey;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The oracle: a reader of Parquet that shares no code with ours. Every value comes as DuckDB's
/// text, NULL as the word.
final class DuckDb {
  private DuckDb() {}

  static List<List<String>> rows(String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int column = 1; column <= columns; column++) {
          row.add(String.valueOf(result.getString(column)));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  static void execute(String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /// Names as hexadecimal, so that no driver or terminal can mend them on the way.
  static String rowQuery(Path file) {
    return "SELECT hex(encode(trial)), hex(encode(environment)), hex(encode(test)),"
        + " hex(encode(role)), hex(encode(process)), pid, hex(encode(thread)), tid, syscall,"
        + " object, hex(encode(request)), calls, timed_calls,"
        + " list_sum(map_values(errors))::HUGEINT, len(map_keys(errors)), bytes, wall_nanos,"
        + " work_nanos, blocked_nanos, runnable_nanos, guest_nanos, latency_max_nanos,"
        + " list_sum(latency_bucket_calls)::HUGEINT, list_sum(latency_bucket)::HUGEINT,"
        + " len(latency_bucket), latency_p99_nanos"
        + " FROM '"
        + file
        + "'";
  }

  static List<String> expectedRow(RoleTally part, Key key, Count count) {
    ThreadKey thread = key.thread();
    List<@Nullable Object> row = new ArrayList<>();
    row.add(hexadecimal(part.trial()));
    row.add(hexadecimal(part.environment()));
    row.add(hexadecimal(part.test()));
    row.add(hexadecimal(part.role()));
    row.add(thread.pid() == 0 && thread.process().isEmpty() ? null : hexadecimal(thread.process()));
    row.add(thread.pid() == 0 ? null : Integer.valueOf(thread.pid()));
    row.add(thread.tid() == 0 && thread.thread().isEmpty() ? null : hexadecimal(thread.thread()));
    row.add(thread.tid() == 0 ? null : Integer.valueOf(thread.tid()));
    row.add(key.syscall());
    row.add(key.object() == null ? null : key.object().label());
    row.add(hexadecimal(key.request()));
    row.add(count.calls());
    row.add(count.timedCalls());
    row.add(
        count.errors().isEmpty()
            ? null
            : count.errors().values().stream()
                .map(BigInteger::valueOf)
                .reduce(BigInteger.ZERO, BigInteger::add));
    row.add(count.errors().size());
    row.add(count.bytes());
    row.add(count.wallNanos());
    row.add(count.workNanos());
    row.add(count.blockedNanos());
    row.add(count.runnableNanos());
    row.add(count.guestNanos());
    LatencyHistogram latency = count.latency();
    if (latency == null) {
      row.addAll(Arrays.asList(null, null, null, null, null));
    } else if (latency.total() == 0) {
      row.addAll(Arrays.asList(null, null, null, 0, null));
    } else {
      long bucketSum = 0;
      int buckets = 0;
      for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
        if (latency.count(bucket) > 0) {
          bucketSum += bucket;
          buckets++;
        }
      }
      row.add(latency.maximumNanos());
      row.add(latency.total());
      row.add(bucketSum);
      row.add(buckets);
      row.add(latency.quantileNanos(0.99));
    }
    return row.stream().map(String::valueOf).toList();
  }

  private static @Nullable String hexadecimal(@Nullable String text) {
    return text == null
        ? null
        : HexFormat.of().withUpperCase().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }
}
