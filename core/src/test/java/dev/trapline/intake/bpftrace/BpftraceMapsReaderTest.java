// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The lines around maps: what a runner wrote before them, what bpftrace says besides, what is cut,
/// and the forms of later versions.
class BpftraceMapsReaderTest {
  private static final String ENTRY = "@[iperf3, tracepoint:syscalls:sys_enter_read]: 12";

  @ParameterizedTest
  @ValueSource(
      strings = {"[STDOUT] ", "server-1  | ", "2026-11-01T12:00:00Z ", "[STDOUT] server-1 | "})
  void prefixesOfARunnerAreTakenOff(String prefix) {
    TallyReading reading =
        Readings.ofLines(
            prefix + "Attaching 2 probes...",
            prefix,
            prefix,
            prefix + ENTRY,
            prefix + "@k[",
            prefix + "    perf_syscall_enter+397",
            prefix + "]: 1000",
            prefix + "@h[iperf3, tracepoint:syscalls:sys_enter_write]: ",
            prefix
                + "[4, 8)               300 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|",
            prefix);
    assertThat(Readings.callsByName(reading.counted()))
        .isEqualTo(Map.of("iperf3 read", 12L, "iperf3 write", 300L));
    assertThat(reading.skipped().count()).isZero();
  }

  @Test
  void linesOfAWindowsEditorAreTheSame() {
    TallyReading reading = Readings.of((ENTRY + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
    assertThat(reading.counted().calls()).isEqualTo(12);
    assertThat(reading.lines()).isEqualTo(2);
  }

  @Test
  void outputOfTheScriptIsSkippedAndShown() {
    TallyReading reading = Readings.ofLines("fd 7 was slow", ENTRY, "12:00:01");
    assertThat(reading.skipped().count()).isEqualTo(1);
    assertThat(reading.tally("x.txt").completeness().notes())
        .containsExactly("1 line of x.txt not understood; first: x.txt:1: fd 7 was slow");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Lost 17 events",
        "{\"type\": \"lost_events\", \"data\": {\"events\": 17}}",
        "{\"type\":\"lost_events\", \"count\":17}"
      })
  void lostEventsAreCounted(String line) {
    TallyReading reading = Readings.ofLines(ENTRY, line, line);
    assertThat(reading.counted().completeness().lostEvents()).isEqualTo(34);
    assertThat(reading.skipped().count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x.bt:1:62-73: WARNING: Failed to map_update_elem: Argument list too long (-7)\nsource\n ~~~",
        "x.bt:1:62-73: WARNING: Map full; can't update element. Try increasing max_map_keys config"
            + "\nsource @ = count()\n ~~~\nAdditional Info - helper: map_update_elem, retcode: -7",
        "{\"type\": \"helper_error\", \"helper\": \"map_update_elem\", \"retcode\": -7, \"line\": 1}",
        "{\"type\": \"helper_error\", \"msg\": \"Argument list too long\", \"helper\":"
            + " \"map_update_elem\", \"retcode\": -7, \"filename\": \"x\", \"line\": 1, \"col\": 2}"
      })
  void fullMapMakesTheCountsIncomplete(String lines) {
    TallyReading reading = Readings.ofLines(lines, ENTRY);
    assertThat(reading.counted().calls()).isEqualTo(12);
    assertThat(reading.counted().completeness().notes())
        .singleElement()
        .asString()
        .startsWith("bpftrace could not add to a full map 1 time,");
    assertThat(reading.skipped().count()).isZero();
  }

  @Test
  void warningsAreReasonsForDoubt() {
    TallyReading reading =
        Readings.ofLines(
            "WARNING: could not attach probe tracepoint:syscalls:sys_enter_read, skipping.", ENTRY);
    assertThat(reading.counted().completeness().notes())
        .containsExactly(
            "bpftrace warned 1 times: could not attach probe tracepoint:syscalls:sys_enter_read,"
                + " skipping.");
  }

  @Test
  void complaintAboutLockedMemoryIsNoReasonForDoubt() {
    TallyReading reading =
        Readings.ofLines(
            "ERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace. If your program is"
                + " not loading, you can try \"ulimit -l 8192\" to fix the problem",
            ENTRY);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
    assertThat(reading.skipped().count()).isZero();
  }

  @Test
  void topOfAMapIsNotTheWhole() {
    TallyReading reading = Readings.ofLines("Top 10 syscalls IDs:", "@syscall[0]: 12");
    assertThat(reading.counted().calls()).isEqualTo(12);
    assertThat(reading.counted().completeness().isComplete()).isFalse();
  }

  @Test
  void lineThatIsCutIsToldApartFromAWholeOne() {
    byte[] text = (ENTRY + "\n" + ENTRY.replace("read", "write")).getBytes(StandardCharsets.UTF_8);
    TallyReading cut = Readings.of(text);
    assertThat(cut.counted().calls()).isEqualTo(12);
    assertThat(cut.truncation()).startsWith("line 2 is the last and has no end");
    String message = "{\"type\": \"map\", \"data\": {\"@\": {\"read\": 12}}}";
    assertThat(Readings.of(message.getBytes(StandardCharsets.UTF_8)).truncation()).isNull();
    TallyReading cutMessage =
        Readings.of((message + "\n" + message.substring(0, 40)).getBytes(StandardCharsets.UTF_8));
    assertThat(cutMessage.counted().calls()).isEqualTo(12);
    assertThat(cutMessage.truncation()).startsWith("line 2 ");
  }

  @Test
  void histogramThatIsCutTellsNothing() {
    String text =
        "@[tracepoint:syscalls:sys_exit_read]: \n"
            + "[4, 8)               300 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
            + "[8, 16)                3 |@";
    TallyReading reading = Readings.of(text.getBytes(StandardCharsets.UTF_8));
    assertThat(reading.counted().counts()).isEmpty();
    assertThat(reading.truncation()).startsWith("line 3 ");
  }

  @Test
  void damagedMessageAmidTheFileIsSkipped() {
    TallyReading reading =
        Readings.ofLines(
            "{\"type\": \"map\", \"data\": {\"@\": {\"read\": 12}}",
            "{\"type\": \"map\", \"data\": {\"@\": {\"write\": 5}}}");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("write", 5L));
    assertThat(reading.skipped().count()).isEqualTo(1);
  }

  @Test
  void keysThatCameOutTheSameInJsonBothCount() {
    TallyReading reading =
        Readings.ofLines(
            "{\"type\": \"map\", \"data\": {\"@\": {\"ab,tracepoint:syscalls:sys_enter_read\": 5,"
                + " \"ab,tracepoint:syscalls:sys_enter_read\": 7}}}");
    assertThat(reading.counted().calls()).isEqualTo(12);
  }

  /// As `src/output/text.cpp` of 0.24 writes it; not recorded.
  @Test
  void textOfLaterVersionsIsRead() {
    TallyReading reading =
        Readings.ofLines(
            "Attached 2 probes",
            ENTRY,
            "@ns[iperf3, tracepoint:syscalls:sys_exit_read]: { .count = 12, .average = 350, .total ="
                + " 4200 }",
            "@h[iperf3, tracepoint:syscalls:sys_exit_read]:",
            "[256, 512)           12 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|",
            "",
            "");
    Count reads = Readings.of(reading.counted(), "read");
    assertThat(reads.calls()).isEqualTo(12);
    assertThat(reads.wallNanos()).isEqualTo(4200);
    assertThat(reading.skipped().count()).isZero();
  }

  /// As `src/output/json.cpp` of 0.24 writes it; not recorded.
  @Test
  void jsonOfLaterVersionsIsRead() {
    TallyReading reading =
        Readings.ofLines(
            "{\"type\":\"attached_probes\", \"count\":2}",
            "{\"type\": \"map\", \"data\": {\"@\": {\"iperf3,tracepoint:syscalls:sys_enter_read\":"
                + " 12}}}",
            "{\"type\": \"stats\", \"data\": {\"@ns\":"
                + " {\"iperf3,tracepoint:syscalls:sys_exit_read\": {\"count\": 12, \"average\": 350,"
                + " \"total\": 4200}}}}",
            "{\"type\": \"tseries\", \"data\": {\"@t\":"
                + " [{\"interval_start\":1,\"value\":2}]}}");
    Count reads = Readings.of(reading.counted(), "read");
    assertThat(reads.calls()).isEqualTo(12);
    assertThat(reads.wallNanos()).isEqualTo(4200);
    assertThat(reading.skipped().count()).isZero();
    assertThat(reading.remarks())
        .anyMatch(remark -> remark.startsWith("names of threads may lack"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ENTRY,
        "@: 12",
        "@x[7]: ",
        "@x[7]:",
        "@k[",
        "@ns[a]: count 12, average 350, total 4200",
        "Attaching 2 probes...",
        "Attached 1 probe",
        "[1K, 2K)              12 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|",
        "{\"type\": \"map\", \"data\": {\"@\": 5}}"
      })
  void linesOfBpftraceAreRecognised(String line) {
    assertThat(BpftraceMapsReader.recognises(line)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[pid  4711] read(3, \"\", 1) = 0 <0.000010>",
        "read(3, \"@[x]: 12\", 100) = 100",
        "% time     seconds  usecs/call     calls    errors syscall",
        " iperf3 (4711), 1010 events, 28.2%",
        "     0.015 ( 0.001 ms): iperf3/4711 read(fd: 3, buf: 0x7f, count: 10) = 10",
        "iperf3  4711 [001]  1000.000001: raw_syscalls:sys_enter: NR 0 (3, 0, 0, 0, 0, 0)",
        "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd",
        "[  5]   0.00-1.00   sec  5.00 GBytes  42.9 Gbits/sec    0   1.00 MBytes",
        "{",
        "\t\"start\":\t{",
        "{\"type\": \"map\", \"data\"",
        "sockperf: ====> avg-latency=10.5 (std-dev=1.0)",
        "sockperf[CLIENT] send on:sockperf: using recvfrom() to block on socket(s)",
        "[ 0] IP = 127.0.0.1       PORT = 11111 # UDP",
        "@param x the thing",
        "@Override",
        "user@host:~$ ls",
        "@user: hello"
      })
  void linesOfOtherToolsAreNot(String line) {
    assertThat(BpftraceMapsReader.recognises(line)).isFalse();
  }
}
