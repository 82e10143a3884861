// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import java.util.List;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/// The columns of `tallies.parquet`: one row per [dev.trapline.tally.Key] of one role of one trial.
/// What they mean is in `docs/reference/run-directory.md`; a test holds the two together.
final class TallyColumns {
  static final String TRIAL = "trial";
  static final String ENVIRONMENT = "environment";
  static final String TEST = "test";
  static final String NODE = "node";
  static final String ROLE = "role";
  static final String PROCESS = "process";
  static final String PID = "pid";
  static final String THREAD = "thread";
  static final String TID = "tid";
  static final String SYSCALL = "syscall";
  static final String CATEGORY = "category";
  static final String OBJECT = "object";
  static final String REQUEST = "request";
  static final String CALLS = "calls";
  static final String TIMED_CALLS = "timed_calls";
  static final String ERRORS = "errors";
  static final String BYTES = "bytes";
  static final String WALL_NANOS = "wall_nanos";
  static final String WORK_NANOS = "work_nanos";
  static final String BLOCKED_NANOS = "blocked_nanos";
  static final String RUNNABLE_NANOS = "runnable_nanos";
  static final String GUEST_NANOS = "guest_nanos";
  static final String LATENCY_P50_NANOS = "latency_p50_nanos";
  static final String LATENCY_P90_NANOS = "latency_p90_nanos";
  static final String LATENCY_P99_NANOS = "latency_p99_nanos";
  static final String LATENCY_P999_NANOS = "latency_p999_nanos";
  static final String LATENCY_MAX_NANOS = "latency_max_nanos";
  static final String LATENCY_BUCKET = "latency_bucket";
  static final String LATENCY_BUCKET_CALLS = "latency_bucket_calls";

  /// The nested names are those that the Parquet format asks of a MAP and a LIST.
  static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message tallies {
            required binary trial (STRING);
            required binary environment (STRING);
            optional binary test (STRING);
            required binary node (STRING);
            required binary role (STRING);
            optional binary process (STRING);
            optional int32 pid;
            optional binary thread (STRING);
            optional int32 tid;
            required binary syscall (STRING);
            optional binary category (STRING);
            optional binary object (STRING);
            optional binary request (STRING);
            required int64 calls;
            required int64 timed_calls;
            required group errors (MAP) {
              repeated group key_value {
                required binary key (STRING);
                required int64 value;
              }
            }
            optional int64 bytes;
            optional int64 wall_nanos;
            optional int64 work_nanos;
            optional int64 blocked_nanos;
            optional int64 runnable_nanos;
            optional int64 guest_nanos;
            optional int64 latency_p50_nanos;
            optional int64 latency_p90_nanos;
            optional int64 latency_p99_nanos;
            optional int64 latency_p999_nanos;
            optional int64 latency_max_nanos;
            optional group latency_bucket (LIST) {
              repeated group list {
                required int32 element;
              }
            }
            optional group latency_bucket_calls (LIST) {
              repeated group list {
                required int64 element;
              }
            }
          }
          """);

  /// Columns whose values hardly repeat: a dictionary would cost time and gain nothing.
  static final List<String> WITHOUT_DICTIONARY =
      List.of(
          BYTES,
          WALL_NANOS,
          WORK_NANOS,
          BLOCKED_NANOS,
          RUNNABLE_NANOS,
          GUEST_NANOS,
          LATENCY_MAX_NANOS);

  private TallyColumns() {}
}
