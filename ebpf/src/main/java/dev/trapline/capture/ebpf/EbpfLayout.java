// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.trapline.tally.LatencyHistogram;
import java.lang.foreign.StructLayout;

/// The structures of `syscalls.h`, field for field. The two are one contract; a test compares them
/// with what a C compiler makes of that header.
final class EbpfLayout {
  static final int SYSCALL_NUMBERS = 512;
  static final int ERRORS_PER_SLOT = 8;
  static final int OBJECT_NAME_LENGTH = 32;
  static final int COMM_LENGTH = 16;
  static final int IO_URING_OPCODES = 128;
  static final int NUMBER_OUT_OF_RANGE = 0xffff;

  static final int VCPU_RECORDS = 1024;
  static final int EXIT_REASONS = 64;
  static final int RETURN_FAILED = 63;
  static final int ISA_VMX = 1;
  static final int ISA_SVM = 2;

  static final int THREAD_ENDED = 2;

  static final int RETURNS_BYTES = 0x08;
  static final int HAS_REQUEST = 0x10;
  static final int NEVER_RETURNS = 0x20;
  static final int REPLACES_PROGRAM = 0x40;
  static final int STARTS_TASK = 0x80;
  static final int CLOSES_DESCRIPTOR = 0x100;
  static final int DESCRIPTOR_IS_RESULT = 7;

  static final StructLayout CONFIG =
      structLayout(
          JAVA_INT.withName("target_mode"),
          JAVA_INT.withName("timed"),
          JAVA_INT.withName("own_tgid"),
          JAVA_INT.withName("slot_limit"),
          JAVA_INT.withName("thread_limit"),
          JAVA_INT.withName("can_cast"),
          sequenceLayout(SYSCALL_NUMBERS, JAVA_SHORT).withName("syscall_traits"));

  static final StructLayout CONTROL =
      structLayout(
          JAVA_INT.withName("armed_tgid"),
          JAVA_INT.withName("armed_role"),
          JAVA_LONG.withName("slots_used"),
          JAVA_LONG.withName("threads_used"),
          JAVA_LONG.withName("dropped_calls"),
          JAVA_LONG.withName("threads_missed"),
          JAVA_LONG.withName("in_flight_at_start"),
          JAVA_LONG.withName("in_flight_at_end"),
          JAVA_LONG.withName("cut_short_by_exit"),
          JAVA_LONG.withName("tcp_retransmissions"),
          JAVA_LONG.withName("newly_marked"),
          JAVA_LONG.withName("stopped_at"),
          JAVA_LONG.withName("unattributed_injections"),
          JAVA_LONG.withName("vcpus_used"),
          JAVA_LONG.withName("vcpus_missed"),
          sequenceLayout(IO_URING_OPCODES, JAVA_LONG).withName("io_uring_operations"));

  static final StructLayout THREAD =
      structLayout(
          JAVA_INT.withName("tid"),
          JAVA_INT.withName("tgid"),
          JAVA_INT.withName("role"),
          JAVA_INT.withName("state"),
          JAVA_INT.withName("last_slot"),
          JAVA_INT.withName("in_flight"),
          JAVA_LONG.withName("voluntary_switches"),
          JAVA_LONG.withName("involuntary_switches"),
          sequenceLayout(COMM_LENGTH, JAVA_BYTE).withName("comm"),
          sequenceLayout(COMM_LENGTH, JAVA_BYTE).withName("leader_comm"));

  static final StructLayout SLOT =
      structLayout(
          JAVA_INT.withName("thread"),
          JAVA_INT.withName("previous"),
          JAVA_INT.withName("number"),
          JAVA_INT.withName("compat"),
          JAVA_INT.withName("request"),
          JAVA_SHORT.withName("has_descriptor"),
          JAVA_SHORT.withName("anonymous"),
          JAVA_SHORT.withName("mode"),
          JAVA_SHORT.withName("family"),
          JAVA_SHORT.withName("type"),
          JAVA_SHORT.withName("protocol"),
          sequenceLayout(OBJECT_NAME_LENGTH, JAVA_BYTE).withName("object_name"),
          JAVA_LONG.withName("calls"),
          JAVA_LONG.withName("timed_calls"),
          JAVA_LONG.withName("bytes"),
          JAVA_LONG.withName("wall"),
          JAVA_LONG.withName("blocked"),
          JAVA_LONG.withName("runnable"),
          JAVA_LONG.withName("guest"),
          JAVA_LONG.withName("maximum"),
          JAVA_LONG.withName("other_errors"),
          sequenceLayout(
                  ERRORS_PER_SLOT,
                  structLayout(JAVA_LONG.withName("error"), JAVA_LONG.withName("calls")))
              .withName("errors"),
          sequenceLayout(LatencyHistogram.BUCKETS, JAVA_LONG).withName("histogram"));

  static final StructLayout SOFTIRQ =
      structLayout(
          JAVA_LONG.withName("entered_at"),
          JAVA_LONG.withName("transmit_nanos"),
          JAVA_LONG.withName("transmit_count"),
          JAVA_LONG.withName("receive_nanos"),
          JAVA_LONG.withName("receive_count"));

  static final StructLayout EXIT_COUNT =
      structLayout(
          JAVA_LONG.withName("key"),
          JAVA_LONG.withName("count"),
          JAVA_LONG.withName("handling"),
          JAVA_LONG.withName("off_cpu"));

  static final StructLayout VCPU =
      structLayout(
          JAVA_INT.withName("role"),
          JAVA_INT.withName("tgid"),
          JAVA_LONG.withName("entries"),
          JAVA_LONG.withName("guest"),
          JAVA_LONG.withName("halt_poll"),
          JAVA_LONG.withName("knows_halt_poll"),
          JAVA_LONG.withName("injected_messages"),
          JAVA_LONG.withName("injected_lines"),
          JAVA_LONG.withName("injected_at_entry"),
          JAVA_LONG.withName("kicks"),
          sequenceLayout(RETURN_FAILED + 1L, JAVA_LONG).withName("returns"),
          sequenceLayout(EXIT_REASONS, EXIT_COUNT).withName("exits"),
          EXIT_COUNT.withName("other_exits"));

  static final StructLayout SERVED =
      structLayout(JAVA_LONG.withName("messages"), JAVA_LONG.withName("lines"));

  private EbpfLayout() {}

  /// Where a field begins.
  static long offset(StructLayout layout, String field) {
    return layout.byteOffset(groupElement(field));
  }
}
