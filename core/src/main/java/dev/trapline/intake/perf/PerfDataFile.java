// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/// Walks the records of a perf.data file and gives the events among them out in order of time. It
/// knows the records that matter to syscalls, and skips others.
///
/// Formats: the kernel's `tools/perf/Documentation/perf.data-file-format.txt` for the file,
/// perf_event_open(2) for records and samples, and the `format` files of
/// `events/raw_syscalls/sys_enter` and `sys_exit` in tracefs for the samples' content. Only files
/// of machines with the byte order of this one are read.
final class PerfDataFile {
  /// `PERFILE2`, as a little-endian number.
  private static final long MAGIC = 0x32454c4946524550L;

  private static final long HEADER_BYTES = 104;
  private static final int TRACEPOINT_TYPE = 2;
  private static final long SECTION_BYTES = 16;

  private static final int RECORD_LOST = 2;
  private static final int RECORD_COMM = 3;
  private static final int RECORD_EXIT = 4;
  private static final int RECORD_FORK = 7;
  private static final int RECORD_SAMPLE = 9;
  private static final int RECORD_LOST_SAMPLES = 13;
  private static final int RECORD_FINISHED_ROUND = 68;
  private static final int RECORD_COMPRESSED = 81;
  private static final int RECORD_COMPRESSED_2 = 83;
  private static final int MISC_COMM_EXEC = 1 << 13;
  private static final int RECORD_HEADER_BYTES = 8;

  private static final long SAMPLE_IP = 1;
  private static final long SAMPLE_TID = 1 << 1;
  private static final long SAMPLE_TIME = 1 << 2;
  private static final long SAMPLE_ADDR = 1 << 3;
  private static final long SAMPLE_READ = 1 << 4;
  private static final long SAMPLE_CALLCHAIN = 1 << 5;
  private static final long SAMPLE_ID = 1 << 6;
  private static final long SAMPLE_CPU = 1 << 7;
  private static final long SAMPLE_PERIOD = 1 << 8;
  private static final long SAMPLE_STREAM_ID = 1 << 9;
  private static final long SAMPLE_RAW = 1 << 10;
  private static final long SAMPLE_IDENTIFIER = 1 << 16;

  /// Fields that stand between the begin of a sample and its thread, each of 8 bytes.
  private static final long BEFORE_THREAD = SAMPLE_IDENTIFIER | SAMPLE_IP;

  /// Fields between the time and the raw content, each of 8 bytes.
  private static final long BEFORE_RAW =
      SAMPLE_ADDR | SAMPLE_ID | SAMPLE_STREAM_ID | SAMPLE_CPU | SAMPLE_PERIOD;

  /// Fields from the time on in what other records than samples end with, each of 8 bytes.
  private static final long TRAILER_FROM_TIME =
      SAMPLE_TIME | SAMPLE_ID | SAMPLE_STREAM_ID | SAMPLE_CPU | SAMPLE_IDENTIFIER;

  /// The content of sys_enter: 8 bytes that all tracepoints have, the number, six arguments.
  private static final int ENTER_BYTES = 64;

  private static final int NUMBER_OFFSET = 8;
  private static final int RESULT_OFFSET = 16;
  private static final int SECOND_ARGUMENT_OFFSET = 24;

  private final Consumer<PerfEvent> events;
  private final List<PerfEvent> waiting = new ArrayList<>();
  private long latestSeen;
  private long latestOfRoundBefore;
  private long sampleType;
  private long threadOffset;
  private long rawOffset;
  private long trailerTimeFromEnd;
  private long lostInRecords;
  private long lostInTotals;
  private boolean cut;

  PerfDataFile(Consumer<PerfEvent> events) {
    this.events = events;
  }

  /// How many events the kernel says it had no room for.
  long lostEvents() {
    // Newer kernels tell the same loss twice: as it happens, and as a total at the end.
    return Math.max(lostInRecords, lostInTotals);
  }

  /// Whether perf was ended before it finished the file.
  boolean isCut() {
    return cut;
  }

  void read(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      long size = channel.size();
      if (size < HEADER_BYTES) {
        throw new IOException(path + " has " + size + " bytes, too few for a perf.data file");
      }
      read(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
    } catch (IndexOutOfBoundsException outside) {
      throw new IOException(path + " is damaged: it refers to places outside of itself", outside);
    }
    flush(Long.MAX_VALUE);
  }

  private void read(Path path, MemorySegment file) throws IOException {
    if (file.get(JAVA_LONG_UNALIGNED, 0) != MAGIC) {
      throw new IOException(path + " is not a perf.data file of this byte order");
    }
    readAttributes(path, file);
    long at = file.get(JAVA_LONG_UNALIGNED, 40);
    long bytes = file.get(JAVA_LONG_UNALIGNED, 48);
    // perf writes the size last.
    cut = bytes == 0 && at < file.byteSize();
    long end = bytes == 0 ? file.byteSize() : Math.min(at + bytes, file.byteSize());
    cut |= bytes > 0 && at + bytes > file.byteSize();
    while (at + RECORD_HEADER_BYTES <= end) {
      int length = Short.toUnsignedInt(file.get(JAVA_SHORT_UNALIGNED, at + 6));
      if (length < RECORD_HEADER_BYTES || at + length > end) {
        cut = true;
        return;
      }
      readRecord(path, file, at, length);
      at += length;
    }
  }

  private void readAttributes(Path path, MemorySegment file) throws IOException {
    long attributeBytes = file.get(JAVA_LONG_UNALIGNED, 16);
    long at = file.get(JAVA_LONG_UNALIGNED, 24);
    long end = at + file.get(JAVA_LONG_UNALIGNED, 32);
    if (attributeBytes < 32 + SECTION_BYTES || at < 0 || end > file.byteSize()) {
      throw new IOException(path + " has no list of events where its header says");
    }
    for (; at + attributeBytes <= end; at += attributeBytes) {
      if (file.get(JAVA_INT_UNALIGNED, at) == TRACEPOINT_TYPE) {
        long type = file.get(JAVA_LONG_UNALIGNED, at + 24);
        if (sampleType != 0 && type != sampleType) {
          throw new IOException(path + " has tracepoints with samples of different layouts");
        }
        sampleType = type;
      }
    }
    long needed = SAMPLE_TID | SAMPLE_TIME | SAMPLE_RAW;
    long notUnderstood = SAMPLE_READ | SAMPLE_CALLCHAIN;
    if ((sampleType & needed) != needed || (sampleType & notUnderstood) != 0) {
      throw new IOException(
          path
              + " has no tracepoints, or samples without thread, time and content, or with call"
              + " chains (sample type 0x"
              + Long.toHexString(sampleType)
              + ")");
    }
    threadOffset = RECORD_HEADER_BYTES + 8L * Long.bitCount(sampleType & BEFORE_THREAD);
    rawOffset = threadOffset + 16 + 8L * Long.bitCount(sampleType & BEFORE_RAW);
    trailerTimeFromEnd = 8L * Long.bitCount(sampleType & TRAILER_FROM_TIME);
    // The trailers are those of perf's dummy event, which has no period and else the same.
  }

  private void readRecord(Path path, MemorySegment file, long at, int length) throws IOException {
    switch (file.get(JAVA_INT_UNALIGNED, at)) {
      case RECORD_SAMPLE -> readSample(file, at, length);
      case RECORD_COMM -> {
        int misc = Short.toUnsignedInt(file.get(JAVA_SHORT_UNALIGNED, at + 4));
        add(
            new PerfEvent.Named(
                trailerTime(file, at, length),
                file.get(JAVA_INT_UNALIGNED, at + 8),
                file.get(JAVA_INT_UNALIGNED, at + 12),
                text(file, at + 16, at + length - trailerTimeFromEnd),
                (misc & MISC_COMM_EXEC) != 0));
      }
      case RECORD_FORK ->
          add(
              new PerfEvent.Forked(
                  trailerTime(file, at, length),
                  file.get(JAVA_INT_UNALIGNED, at + 8),
                  file.get(JAVA_INT_UNALIGNED, at + 16),
                  file.get(JAVA_INT_UNALIGNED, at + 20)));
      case RECORD_EXIT ->
          add(
              new PerfEvent.Ended(
                  trailerTime(file, at, length),
                  file.get(JAVA_INT_UNALIGNED, at + 8),
                  file.get(JAVA_INT_UNALIGNED, at + 16)));
      case RECORD_LOST -> lostInRecords += file.get(JAVA_LONG_UNALIGNED, at + 16);
      case RECORD_LOST_SAMPLES -> lostInTotals += file.get(JAVA_LONG_UNALIGNED, at + 8);
      case RECORD_FINISHED_ROUND -> {
        // perf has emptied every CPU's buffer once: nothing older than the latest of the round
        // before can follow.
        flush(latestOfRoundBefore);
        latestOfRoundBefore = latestSeen;
      }
      case RECORD_COMPRESSED, RECORD_COMPRESSED_2 ->
          throw new IOException(path + " is compressed (perf record -z), which is not read");
      default -> {
        // Mappings, build ids and the like.
      }
    }
  }

  private long trailerTime(MemorySegment file, long at, int length) {
    long time = file.get(JAVA_LONG_UNALIGNED, at + length - trailerTimeFromEnd);
    return Math.max(time, 0);
  }

  private static String text(MemorySegment file, long from, long limit) {
    long to = from;
    while (to < limit && file.get(JAVA_BYTE, to) != 0) {
      to++;
    }
    return new String(file.asSlice(from, to - from).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private void readSample(MemorySegment file, long at, int length) {
    long raw = at + rawOffset;
    if (raw + 4 > at + length) {
      return;
    }
    int rawBytes = file.get(JAVA_INT_UNALIGNED, raw);
    long content = raw + 4;
    if (rawBytes < RESULT_OFFSET + 8 || content + rawBytes > at + length) {
      return;
    }
    int pid = file.get(JAVA_INT_UNALIGNED, at + threadOffset);
    int tid = file.get(JAVA_INT_UNALIGNED, at + threadOffset + 4);
    long time = file.get(JAVA_LONG_UNALIGNED, at + threadOffset + 8);
    int number = (int) file.get(JAVA_LONG_UNALIGNED, content + NUMBER_OFFSET);
    // The two tracepoints differ in length, so no table of their ids is needed.
    if (rawBytes >= ENTER_BYTES) {
      long argument = file.get(JAVA_LONG_UNALIGNED, content + SECOND_ARGUMENT_OFFSET);
      add(new PerfEvent.Enter(time, pid, tid, number, argument));
    } else {
      long result = file.get(JAVA_LONG_UNALIGNED, content + RESULT_OFFSET);
      add(new PerfEvent.Exit(time, pid, tid, number, result));
    }
  }

  private void add(PerfEvent event) {
    waiting.add(event);
    latestSeen = Math.max(latestSeen, event.timeNanos());
  }

  /// Gives out what is not later than a time. Sorting is stable and finds the sorted run of each
  /// CPU, so it costs little.
  private void flush(long until) {
    if (waiting.isEmpty()) {
      return;
    }
    waiting.sort(Comparator.comparingLong(PerfEvent::timeNanos));
    int count = 0;
    while (count < waiting.size() && waiting.get(count).timeNanos() <= until) {
      events.accept(waiting.get(count));
      count++;
    }
    waiting.subList(0, count).clear();
  }
}
