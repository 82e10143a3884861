// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.ThreadKey;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class PerfTraceLineReaderTest {
  private static Count only(TallyReading reading, String syscall) {
    assertThat(reading.skipped().first()).isEmpty();
    return reading.counted().groupedBy(Key::syscall).getOrDefault(syscall, Count.NONE);
  }

  @Test
  void aLineIsACallWithItsTimeAndBytes() {
    TallyReading reading =
        PerfFixtures.lines(
            "     0.123 ( 0.004 ms): iperf3/4711 read(fd: 5<socket:[123]>, buf: 0x7f01, count: 131072)"
                + "        = 131072\n");
    Map.Entry<Key, Count> entry = reading.counted().counts().entrySet().iterator().next();
    assertThat(entry.getKey())
        .isEqualTo(new Key(new ThreadKey(0, "", 4711, "iperf3"), "read", null, null));
    assertThat(entry.getValue().bytes()).isEqualTo(131072);
    assertThat(entry.getValue().wallNanos()).isEqualTo(4000);
    assertThat(entry.getValue().timedCalls()).isEqualTo(1);
    assertThat(entry.getValue().workNanos()).isNull();
    assertThat(reading.spanNanos()).isEqualTo(4000);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
  }

  @Test
  void beginAndEndApartAreOneCall() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                 4.442 (         ): sh/1040 futex(uaddr: 0x7f, op: WAIT|PRIVATE_FLAG)               ...
                 4.500 ( 0.001 ms): sh/1041 getpid()                                                = 1
                 4.442 ( 0.145 ms): sh/1040  ... [continued]: futex())                              = 0
            """);
    Count futex = only(reading, "futex");
    assertThat(futex.calls()).isEqualTo(1);
    assertThat(futex.wallNanos()).isEqualTo(145_000);
    assertThat(reading.counted().counts().keySet())
        .extracting(Key::request)
        .containsExactlyInAnyOrder("FUTEX_WAIT_PRIVATE", null);
  }

  @Test
  void callsAtTheEdgesAreTold() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                     ? (         ): sshd/7  ... [continued]: poll())                         = 1
                 1.000 (         ): sshd/7 poll(ufds: 0x7f, nfds: 1)                         ...
            """);
    assertThat(only(reading, "poll").calls()).isEqualTo(1);
    assertThat(only(reading, "poll").timedCalls()).isZero();
    assertThat(reading.counted().completeness().inFlightAtStart()).isEqualTo(1);
    assertThat(reading.counted().completeness().inFlightAtEnd()).isEqualTo(1);
  }

  @Test
  void theFirstReturnOfANewThreadIsNoCall() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                     ? (         ): :1042/1042  ... [continued]: clone())                    =\s
                     ? (         ): sh/1043  ... [continued]: vfork())                       = 0
            """);
    assertThat(reading.skipped().count()).isZero();
    assertThat(reading.counted().calls()).isZero();
    assertThat(reading.remarks()).anyMatch(remark -> remark.startsWith("2 first returns"));
  }

  @Test
  void callsWithoutAReturnCountAndHaveNoTime() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                12.535 (         ): ls/1041 exit_group()                                     = ?
                12.781 (         ): sh/1040 rt_sigreturn()                                   ...
                12.790 ( 0.001 ms): sh/1040 getpid()                                         = 1040
            """);
    assertThat(only(reading, "exit_group").calls()).isEqualTo(1);
    assertThat(only(reading, "exit_group").timedCalls()).isZero();
    assertThat(only(reading, "rt_sigreturn").calls()).isEqualTo(1);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
    assertThat(reading.counted().completeness().inFlightAtEnd()).isZero();
  }

  @Test
  void aProgramThatIsExecutedIsCountedApart() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                 1.000 ( 0.001 ms): sh/9 close(fd: 3)                                        = 0
                 2.000 ( 0.164 ms): ls/9 execve(filename: 0x86c22ed8)                        = 0
                 3.000 ( 0.001 ms): ls/9 close(fd: 3)                                        = 0
                 3.500 ( 0.001 ms): ls/9 prctl(option: SET_NAME)                             = 0
                 4.000 ( 0.001 ms): worker/9 close(fd: 3)                                    = 0
            """);
    assertThat(reading.counted().counts().keySet())
        .extracting(key -> key.thread().thread() + " " + key.syscall())
        .containsExactlyInAnyOrder("sh close", "worker execve", "worker close", "worker prctl");
  }

  @Test
  void oddNamesOfThreadsAreRead() {
    for (String name :
        List.of("a b/1 (c) d", "(sd-pam)", "evdefer/2", "a): read(", "GC Thread#0")) {
      TallyReading reading =
          PerfFixtures.lines(
              "     0.123 ( 0.004 ms): " + name + "/47 read(fd: 5, count: 1)         = 1\n");
      assertThat(reading.skipped().first()).as(name).isEmpty();
      assertThat(reading.counted().counts().firstKey().thread())
          .isEqualTo(new ThreadKey(0, "", 47, name));
    }
  }

  @Test
  void withoutNamesOrThreadsLinesAreReadToo() {
    TallyReading numbers =
        PerfFixtures.lines("     0.042 ( 0.017 ms): 3022 brk()               = 0x55732ae09000\n");
    assertThat(numbers.counted().counts().firstKey().thread())
        .isEqualTo(new ThreadKey(0, "", 3022, ""));
    TallyReading none =
        PerfFixtures.lines(
            """
                 0.670 (         ): nanosleep(rqtp: 0x7fff487fb4a0                   ) ...
                 0.670 (1000.504 ms):  ... [continued]: nanosleep())                 = 0
                 0.700 ( 0.004 ms): brk(                                             ) = 0x555d96be7000
            """);
    assertThat(only(none, "nanosleep").wallNanos()).isEqualTo(1_000_504_000);
    assertThat(none.counted().calls()).isEqualTo(2);
    assertThat(none.cannotKnow()).contains("threads");
  }

  @Test
  void errorsHaveTheirNamesAlsoWherePerfHasNone() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                 1.000 ( 0.001 ms): x/9 read(fd: 3)          = -1 EAGAIN (Resource temporarily unavailable)
                 1.000 ( 0.001 ms): x/9 read(fd: 3)          = -1 EBADF Bad file descriptor
                 1.000 ( 0.001 ms): x/9 read(fd: 3)          = -1 (unknown) (INTERNAL ERROR: strerror_r(512, [buf], 128)=22)
                 1.000 ( 0.001 ms): x/9 read(fd: 3)          = -1 (unknown) (Unknown error 514)
                 1.000 ( 0.001 ms): x/9 read(fd: 3)          = -22
                 1.000 ( 0.001 ms): x/9 poll(timeout_msecs: 1) = 0 (Timeout)
            """);
    assertThat(only(reading, "read").errors())
        .containsOnlyKeys("EAGAIN", "EBADF", "ERESTARTSYS", "ERESTARTNOHAND", "EINVAL");
    assertThat(only(reading, "read").bytes()).isZero();
    assertThat(only(reading, "poll").errors()).isEmpty();
  }

  @Test
  void descriptorsAndRequestsAreTold() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                 1.000 ( 0.001 ms): x/9 read(fd: 4<pipe:[632249]>, buf: 0x7f, count: 1)      = 1
                 1.000 ( 0.001 ms): x/9 epoll_wait(epfd: 4<anon_inode:[eventpoll]>)          = 0
                 1.000 ( 0.001 ms): x/9 pread64(fd: 4</etc/a, fd: 1<x) = 2>, count: 1)       = 1
                 1.000 ( 0.001 ms): x/9 dup2(newfd: 1<pipe:[632249]>)                        = 1
                 1.000 ( 0.001 ms): x/9 ioctl(fd: 12<anon_inode:kvm-vcpu:0>, cmd: KVM_RUN)   = 0
                 1.000 ( 0.001 ms): x/9 ioctl(fd: 1, cmd: (READ|WRITE, 0, 0x1, 0x3fff), arg: 0x7f) = 0
                 1.000 ( 0.001 ms): x/9 ioctl(fd: 1, cmd: (NONE, 0xae, 0x80, 0))             = 0
                 1.000 ( 0.001 ms): x/9 futex(uaddr: 0x7f, val: 1)                           = 0
                 1.000 ( 0.001 ms): x/9 futex(uaddr: 0x7f, op: 0x63)                         = -1 ENOSYS (Function not implemented)
            """);
    assertThat(reading.skipped().first()).isEmpty();
    assertThat(reading.counted().counts().keySet())
        .extracting(key -> key.syscall() + " " + key.object() + " " + key.request())
        .containsExactlyInAnyOrder(
            "read PIPE null",
            "epoll_wait EPOLL null",
            "pread64 FILE null",
            "dup2 null null",
            "ioctl KVM_VCPU KVM_RUN",
            "ioctl null 0xffff0001",
            "ioctl null KVM_RUN",
            "futex null FUTEX_WAIT",
            "futex null futex-operation-99");
    assertThat(ObjectKind.PIPE.label()).isEqualTo("pipe");
  }

  @Test
  void otherEventsAndCallChainsAreNoCallsAndNoLoss() {
    for (String name : PerfFixtures.TRACES) {
      TallyReading reading = PerfFixtures.lines(PerfFixtures.bytes(name));
      assertThat(reading.skipped().first()).as(name).isEmpty();
      assertThat(reading.counted().calls()).as(name).isPositive();
      assertThat(reading.truncation()).isNull();
    }
    assertThat(PerfFixtures.lines(PerfFixtures.bytes("events.txt")).remarks())
        .anyMatch(remark -> remark.endsWith("other than syscalls"));
  }

  @Test
  void theProgramOfKnownCountsIsCountedExactly() {
    TallyReading reading = PerfFixtures.lines(PerfFixtures.bytes("oddities.txt.gz"));
    assertThat(only(reading, "getppid").calls()).isEqualTo(1003);
    assertThat(only(reading, "rt_sigreturn").calls()).isEqualTo(3);
    assertThat(only(reading, "read").errors()).containsEntry("ERESTARTSYS", 1L);
    assertThat(reading.counted().counts().keySet())
        .extracting(key -> key.thread().thread())
        .containsOnly("oddities", "a b/1 (c) d");
  }

  @Test
  void lostEventsMakeItIncomplete() {
    TallyReading reading = PerfFixtures.lines("LOST 17 events!\nLOST 3 events!\n");
    assertThat(reading.counted().completeness().lostEvents()).isEqualTo(20);
  }

  @Test
  void aRunnersPrefixAndTerminalColoursAreTakenOff() {
    String plain = new String(PerfFixtures.bytes("sockperf.txt"), UTF_8);
    String prefixed =
        plain
            .lines()
            .map(line ->
                "2026-11-01T12:00:00Z [STDERR] "
                    + line.replace("continued", "\033[33mcontinued\033[m")
                    + "\r\n")
            .collect(joining());
    TallyReading reading = PerfFixtures.lines(prefixed);
    assertThat(reading.skipped().first()).isEmpty();
    assertThat(reading.counted()).isEqualTo(PerfFixtures.lines(plain).counted());
  }

  @Test
  void outputOfTheProgramBetweenIsSkippedAndATornLineRead() {
    TallyReading reading =
        PerfFixtures.lines(
            """
                 0.324 Dockerfile  test.sh
            ( 0.008 ms): ls/14234 close(fd: 3</usr/lib/locale/C.UTF-8>             ) = 0
            """);
    assertThat(reading.skipped().count()).isEqualTo(1);
    assertThat(reading.counted().calls()).isEqualTo(1);
  }

  @Test
  void aFileThatEndsWithinALineIsCut() {
    String text = new String(PerfFixtures.bytes("no-comm.txt"), UTF_8);
    TallyReading reading = PerfFixtures.lines(text.substring(0, text.length() - 3));
    assertThat(reading.truncation())
        .isEqualTo("its last line (" + text.lines().count() + ") has no end");
    assertThat(PerfFixtures.lines(text).truncation()).isNull();
  }

  @Test
  void onlyLinesOfPerfTraceAreRecognised() {
    SortedMap<Boolean, List<String>> sorted =
        new java.util.TreeMap<>(
            new String(PerfFixtures.bytes("iperf3.txt"), UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .collect(
                    java.util.stream.Collectors.partitioningBy(PerfTraceLineReader::recognises)));
    assertThat(sorted.get(true)).hasSizeGreaterThan(100);
    assertThat(sorted.get(false)).allMatch(PerfTraceSummaryReader::isOfTable);
    assertThat(
            List.of(
                "12:00:00.123456 read(3, \"\", 832) = 832 <0.000012>",
                "[pid  4711] read(3, \"\", 832) = 832",
                "4711  0.000012 (+     0.000100) read(3, \"\", 832) = 832",
                "              sh  1066 [000] 11446.343521:  raw_syscalls:sys_exit: NR 59 = 0",
                "@[read]: 5",
                "[  5]   0.00-1.00   sec  2.50 GBytes  21.4 Gbits/sec    0   1.25 MBytes",
                "sockperf: ---> percentile 99.999 =   45.678",
                " 99.99    0.000100          10        10         2 read"))
        .noneMatch(PerfTraceLineReader::recognises);
  }
}
