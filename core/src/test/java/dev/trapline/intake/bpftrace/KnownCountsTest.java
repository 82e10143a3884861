// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Real output of bpftrace over programs whose calls are known: they come out exactly, and from
/// text and JSON alike.
class KnownCountsTest {
  private static final String ODD_NAME = "a,b [x]: 1";

  @ParameterizedTest
  @CsvSource({
    "comm-probe.txt, 'comm, probe'",
    "comm-probe.json, 'comm, probe'",
    "tid-comm-probe.txt, 'thread id, comm, probe'",
    "tid-comm-probe.json, 'thread id, comm, probe'",
    "comm-number.txt, 'comm, syscall number of x86-64'",
    "comm-number.json, 'comm, syscall number of x86-64'",
    "printed-at-end.txt, 'comm, probe'",
    "printed-at-end.json, 'comm, probe'",
    "odd-maps.txt, 'comm, probe'",
    "odd-maps.json, 'comm, probe'"
  })
  void everyKindOfKeyGivesTheKnownCounts(String fixture, String parts) {
    TallyReading reading = Readings.ofFixture(fixture);
    Map<String, Long> calls = Readings.callsByName(reading.counted());
    assertThat(calls).containsEntry(ODD_NAME + " getppid", 1000L);
    assertThat(calls).containsEntry("gr\u00fc\u00dfe getppid", 300L);
    if (!fixture.startsWith("odd")) {
      assertThat(calls).containsEntry(ODD_NAME + " getuid", 7L).hasSize(3);
      assertThat(reading.skipped().count()).isZero();
    }
    assertThat(reading.remarks()).anyMatch(remark -> remark.contains("taken as " + parts));
    assertThat(reading.counted().completeness().isComplete()).isTrue();
    assertThat(reading.truncation()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "comm-probe",
        "comm-number",
        "odd-maps",
        "prints-growing",
        "prints-cleared",
        "prints-zeroed",
        "prints-cleared-end",
        "printed-at-end",
        "dd-hist-only"
      })
  void textAndJsonGiveTheSameTally(String fixture) {
    TallyReading text = Readings.ofFixture(fixture + ".txt");
    TallyReading json = Readings.ofFixture(fixture + ".json");
    assertThat(text.counted()).isEqualTo(json.counted());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pid-tid-probe.txt", "pid-tid-probe.json"})
  void processAndThreadAreToldApartByWhichIsNowhereLarger(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    assertThat(reading.remarks()).anyMatch(words -> words.contains("process id, thread id, probe"));
    for (Key key : reading.counted().counts().keySet()) {
      int tid = key.thread().tid();
      assertThat(key.thread().pid()).isPositive().isLessThanOrEqualTo(tid);
    }
    assertThat(Readings.of(reading.counted(), "getppid").calls()).isEqualTo(1300);
    assertThat(reading.cannotKnow()).doesNotContain("process ids", "thread ids");
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw-probe.txt", "raw-probe.json"})
  void probeOfAllSyscallsNeedsTheNumberBesideIt(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    assertThat(Readings.callsByName(reading.counted()))
        .containsExactlyInAnyOrderEntriesOf(Map.of("getppid", 1300L, "getuid", 7L));
    assertThat(reading.counted().counts().keySet())
        .allMatch(key -> key.thread().tid() > 0 && key.thread().pid() == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dd-joined.txt", "dd-joined.json"})
  void timeAndBytesAtTheExitJoinTheCallsAtTheEntry(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    Count writes = Readings.of(reading.counted(), "write");
    assertThat(writes.calls()).isEqualTo(500);
    assertThat(writes.timedCalls()).isEqualTo(500);
    assertThat(writes.bytes()).isEqualTo(500_000);
    assertThat(writes.wallNanos()).isBetween(50_000L, 5_000_000L);
    assertThat(writes.workNanos()).isNull();
    assertThat(writes.latency()).isNull();
    Count reads = Readings.of(reading.counted(), "read");
    assertThat(reads.calls()).isEqualTo(503);
    assertThat(reads.bytes()).isGreaterThan(500_000);
    assertThat(reading.remarks())
        .anyMatch(remark -> remark.startsWith("@calls counts 1003 calls at their entry, @returned"))
        .anyMatch(remark -> remark.startsWith("@lat holds durations of a unit"))
        .anyMatch(remark -> remark.startsWith("@hist_ns is left out: its buckets are coarser"));
    assertThat(reading.cannotKnow()).doesNotContain("wall time", "bytes").contains("errors");
  }

  @Test
  void timeOfStatisticsIsTheirTotal() {
    Count writes = Readings.of(Readings.ofFixture("dd-joined.txt").counted(), "write");
    assertThat(writes.wallNanos()).isEqualTo(statisticsTotal("dd-joined.txt"));
  }

  private static long statisticsTotal(String fixture) {
    String text = new String(Readings.fixture(fixture), StandardCharsets.UTF_8);
    return text.lines()
        .filter(line -> line.startsWith("@stats_ns[dd, tracepoint:syscalls:sys_exit_write]"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dd-sum-us.txt", "dd-sum-us.json"})
  void timeOfShortCallsInWholeMicrosecondsIsLeftOut(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    Count writes = Readings.of(reading.counted(), "write");
    assertThat(writes.calls()).isEqualTo(500);
    assertThat(writes.wallNanos()).isNull();
    assertThat(reading.remarks()).anyMatch(remark -> remark.contains("add up nanoseconds"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dd-hist-only.txt", "dd-hist-only.json"})
  void histogramAloneTellsHowManyCallsReturned(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    assertThat(Readings.of(reading.counted(), "write").calls()).isEqualTo(500);
    assertThat(Readings.of(reading.counted(), "read").calls()).isEqualTo(503);
    assertThat(reading.counted().total().latency()).isNull();
    assertThat(reading.cannotKnow()).contains("wall time", "bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "prints-growing.txt, the last one counts",
    "prints-growing.json, the last one counts",
    "prints-cleared.txt, added up",
    "prints-cleared.json, added up",
    "prints-zeroed.txt, added up",
    "prints-zeroed.json, added up",
    "prints-cleared-end.txt, added up",
    "prints-cleared-end.json, added up"
  })
  void periodicPrintsGiveTheSameCallsWhetherClearedOrNot(String fixture, String decision) {
    TallyReading reading = Readings.ofFixture(fixture);
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("dd write", 380L));
    assertThat(reading.remarks()).anyMatch(remark -> remark.endsWith(decision));
    assertThat(reading.skipped().count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"map-full.txt", "map-full.json"})
  void fullMapIsAReasonForDoubt(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    assertThat(reading.counted().calls()).isEqualTo(5);
    assertThat(reading.counted().completeness().notes())
        .singleElement()
        .asString()
        .startsWith("bpftrace could not add to a full map 3 times");
    assertThat(reading.skipped().count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"odd-maps.txt", "odd-maps.json"})
  void mapsThatCountNoSyscallsAreRefusedWithTheirReason(String fixture) {
    TallyReading reading = Readings.ofFixture(fixture);
    assertThat(reading.counted().calls()).isEqualTo(1300);
    String remarks = String.join("\n", reading.remarks());
    assertThat(remarks)
        .containsPattern("@avg_ns \\(1 line\\) is not read: (averages|by its name)")
        .contains("@h (", "it has no keys")
        .contains("@max (1 line) is not read: by its name")
        .contains("@seen (")
        .contains("no part of its keys is a syscall's probe");
  }

  @Test
  void iperf3IsReadWithItsProcessesThreadsAndNames() {
    TallyReading reading = Readings.ofFixture("iperf3-text.txt");
    assertThat(reading.counted().calls()).isEqualTo(sumOfLastNumbers("iperf3-text.txt"));
    assertThat(reading.counted().counts().keySet())
        .allMatch(key -> key.thread().thread().equals("iperf3") && key.thread().pid() > 0);
    assertThat(Readings.of(reading.counted(), "read").calls()).isGreaterThan(100);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
  }

  private static long sumOfLastNumbers(String fixture) {
    String text = new String(Readings.fixture(fixture), StandardCharsets.UTF_8);
    return text.lines()
        .filter(line -> line.startsWith("@"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void iperf3IsReadByTheNumbersOfItsSyscalls() {
    TallyReading reading = Readings.ofFixture("iperf3-numbers.json");
    String text = new String(Readings.fixture("iperf3-numbers.json"), StandardCharsets.UTF_8);
    Map<String, Long> calls = Readings.callsByName(reading.counted());
    assertThat(calls).hasSizeGreaterThan(20);
    assertThat(text)
        .contains("\"iperf3,0\": " + calls.get("iperf3 read"))
        .contains("\"iperf3,1\": " + calls.get("iperf3 write"))
        .contains("\"iperf3,270\": " + calls.get("iperf3 pselect6"));
  }
}
