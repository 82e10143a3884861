// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.intake.strace.Vocabulary.Word;
import dev.trapline.reading.SkippedLines;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one chunk of a log holds, without knowing anything of the chunks before it.
///
/// Calls that begin and end in the chunk are summed up per [Segment]. What depends on the lines
/// before, or changes what later lines mean, is an [Event], in the order of the log; replaying the
/// events of all chunks gives what reading the log from its first line to its last gives.
final class ChunkSummary {
  /// The calls of one thread between two events that split them: a begin or end of a program, the
  /// end of the thread.
  static final class Segment {
    final int tid;
    final CallCount.Table counts = new CallCount.Table();

    /// Found when the events are replayed.
    @Nullable ObservedThread thread;

    int personality;

    Segment(int tid) {
      this.tid = tid;
    }
  }

  /// A call whose beginning was read and whose end was not.
  ///
  /// @param object see [ObjectCode]
  /// @param program the name that an execve will give to the thread
  record Begun(
      CallTraits call,
      int object,
      @Nullable Word request,
      boolean startsThread,
      @Nullable String program) {}

  /// The end of a call.
  ///
  /// @param isWithoutResult it has ended with its thread
  /// @param value -1 if there is none
  /// @param object of the descriptor returned
  /// @param newSocket the symbol that stands for the kind of the socket that was made; 0 for none
  record End(
      CallTraits call,
      boolean isWithoutResult,
      @Nullable Word error,
      long value,
      long wallNanos,
      int object,
      int newSocket) {}

  /// What has an effect beyond a count.
  sealed interface Event {
    /// The thread has lines from here on.
    ///
    /// @param resumes the call that its first line tells the end of
    record Start(Segment segment, @Nullable CallTraits resumes) implements Event {}

    /// It has this name from here on.
    ///
    /// @param unlessExecuting the name may be that of the program that an execve begins which is
    ///   under way and began before the chunk
    record Name(Segment segment, String name, boolean unlessExecuting) implements Event {}

    /// It is in this call, or in none.
    record Pending(Segment segment, @Nullable Begun begun) implements Event {}

    /// A call has ended whose begin is not in this chunk.
    record Resumed(Segment segment, End end) implements Event {}

    /// It begins a program.
    record Executed(Segment segment, @Nullable String program) implements Event {}

    /// It made a thread or process.
    record Cloned(Segment segment, int child, boolean isThread) implements Event {}

    /// It has ended.
    record Exited(Segment segment) implements Event {}

    /// Another thread goes on under its number.
    record Superseded(Segment segment, int by) implements Event {}

    /// It goes on under another number, which another file tells.
    record Moved(Segment segment, Begun begun) implements Event {}

    /// A process calls the kernel in another way.
    record Personality(int pid, String mode) implements Event {}

    /// strace has attached to a process.
    record Attached(int pid) implements Event {}
  }

  /// A time that stands before calls: how far it may be believed depends on its form.
  enum Stamps {
    NONE,
    /// Seconds since 1970.
    EPOCH,
    /// A time of day.
    DAY,
    /// Since the line before.
    RELATIVE,
    /// Several forms.
    MIXED
  }

  final List<Event> events = new ArrayList<>();
  final List<Segment> segments = new ArrayList<>();

  /// By symbol: the inode of a socket whose kind is asked for, [#MADE_HERE] for one that an
  /// [Event.Resumed] makes.
  final List<Long> symbols = new ArrayList<>();

  static final long MADE_HERE = -1;

  /// Sockets that were made, in the order of the log.
  final List<NewSocket> newSockets = new ArrayList<>();

  /// What is known of a new socket.
  record NewSocket(long inode, int object) {}

  long lines;

  /// Numbered from 1 in this chunk.
  SkippedLines skipped = SkippedLines.NONE;

  /// The line at the end that has no newline and is cut; null if there is none.
  SkippedLines.@Nullable Line cutLine;

  final List<String> table = new ArrayList<>();
  long inFlightAtEnd;
  long cutShortByExit;
  long endsWithoutBegin;
  boolean timesSeen;
  boolean descriptorsSeen;
  boolean decorationsSeen;
  boolean letGoSeen;

  /// Of the first line that has one.
  @Nullable CallTraits firstCall;

  Stamps stamps = Stamps.NONE;
  long firstStampNanos;
  long lastStampNanos;

  /// Nanoseconds to add for midnights, or the sum of relative times.
  long laterNanos;
}
