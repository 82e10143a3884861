// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How several maps, and several prints of one, come together.
class MapJoinTest {
  private static String enter(String syscall) {
    return "tracepoint:syscalls:sys_enter_" + syscall;
  }

  private static String exit(String syscall) {
    return "tracepoint:syscalls:sys_exit_" + syscall;
  }

  @Test
  void callsAtTheExitAreNotAddedToThoseAtTheEntry() {
    TallyReading reading =
        Readings.ofLines("@[" + enter("read") + "]: 12", "@[" + exit("read") + "]: 11");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("read", 12L));
    assertThat(reading.remarks())
        .contains(
            "@ counts 12 calls at their entry, @ 11 at their exit: the entries are taken as the"
                + " calls; the others were under way or never returned");
  }

  @Test
  void callsAreThoseOfTheExitWhereThereIsNoEntry() {
    TallyReading reading = Readings.ofLines("@[" + exit("read") + "]: 11");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("read", 11L));
  }

  @ParameterizedTest
  @CsvSource({
    "ns, 4200, 4200",
    "nsecs, 4200, 4200",
    "read_ns, 4200, 4200",
    "latns, 4200, 4200",
    "us, 4200, 4200000",
    "latency_usecs, 4200, 4200000",
    "timeUs, 4200, 4200000",
    "ms, 4200, 4200000000",
    "secs, 4200, 4200000000000"
  })
  void nameOfTheMapTellsTheUnit(String name, long sum, long nanos) {
    TallyReading reading =
        Readings.ofLines(
            "@[dd, " + enter("read") + "]: 12", "@" + name + "[dd, " + exit("read") + "]: " + sum);
    Count reads = Readings.of(reading.counted(), "read");
    assertThat(reads.wallNanos()).isEqualTo(nanos);
    assertThat(reads.timedCalls()).isEqualTo(12);
  }

  @ParameterizedTest
  @CsvSource({"lat", "time", "duration", "elapsed"})
  void timeOfAnUnknownUnitIsUnknownAndTheRemedyIsTold(String name) {
    TallyReading reading =
        Readings.ofLines(
            "@[" + enter("read") + "]: 12", "@" + name + "[" + exit("read") + "]: 4200");
    assertThat(Readings.of(reading.counted(), "read").wallNanos()).isNull();
    assertThat(reading.cannotKnow()).contains("wall time");
    assertThat(reading.remarks()).anyMatch(remark -> remark.endsWith("as @" + name + "_ns"));
  }

  @Test
  void statisticsWithoutCountsBesideThemTellCallsAndTime() {
    TallyReading reading =
        Readings.ofLines("@ns[dd, " + exit("read") + "]: count 12, average 350, total 4200");
    Count reads = Readings.of(reading.counted(), "read");
    assertThat(reads.calls()).isEqualTo(12);
    assertThat(reads.timedCalls()).isEqualTo(12);
    assertThat(reads.wallNanos()).isEqualTo(4200);
  }

  @Test
  void timedCallsAreThoseThatReturned() {
    TallyReading reading =
        Readings.ofLines(
            "@calls[" + enter("read") + "]: 12",
            "@done[" + exit("read") + "]: 11",
            "@ns[" + exit("read") + "]: 4200");
    Count reads = Readings.of(reading.counted(), "read");
    assertThat(reads.calls()).isEqualTo(12);
    assertThat(reads.timedCalls()).isEqualTo(11);
  }

  @Test
  void moreTimedCallsThanCallsAreCappedAndTold() {
    TallyReading reading =
        Readings.ofLines(
            "@calls[" + enter("read") + "]: 12",
            "@ns[" + exit("read") + "]: count 13, average 350, total 4550");
    assertThat(Readings.of(reading.counted(), "read").timedCalls()).isEqualTo(12);
    assertThat(reading.remarks())
        .anyMatch(remark -> remark.contains("more timed calls than calls"));
  }

  @Test
  void callsWithoutATimeStayUntimedButThoseThatNeverReturn() {
    TallyReading reading =
        Readings.ofLines(
            "@calls[" + enter("read") + "]: 12",
            "@calls[" + enter("futex") + "]: 5",
            "@calls[" + enter("exit_group") + "]: 1",
            "@ns[" + exit("read") + "]: 4200");
    assertThat(Readings.of(reading.counted(), "futex").wallNanos()).isNull();
    Count exits = Readings.of(reading.counted(), "exit_group");
    assertThat(exits.wallNanos()).isZero();
    assertThat(exits.timedCalls()).isZero();
  }

  @Test
  void finerTimesAreSummedUpAndCoarserOnesNotJoined() {
    TallyReading finer =
        Readings.ofLines(
            "@[dd, " + enter("read") + "]: 12",
            "@ns[7, dd, " + exit("read") + "]: 4000",
            "@ns[8, dd, " + exit("read") + "]: 200");
    assertThat(Readings.of(finer.counted(), "read").wallNanos()).isEqualTo(4200);
    TallyReading coarser =
        Readings.ofLines("@[dd, " + enter("read") + "]: 12", "@ns[" + exit("read") + "]: 4200");
    assertThat(Readings.of(coarser.counted(), "read").wallNanos()).isNull();
    assertThat(coarser.remarks()).anyMatch(remark -> remark.endsWith("give both the same keys"));
  }

  @Test
  void bytesAreKnownOfCallsThatReturnBytesOnly() {
    TallyReading reading =
        Readings.ofLines(
            "@[" + enter("read") + "]: 12",
            "@[" + enter("poll") + "]: 2",
            "@read_bytes[" + exit("read") + "]: 12000",
            "@read_bytes[" + exit("poll") + "]: 2");
    assertThat(Readings.of(reading.counted(), "read").bytes()).isEqualTo(12_000);
    assertThat(Readings.of(reading.counted(), "poll").bytes()).isNull();
  }

  @Test
  void negativeSumOfBytesIsNone() {
    TallyReading reading =
        Readings.ofLines("@[" + enter("read") + "]: 12", "@bytes[" + exit("read") + "]: -132");
    assertThat(Readings.of(reading.counted(), "read").bytes()).isNull();
  }

  @Test
  void sameCallsInTwoMapsAreTakenOnceFromTheFiner() {
    TallyReading reading =
        Readings.ofLines(
            "@[dd, " + enter("read") + "]: 12",
            "@calls[7, dd, " + enter("read") + "]: 8",
            "@calls[8, dd, " + enter("read") + "]: 4");
    assertThat(reading.counted().calls()).isEqualTo(12);
    assertThat(reading.counted().counts()).containsKey(Readings.key(0, 7, "dd", "read"));
    assertThat(reading.remarks())
        .contains(
            "@ counts 1 syscall that @calls counts too (12 against 12 calls): the calls of @calls"
                + " are taken, and not added to");
  }

  @Test
  void mapsOfTwoRolesAreAdded() {
    TallyReading reading =
        Readings.ofLines(
            "@client[71, " + enter("read") + "]: 12",
            "@server[72, " + enter("read") + "]: 5",
            "@server[72, " + enter("write") + "]: 3");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("read", 17L, "write", 3L));
  }

  @Test
  void keyThatVanishesThoughItWasLargeShowsThatTheMapWasEmptied() {
    TallyReading reading =
        Readings.ofLines(
            "@[" + enter("read") + "]: 5",
            "@[" + enter("write") + "]: 70",
            "12:00:01",
            "@[" + enter("read") + "]: 6",
            "12:00:02");
    assertThat(Readings.callsByName(reading.counted()))
        .isEqualTo(Map.of("read", 11L, "write", 70L));
  }

  @Test
  void topOfAGrowingMapMayLoseItsSmallKeys() {
    TallyReading reading =
        Readings.ofLines(
            "@[" + enter("read") + "]: 5",
            "@[" + enter("write") + "]: 70",
            "12:00:01",
            "@[" + enter("futex") + "]: 60",
            "@[" + enter("write") + "]: 90",
            "12:00:02",
            "",
            "",
            "@[" + enter("read") + "]: 8",
            "@[" + enter("futex") + "]: 61",
            "@[" + enter("write") + "]: 91");
    assertThat(Readings.callsByName(reading.counted()))
        .isEqualTo(Map.of("read", 8L, "futex", 61L, "write", 91L));
  }

  @Test
  void printsWithoutAnythingBetweenAreToldApartByTheirKeys() {
    List<String> lines = new ArrayList<>();
    for (int round = 1; round <= 3; round++) {
      lines.add("@[" + enter("read") + "]: " + 5 * round);
      lines.add("@[" + enter("write") + "]: " + 7 * round);
    }
    TallyReading reading = Readings.ofLines(lines.toArray(String[]::new));
    assertThat(Readings.callsByName(reading.counted()))
        .isEqualTo(Map.of("read", 15L, "write", 21L));
    assertThat(reading.remarks()).anyMatch(remark -> remark.startsWith("@: 3 prints, in which"));
  }

  @Test
  void lastIntervalThatIsPrintedTwiceCountsOnce() {
    TallyReading reading =
        Readings.ofLines(
            "@[" + enter("read") + "]: 50",
            "@[" + enter("read") + "]: 7",
            "",
            "",
            "@[" + enter("read") + "]: 7");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("read", 57L));
    assertThat(reading.remarks())
        .contains("@: the last print repeats the one before and is left out");
  }

  @Test
  void timesThatGrowDoNotJoinCallsOfIntervals() {
    TallyReading reading =
        Readings.ofLines(
            "@[" + enter("read") + "]: 50",
            "@ns[" + exit("read") + "]: 5000",
            "12:00:01",
            "@[" + enter("read") + "]: 7",
            "@ns[" + exit("read") + "]: 5700",
            "12:00:02");
    assertThat(Readings.of(reading.counted(), "read").calls()).isEqualTo(57);
    assertThat(Readings.of(reading.counted(), "read").wallNanos()).isNull();
  }

  @Test
  void mapThatHoldsExactlyAsMuchAsItCanIsDoubted() {
    List<String> lines = new ArrayList<>();
    for (int tid = 1; tid <= PrintedMap.DEFAULT_CAPACITY; tid++) {
      lines.add("@[" + (1000 + tid) + ", " + enter("read") + "]: 1");
    }
    TallyReading reading = Readings.ofLines(lines.toArray(String[]::new));
    assertThat(reading.counted().calls()).isEqualTo(PrintedMap.DEFAULT_CAPACITY);
    assertThat(reading.counted().completeness().notes())
        .singleElement()
        .asString()
        .startsWith("@ holds 4096 keys");
  }
}
