// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.intake.strace.table.StraceTable;
import dev.trapline.intake.strace.table.StraceTableReader;
import java.util.List;

/// What `strace -C -o FILE` wrote: the log, then the table that strace itself counted.
///
/// @param log up to the table; one character for each byte
/// @param table from its header on
record LogAndTable(String log, List<String> table) {
  static LogAndTable of(String file) {
    int at = 0;
    while (at < file.length()) {
      int end = file.indexOf('\n', at);
      end = end < 0 ? file.length() : end;
      if (StraceTableReader.recognises(file.substring(at, end))) {
        return new LogAndTable(file.substring(0, at), file.substring(at).lines().toList());
      }
      at = end + 1;
    }
    throw new AssertionError("strace wrote no table behind its log");
  }

  /// Calls and errors of each syscall are, to the last one, what strace counted.
  void agree(String what) {
    assertThat(StraceTable.differences(table, LogTally.of(log))).as(what).isEmpty();
  }
}
