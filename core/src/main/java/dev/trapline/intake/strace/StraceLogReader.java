// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.LongConsumer;

/// Reads logs of strace(1), own or anyone's, into a tally: per thread, syscall, kind of object
/// (`-yy`) and request; errors by name, bytes, and wall time (`-T`, or `--syscall-times=ns`).
/// Immutable and thread-safe.
///
/// **What it reads.** Logs with `-f` or without, of `-ff` (a file per thread, see [#readAll]), with
/// any form of times (`-t` `-tt` `-ttt` `-r`), with `-y` `-yy` `-Y` `-T` `-i` `-n` `-k` `-v` `-s`,
/// with the table of `-C` at the end, written to a file or to a terminal (where strace leaves out
/// the number of the only thread, and breaks lines), with a runner's prefix before each line or a
/// carriage return behind it.
///
/// **How it reads.** A log is cut into chunks at newlines. All CPUs read chunks, each without
/// knowing the ones before ([ChunkReader]); their summaries are joined in the order of the log
/// ([LogMerger]), where calls that begin in one chunk and end in another meet, and threads find
/// their processes. The result does not depend on the size of the chunks nor on how many threads
/// read. Memory depends on how many threads and keys there are, not on the length of the log.
///
/// **What it believes.** strace: an `rt_sigreturn` that "returns" the error of the call that the
/// signal interrupted counts as failed, as in the table of `strace -c`. A call without a return (`=
/// ?`) counts if it is one that never returns; otherwise its thread was ended from outside and it
/// is told as cut short. A call that the kernel restarts (`ERESTARTSYS` and its kin) counts each
/// time, with that error. Which process a thread belongs to is found from the `CLONE_THREAD` flag
/// of the clone that made it. Names are those of `-Y`, without it those of the programs executed.
///
/// Calls of a process that strace says `runs in 32 bit mode` are named `i386#NAME` after strace's
/// name (`x32#NAME` for x32), never as the catalogue's syscall of that name. strace says so only if
/// it writes to a terminal or is attached; in other logs they are under the plain name.
///
/// Every line is understood, or known to say nothing of calls, or a line of the table, or counted
/// in the reading's skipped lines.
public final class StraceLogReader {
  /// What is expected of a log's end.
  public enum Ending {
    /// It tells how every thread ended. If it does not, it was cut.
    WHOLE,
    /// The tracer was ended, or let go, amid the calls.
    MAY_BE_CUT,
    /// Nothing is known. A log that tells the ends of some threads and not of others, and no word
    /// of letting go (`<detached ...>`), and has no table, was cut.
    UNKNOWN
  }

  /// One log, opened when its turn comes.
  @FunctionalInterface
  public interface Source {
    /// A stream of the log's text, not compressed. The reader closes it.
    ///
    /// @throws IOException if there is none
    InputStream open() throws IOException;

    /// A plain file.
    static Source of(Path file) {
      return () -> Files.newInputStream(file);
    }
  }

  private final Ending ending;
  private final List<ThreadKey> threadsBefore;
  private final ChunkPipeline.Size size;

  /// A reader for anyone's logs.
  public StraceLogReader() {
    this(Ending.UNKNOWN, List.of());
  }

  /// A reader for a log of which nothing but its end is known.
  public StraceLogReader(Ending ending) {
    this(ending, List.of());
  }

  /// A reader that knows threads which were there before the log began, because the tracer was
  /// attached to them.
  public StraceLogReader(Ending ending, Collection<ThreadKey> threadsBefore) {
    this(ending, threadsBefore, ChunkPipeline.Size.ofMachine());
  }

  StraceLogReader(Ending ending, Collection<ThreadKey> threadsBefore, ChunkPipeline.Size size) {
    this.ending = ending;
    this.threadsBefore = List.copyOf(threadsBefore);
    this.size = size;
  }

  /// Reads to the end of a stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a log makes one
  public StraceLog read(InputStream log) throws IOException {
    LogMerger merger = new LogMerger(ending, threadsBefore, false);
    try (ChunkPipeline pipeline = new ChunkPipeline(size, ending, merger)) {
      pipeline.read(log, 0, "");
      pipeline.drain();
    }
    return merger.finish();
  }

  /// Reads a file. One that is no plain file, such as a pipe, is read as a stream.
  ///
  /// @throws IOException if it cannot be read; nothing in a log makes one
  public StraceLog read(Path log) throws IOException {
    return read(log, position -> {});
  }

  /// Reads a file as [#read(Path)] does.
  ///
  /// @param progress is told, now and then, up to which byte of a plain file reading has come
  /// @throws IOException if it cannot be read; nothing in a log makes one
  public StraceLog read(Path log, LongConsumer progress) throws IOException {
    if (!Files.isRegularFile(log) || Files.size(log) == 0) {
      // Files of /proc say that they are empty.
      try (InputStream stream = Files.newInputStream(log)) {
        return read(stream);
      }
    }
    LogMerger merger = new LogMerger(ending, threadsBefore, false);
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ);
        ChunkPipeline pipeline = new ChunkPipeline(size, ending, merger)) {
      pipeline.read(channel, progress);
      pipeline.drain();
    }
    return merger.finish();
  }

  /// Reads the files of one `strace -ff -o NAME`: `NAME.4711` is the log of thread 4711, and has no
  /// numbers in its lines. They are one tally; threads belong to the processes that the clone calls
  /// in all files tell.
  ///
  /// @param logs by thread number
  /// @throws IOException from a source; nothing in a log makes one
  public StraceLog readAll(SortedMap<Integer, Source> logs) throws IOException {
    LogMerger merger = new LogMerger(ending, threadsBefore, true);
    try (ChunkPipeline pipeline = new ChunkPipeline(size, ending, merger)) {
      for (Map.Entry<Integer, Source> log : logs.entrySet()) {
        try (InputStream stream = log.getValue().open()) {
          pipeline.read(stream, log.getKey(), Integer.toString(log.getKey()));
        }
      }
      pipeline.drain();
    }
    return merger.finish();
  }

  /// Whether a line is of such a log beyond doubt: a call with its result, an end of one, an event,
  /// a signal. A line that is only part of a call is not, nor is one of a table.
  ///
  /// @param line without a runner's prefix
  public static boolean recognises(String line) {
    byte[] text = line.getBytes(StandardCharsets.UTF_8);
    StraceLine parsed = new StraceLine();
    return switch (parsed.parseExactly(text, 0, text.length)) {
      case CALL, UNFINISHED, DETACHED, MOVED, BROKEN -> {
        String name =
            new String(
                text, parsed.nameStart, parsed.nameEnd - parsed.nameStart, StandardCharsets.UTF_8);
        yield SyscallCatalogue.instance().byName(name).isPresent()
            || name.startsWith("syscall_0x")
            || (parsed.stampStart >= 0 && parsed.tid > 0);
      }
      case RESUMED, EXITED, SUPERSEDED, PERSONALITY, ATTACHED, LET_GO -> true;
      case IRRELEVANT -> line.contains("--- SIG") && line.contains("{si_signo=");
      case CUT, NOT_UNDERSTOOD -> false;
    };
  }
}
