// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Key;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the parts of keys are taken for, and where that is refused. Lines are made up in the form
/// of bpftrace 0.17.
class KeyShapeTest {
  private static final String READ = "tracepoint:syscalls:sys_enter_read";
  private static final String WRITE = "tracepoint:syscalls:sys_enter_write";

  @ParameterizedTest
  @CsvSource({
    "tracepoint:syscalls:sys_enter_newfstat, fstat",
    "tracepoint:syscalls:sys_enter_pread64, pread64",
    "tracepoint:syscalls:sys_exit_read, read",
    "tracepoint:syscalls:sys_enter_not_yet_known, not_yet_known",
    "kprobe:__x64_sys_read, read",
    "kretprobe:__x64_sys_read, read",
    "kprobe:__arm64_sys_sendto, sendto",
    "kfunc:__x64_sys_recvfrom, recvfrom",
    "kfunc:vmlinux:__x64_sys_recvfrom, recvfrom",
    "fentry:vmlinux:__x64_sys_recvfrom, recvfrom",
    "fexit:vmlinux:__x64_sys_epoll_wait, epoll_wait",
    "kprobe:SyS_read, read",
    "__x64_sys_read, read",
    "read, read"
  })
  void probesAndNamesTellTheirSyscall(String part, String syscall) {
    TallyReading reading = Readings.ofLines("@[" + part + "]: 12");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of(syscall, 12L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kprobe:tcp_sendmsg",
        "kprobe:__x64_sys_read+8",
        "kprobe:__ia32_sys_read",
        "tracepoint:sched:sched_switch",
        "uprobe:/lib/libc.so.6:read",
        "profile:hz:99",
        "BEGIN"
      })
  void probesOfSomethingElseAreLeftOutAndTold(String probe) {
    TallyReading reading =
        Readings.ofLines("@[iperf3, " + READ + "]: 12", "@[iperf3, " + probe + "]: 3");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("iperf3 read", 12L));
    assertThat(reading.remarks())
        .contains("@: 1 keys are left out, being of probes of no syscall, such as " + probe);
  }

  @Test
  void namesMayHaveCommasAndBracketsInThem() {
    TallyReading text =
        Readings.ofLines(
            "@[x, y]: 1, " + READ + "]: 12",
            "@[plain, " + READ + "]: 3",
            "@[7, 8, 9, " + WRITE + "]: 4");
    assertThat(Readings.callsByName(text.counted()))
        .isEqualTo(Map.of("x, y]: 1 read", 12L, "plain read", 3L, "7, 8, 9 write", 4L));
    TallyReading json =
        Readings.ofLines(
            "{\"type\": \"map\", \"data\": {\"@\": {\"x,y]: 1,"
                + READ
                + "\": 12, \"plain,"
                + READ
                + "\": 3, \"7,8,9,"
                + WRITE
                + "\": 4}}}");
    assertThat(Readings.callsByName(json.counted()))
        .isEqualTo(Map.of("x,y]: 1 read", 12L, "plain read", 3L, "7,8,9 write", 4L));
  }

  @Test
  void partsStandInAnyOrder() {
    TallyReading reading =
        Readings.ofLines("@[" + READ + ", 4711, iperf3]: 12", "@[" + WRITE + ", 4712, iperf3]: 3");
    assertThat(reading.counted().counts())
        .containsOnlyKeys(
            Readings.key(0, 4711, "iperf3", "read"), Readings.key(0, 4712, "iperf3", "write"));
  }

  @Test
  void threadBeforeProcessIsSeenByTheirNumbers() {
    TallyReading reading =
        Readings.ofLines("@[4711, 4711, " + READ + "]: 12", "@[4712, 4711, " + READ + "]: 3");
    assertThat(reading.counted().counts())
        .containsOnlyKeys(
            Readings.key(4711, 4711, "", "read"), Readings.key(4711, 4712, "", "read"));
  }

  @Test
  void tupleWithinTheKeyIsTakenApart() {
    TallyReading reading = Readings.ofLines("@[iperf3, (4711, " + READ + ")]: 12");
    assertThat(reading.counted().counts())
        .containsOnlyKeys(Readings.key(0, 4711, "iperf3", "read"));
  }

  @Test
  void numbersThatAreNoThreadIdsAreSummedOver() {
    TallyReading reading =
        Readings.ofLines("@[iperf3, " + READ + ", 0]: 12", "@[iperf3, " + READ + ", -11]: 3");
    assertThat(reading.counted().counts()).containsOnlyKeys(Readings.key(0, 0, "iperf3", "read"));
    assertThat(reading.counted().calls()).isEqualTo(15);
    assertThat(reading.remarks())
        .anyMatch(remark -> remark.contains("comm, probe, something unknown, summed over"));
  }

  @Test
  void textTooLongForANameIsSummedOver() {
    TallyReading reading =
        Readings.ofLines(
            "@[iperf3, /var/lib/some/long/path, " + READ + "]: 12",
            "@[iperf3, /a, " + READ + "]: 3");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("read", 15L));
  }

  @Test
  void oneNumberBesideANameIsTheSyscalls() {
    TallyReading reading =
        Readings.ofLines("@[iperf3, 0]: 12", "@[iperf3, 1]: 3", "@[iperf3, 500]: 2");
    assertThat(Readings.callsByName(reading.counted()))
        .isEqualTo(Map.of("iperf3 read", 12L, "iperf3 write", 3L, "iperf3 syscall-500", 2L));
  }

  @Test
  void syscallNumbersAreThoseOfTheArchitectureAskedFor() throws IOException {
    byte[] file = "@[iperf3, 63]: 12\n".getBytes(StandardCharsets.UTF_8);
    TallyReading arm =
        new BpftraceMapsReader(Architecture.ARM64).read(new ByteArrayInputStream(file));
    assertThat(Readings.callsByName(arm.counted())).isEqualTo(Map.of("iperf3 read", 12L));
    assertThat(Readings.callsByName(Readings.of(file).counted()))
        .isEqualTo(Map.of("iperf3 uname", 12L));
  }

  @Test
  void numberBeyondAllSyscallsBesideOneThatIsNotIsTheThreads() {
    TallyReading reading = Readings.ofLines("@[4711, 0]: 12", "@[12, 1]: 3");
    assertThat(reading.counted().counts())
        .containsOnlyKeys(Readings.key(0, 4711, "", "read"), Readings.key(0, 12, "", "write"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "@[iperf3, 4711]: 12 | no part of its keys is a syscall's probe",
        "@[4711]: 12 | no part of its keys is a syscall's probe",
        "@[iperf3]: 12 | no part of its keys is a syscall's probe",
        "@[12, 1]: 12 | two parts of its keys could be the syscall's number",
        "@[sync, 1]: 12 | two parts of its keys could name the syscall",
        "@[sync, read]: 12 | two parts of its keys could name the syscall",
        "@[kprobe:tcp_sendmsg]: 12 | its probes are of no syscall (kprobe:tcp_sendmsg)",
        "@: 12 | it has no keys",
        "@[tracepoint:syscalls:sys_enter_read]: -12 | it has negative values",
        "@[tracepoint:syscalls:sys_enter_read]: hello | its values are not counts",
        "@start[tracepoint:syscalls:sys_enter_read]: 12 | by its name it holds neither",
        "@x[tracepoint:syscalls:sys_enter_read]: 11467271164174986 | its values go up to",
        "@x[tracepoint:syscalls:sys_enter_read]: 99999999999999999999 | its values are not counts"
      })
  void whatCannotBeDecidedIsRefusedWithItsReason(String line, String reason) {
    TallyReading reading = Readings.ofLines(line);
    assertThat(reading.counted().counts()).isEmpty();
    assertThat(reading.remarks()).singleElement().asString().contains(reason);
    assertThat(reading.counted().completeness().notes())
        .singleElement()
        .asString()
        .contains("none of the maps that bpftrace printed tells calls by syscall");
    assertThat(reading.skipped().count()).isZero();
  }

  @Test
  void callIsNotCountedAtSeveralPlacesOnItsWay() {
    TallyReading reading =
        Readings.ofLines(
            "@[kprobe:__x64_sys_read]: 12",
            "@[kprobe:__se_sys_read]: 12",
            "@[kprobe:__do_sys_read]: 12",
            "@[tracepoint:syscalls:sys_enter_read]: 13");
    assertThat(Readings.callsByName(reading.counted())).isEqualTo(Map.of("read", 13L));
    assertThat(reading.remarks()).anyMatch(remark -> remark.startsWith("@: 3 keys are left out"));
  }

  @Test
  void keysOfWhichNoTwoReadersWouldAgreeAreNotCounted() {
    TallyReading reading =
        Readings.ofLines("@[a, " + READ + ", b]: 5", "@[a, " + READ + ", " + READ + ", b]: 7");
    assertThat(reading.counted().calls()).isEqualTo(5);
    assertThat(reading.counted().completeness().notes())
        .singleElement()
        .asString()
        .startsWith("1 keys of @ are not counted");
  }

  @Test
  void sameSyscallByTwoNamesIsOneKey() {
    TallyReading reading =
        Readings.ofLines(
            "@[tracepoint:syscalls:sys_enter_newfstat]: 2",
            "@[tracepoint:syscalls:sys_enter_fstat]: 3");
    assertThat(reading.counted().groupedBy(Key::syscall)).containsOnlyKeys("fstat");
    assertThat(reading.counted().calls()).isEqualTo(5);
  }
}
