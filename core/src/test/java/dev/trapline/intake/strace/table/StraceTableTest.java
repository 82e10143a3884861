// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.table;

import static dev.trapline.intake.strace.table.StraceTables.read;
import static dev.trapline.intake.strace.table.StraceTables.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class StraceTableTest {
  private static final List<String> TABLE =
      """
      % time     seconds  usecs/call     calls    errors syscall
      ------ ----------- ----------- --------- --------- ----------------
       63.92    0.010009        1668         6         3 wait4
        1.62    0.000016           4         4           pread
      ------ ----------- ----------- --------- --------- ----------------
      100.00    0.010025        1002        10         3 total
      """
          .lines()
          .toList();

  @ParameterizedTest
  @FieldSource("dev.trapline.intake.strace.table.StraceTables#NAMES")
  void aTableIsThatOfItsOwnTally(String name) {
    String table = text(name + ".txt");
    assertThat(StraceTable.differences(table.lines().toList(), read(table).counted())).isEmpty();
  }

  @Test
  void aliasesAreOneSyscallAndErrorsNeedNoNames() {
    Tally log = tally("wait4", 6, "ECHILD", 2).plus(tally("wait4", 0, "EINTR", 0));
    assertThat(StraceTable.differences(TABLE, log.plus(tally("pread64", 4, "EIO", 0))))
        .containsExactly("wait4: 2 failed calls in the log, 3 in the table");
    Tally same = log.plus(tally("wait4", 0, "EINTR", 1)).plus(tally("pread64", 4, "EIO", 0));
    assertThat(StraceTable.differences(TABLE, same)).isEmpty();
  }

  @Test
  void everySyscallThatDiffersIsToldBothWays() {
    Tally log = tally("wait4", 7, "ECHILD", 3).plus(tally("read", 2, "EIO", 0));
    assertThat(StraceTable.differences(TABLE, log))
        .containsExactly(
            "pread64: 0 calls in the log, 4 in the table",
            "read: 2 calls in the log, none in the table",
            "wait4: 7 calls in the log, 6 in the table");
  }

  @Test
  void callsThatStraceNeverCountsAreNotMissed() {
    Tally log =
        tally("wait4", 6, "ECHILD", 3)
            .plus(tally("pread64", 4, "EIO", 0))
            .plus(tally("exit_group", 1, "EIO", 0))
            .plus(tally("exit", 3, "EIO", 0))
            .plus(tally("syscall-999", 1, "ENOSYS", 1));
    assertThat(StraceTable.differences(TABLE, log)).isEmpty();
  }

  @Test
  void ofACutTableOnlyTheRowsThatAreThereAreHeldAgainstTheLog() {
    Tally log = tally("wait4", 6, "ECHILD", 3).plus(tally("read", 2, "EIO", 0));
    assertThat(StraceTable.differences(TABLE.subList(0, 3), log))
        .containsExactly("strace's table: it is cut, without a row 'total'");
  }

  @Test
  void aTableThatIsNotThereOrDoesNotAddUpIsTold() {
    assertThat(StraceTable.differences(List.of("7 getppid() = 1"), Tally.EMPTY))
        .containsExactly("strace's table: none was found");
    List<String> changed = new ArrayList<>(TABLE);
    changed.set(5, TABLE.get(5).replace(" 10 ", " 11 "));
    Tally log = tally("wait4", 6, "ECHILD", 3).plus(tally("pread64", 4, "EIO", 0));
    assertThat(StraceTable.differences(changed, log))
        .containsExactly("strace's table: its rows have 10 calls and its total says 11");
  }

  private static Tally tally(String syscall, long calls, String errno, long errors) {
    TreeMap<String, Long> failed = new TreeMap<>();
    if (errors > 0) {
      failed.put(errno, errors);
    }
    TreeMap<Key, Count> counts = new TreeMap<>();
    counts.put(
        new Key(new ThreadKey(7, "p", 7, "p"), syscall, null, null),
        new Count(calls, 0, failed, null, null, null, null, null, null, null));
    return new Tally(counts, Completeness.COMPLETE);
  }
}
