// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.reading.TallyReading;
import java.util.List;

/// What a log of strace(1) says: its calls, and the table of the same run where the log has one.
///
/// @param reading the calls. Where each thread had a file of its own, lines are numbered through
///   all files in the order of the threads' numbers, and an excerpt begins with the number
/// @param table the lines of the table that `strace -C` writes behind a log (of several tables, if
///   programs of 32 and 64 bits ran), from its header to its total, not interpreted; at most
///   10,000. Empty if there is none. It is of the same calls: to hold against the reading, not to
///   add to it
public record StraceLog(TallyReading reading, List<String> table) {
  /// Keeps a copy.
  public StraceLog {
    table = List.copyOf(table);
  }
}
