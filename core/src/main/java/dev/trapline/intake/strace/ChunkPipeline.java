// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.intake.strace.StraceLogReader.Ending;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Cuts logs into chunks of whole lines, has them read by several threads, and gives the summaries
/// to the merger in the order of the log. A fixed number of chunks is under way at a time, so that
/// memory does not grow with the log.
///
/// A line belongs to the chunk that it begins in. One whose predecessor ends in ` attached` belongs
/// to the predecessor's chunk, since it may be the rest of that line: see [StraceLine.Kind#BROKEN].
final class ChunkPipeline implements AutoCloseable {
  /// How a log is cut up.
  ///
  /// @param chunkBytes of a chunk, about
  /// @param threads that read
  record Size(int chunkBytes, int threads) {
    /// Fits the caches of a CPU and is long enough that joining is no work.
    private static final int CHUNK_BYTES = 1 << 20;

    /// Room for a thread's buffers and summaries.
    private static final long BYTES_PER_THREAD = 16L << 20;

    /// All CPUs, as far as the heap has room for them.
    static Size ofMachine() {
      Runtime machine = Runtime.getRuntime();
      long fitting = Math.max(1, machine.maxMemory() / BYTES_PER_THREAD);
      return new Size(CHUNK_BYTES, (int) Math.min(machine.availableProcessors(), fitting));
    }
  }

  /// A longer line is not read but skipped.
  static final int LONGEST_LINE_BYTES = 1 << 24;

  /// More than the ending of a line that says so.
  private static final int LOOK_BACK_BYTES = 32;

  private static final int SHORT_LOG_BYTES = 1 << 15;

  /// The least that is read on for the rest of a line.
  private static final int READ_ON_BYTES = 1 << 12;

  private static final byte[] ATTACHED = ByteText.bytes(" attached");

  /// A chunk under way.
  private record Task(Future<ChunkSummary> summary, String file) {}

  private final Size size;
  private final Ending ending;
  private final LogMerger merger;
  private final Vocabulary vocabulary = new Vocabulary();
  private final Deque<Task> underWay = new ArrayDeque<>();
  private final Queue<ChunkReader> readers = new ConcurrentLinkedQueue<>();
  private final Queue<byte[]> buffers = new ConcurrentLinkedQueue<>();
  private @Nullable ExecutorService executor;

  ChunkPipeline(Size size, Ending ending, LogMerger merger) {
    this.size = size;
    this.ending = ending;
    this.merger = merger;
  }

  /// Reads a plain file, each thread its own parts.
  ///
  /// @param progress is told, now and then, up to which byte of the file reading has come
  void read(FileChannel log, LongConsumer progress) throws IOException {
    long length = log.size();
    for (long start = 0; start < length; start += size.chunkBytes()) {
      long from = start;
      long to = Math.min(length, start + size.chunkBytes());
      submit(() -> readPart(log, from, to, length), "", length <= size.chunkBytes());
      progress.accept(from);
    }
  }

  private ChunkSummary readPart(FileChannel log, long from, long to, long length)
      throws IOException {
    long base = Math.max(0, from - LOOK_BACK_BYTES);
    byte[] buffer = takeBuffer();
    int end = (int) (to - base);
    int filled = fill(log, base, buffer, 0, end);
    int first = from == 0 ? 0 : firstLine(buffer, (int) (from - base), filled);
    if (first < 0 || first >= filled) {
      giveBack(buffer);
      return new ChunkSummary(); // no line begins here
    }
    if (filled < end) {
      return readBuffer(buffer, first, filled); // the file became shorter
    }
    // The last line may end behind this part, and may take the one behind it with it.
    int searched = end - 1;
    while (true) {
      int newline = indexOfNewline(buffer, searched, filled);
      if (newline >= 0 && !endsAttached(buffer, first, newline)) {
        return readBuffer(buffer, first, newline + 1);
      }
      if (newline >= 0) {
        searched = newline + 1;
        continue;
      }
      searched = filled;
      if (base + filled >= length) {
        return readBuffer(buffer, first, filled);
      }
      int lastLine = lastLineStart(buffer, first, filled);
      if (filled - lastLine > LONGEST_LINE_BYTES) {
        ChunkSummary summary = readBuffer(buffer, first, lastLine);
        ChunkReader.skipOverlong(summary, buffer, lastLine, filled);
        return summary;
      }
      int more = (int) Math.min(Math.max(READ_ON_BYTES, filled - end), length - base - filled);
      if (filled + more + ChunkReader.SLACK_BYTES > buffer.length) {
        buffer =
            Arrays.copyOf(
                buffer, Math.max(2 * buffer.length, filled + more + ChunkReader.SLACK_BYTES));
      }
      int read = fill(log, base + filled, buffer, filled, filled + more);
      if (read == filled) {
        return readBuffer(buffer, first, filled);
      }
      filled = read;
    }
  }

  /// Where the first line begins that is of a part from `from` on, or -1.
  private static int firstLine(byte[] buffer, int from, int filled) {
    int at = from - 1;
    while (true) {
      int newline = indexOfNewline(buffer, at, filled);
      if (newline < 0) {
        return -1;
      }
      if (!endsAttached(buffer, 0, newline)) {
        return newline + 1;
      }
      at = newline + 1;
    }
  }

  private static int lastLineStart(byte[] buffer, int from, int to) {
    int at = to;
    while (at > from && buffer[at - 1] != '\n') {
      at--;
    }
    return at;
  }

  private static int indexOfNewline(byte[] buffer, int from, int to) {
    for (int at = from; at < to; at++) {
      if (buffer[at] == '\n') {
        return at;
      }
    }
    return -1;
  }

  private static boolean endsAttached(byte[] buffer, int from, int newline) {
    int end = newline > from && buffer[newline - 1] == '\r' ? newline - 1 : newline;
    return ByteText.endsWith(buffer, from, end, ATTACHED);
  }

  /// Fills a buffer from a position and returns up to where.
  private static int fill(FileChannel log, long position, byte[] buffer, int from, int to)
      throws IOException {
    int at = from;
    while (at < to) {
      int count = log.read(ByteBuffer.wrap(buffer, at, to - at), position + at - from);
      if (count < 0) {
        break;
      }
      at += count;
    }
    return at;
  }

  /// Reads a stream to its end.
  ///
  /// @param tid of lines that do not tell one; 0 for none
  /// @param file the name of the log where there are several
  void read(InputStream log, int tid, String file) throws IOException {
    // Most logs of a run of many threads are short.
    byte[] buffer = new byte[Math.min(usualBufferBytes(), SHORT_LOG_BYTES)];
    int filled = 0;
    boolean skipping = false;
    while (true) {
      int room = buffer.length - ChunkReader.SLACK_BYTES;
      int count = log.readNBytes(buffer, filled, room - filled);
      int searched = filled;
      filled += count;
      boolean isEnd = filled < room;
      if (!isEnd && buffer.length < usualBufferBytes()) {
        buffer = Arrays.copyOf(buffer, usualBufferBytes());
        continue;
      }
      if (skipping) {
        int newline = indexOfNewline(buffer, searched, filled);
        int kept = newline < 0 ? 0 : filled - newline - 1;
        System.arraycopy(buffer, filled - kept, buffer, 0, kept);
        filled = kept;
        skipping = newline < 0;
        if (isEnd) {
          submitBuffer(buffer, filled, tid, file, true);
          return;
        }
        continue;
      }
      if (isEnd) {
        submitBuffer(buffer, filled, tid, file, file.isEmpty() && underWay.isEmpty());
        return;
      }
      int cut = endOfWholeLines(buffer, filled);
      if (cut == 0 && filled > LONGEST_LINE_BYTES) {
        submitOverlong(buffer, filled, file);
        filled = 0;
        skipping = true;
      } else if (cut == 0) {
        buffer = Arrays.copyOf(buffer, 2 * buffer.length);
      } else {
        byte[] next = takeBuffer();
        int rest = filled - cut;
        if (next.length < rest + ChunkReader.SLACK_BYTES) {
          next = new byte[rest + size.chunkBytes() + ChunkReader.SLACK_BYTES];
        }
        System.arraycopy(buffer, cut, next, 0, rest);
        submitBuffer(buffer, cut, tid, file, false);
        buffer = next;
        filled = rest;
      }
    }
  }

  /// Where the last line ends that the next one is no rest of; 0 if there is none.
  private static int endOfWholeLines(byte[] buffer, int filled) {
    int at = filled;
    while (true) {
      at = lastLineStart(buffer, 0, at);
      if (at == 0 || !endsAttached(buffer, 0, at - 1)) {
        return at;
      }
      at--;
    }
  }

  private void submitBuffer(byte[] buffer, int to, int tid, String file, boolean isOnly)
      throws IOException {
    submit(
        () -> {
          ChunkReader reader = takeReader();
          ChunkSummary summary = reader.read(buffer, 0, to, tid);
          readers.add(reader);
          giveBack(buffer);
          return summary;
        },
        file,
        isOnly);
  }

  private void submitOverlong(byte[] buffer, int filled, String file) throws IOException {
    ChunkSummary summary = new ChunkSummary();
    ChunkReader.skipOverlong(summary, buffer, 0, filled);
    submit(() -> summary, file, false);
  }

  private ChunkSummary readBuffer(byte[] buffer, int from, int to) {
    byte[] roomy =
        buffer.length < to + ChunkReader.SLACK_BYTES
            ? Arrays.copyOf(buffer, to + ChunkReader.SLACK_BYTES)
            : buffer;
    ChunkReader reader = takeReader();
    ChunkSummary summary = reader.read(roomy, from, to, 0);
    readers.add(reader);
    giveBack(buffer);
    return summary;
  }

  private ChunkReader takeReader() {
    ChunkReader free = readers.poll();
    return free == null ? new ChunkReader(vocabulary, ending) : free;
  }

  private byte[] takeBuffer() {
    byte[] free = buffers.poll();
    return free == null ? new byte[usualBufferBytes()] : free;
  }

  /// Room for a part, what stands before it, and mostly the rest of its last line.
  private int usualBufferBytes() {
    return LOOK_BACK_BYTES + size.chunkBytes() + READ_ON_BYTES + ChunkReader.SLACK_BYTES;
  }

  private void giveBack(byte[] buffer) {
    if (buffer.length == usualBufferBytes()) {
      buffers.add(buffer);
    }
  }

  /// @param isOnly whether there is nothing to read at the same time
  private void submit(Callable<ChunkSummary> task, String file, boolean isOnly) throws IOException {
    if (isOnly || size.threads() == 1) {
      drain();
      try {
        merger.add(task.call(), file);
      } catch (IOException | RuntimeException failure) {
        throw failure;
      } catch (Exception impossible) {
        throw new IllegalStateException(impossible);
      }
      return;
    }
    if (executor == null) {
      executor =
          Executors.newFixedThreadPool(
              size.threads(), Thread.ofPlatform().daemon().name("strace-log-", 0).factory());
    }
    underWay.addLast(new Task(executor.submit(task), file));
    while (underWay.size() > size.threads() + 2) {
      mergeFirst();
    }
  }

  /// Waits for all chunks under way.
  void drain() throws IOException {
    while (!underWay.isEmpty()) {
      mergeFirst();
    }
  }

  private void mergeFirst() throws IOException {
    Task first = underWay.removeFirst();
    try {
      merger.add(first.summary().get(), first.file());
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading a log of strace");
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof IOException cause) {
        throw cause;
      }
      if (failure.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(failure.getCause());
    }
  }

  @Override
  public void close() {
    if (executor != null) {
      executor.shutdownNow();
    }
  }
}
