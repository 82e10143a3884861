// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StraceLogReaderTest {
  private static final String EXIT = "7<p> +++ exited with 0 +++\n";

  private static Tally read(String log) {
    return read(log, Ending.WHOLE);
  }

  private static Tally read(String log, Ending ending) {
    try {
      return new StraceLogReader(ending)
          .read(new ByteArrayInputStream(log.getBytes(StandardCharsets.UTF_8)))
          .reading()
          .tally("the log");
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static Map.Entry<Key, Count> only(Tally tally) {
    assertThat(tally.counts()).hasSize(1);
    assertThat(tally.completeness().notes()).isEmpty();
    return tally.counts().firstEntry();
  }

  @Test
  void aCallHasThreadNameObjectBytesAndTime() {
    Map.Entry<Key, Count> entry =
        only(
            read(
                "7<p> read(3<TCP:[127.0.0.1:5201->127.0.0.1:40112]>, \"\"..., 64) = 5"
                    + " <0.000012345>\n"
                    + EXIT));
    assertThat(entry.getKey())
        .isEqualTo(new Key(new ThreadKey(7, "p", 7, "p"), "read", ObjectKind.TCP, null));
    Count count = entry.getValue();
    assertThat(count.calls()).isOne();
    assertThat(count.bytes()).isEqualTo(5);
    assertThat(count.wallNanos()).isEqualTo(12_345);
    assertThat(count.timedCalls()).isOne();
    assertThat(count.workNanos()).isNull();
    assertThat(count.blockedNanos()).isNull();
    assertThat(count.latency()).isNotNull();
  }

  @Test
  void withoutTimesTheTimeIsUnknown() {
    Count count = only(read("7<p> getppid() = 1\n" + EXIT)).getValue();
    assertThat(count.wallNanos()).isNull();
    assertThat(count.latency()).isNull();
    assertThat(count.bytes()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<UDP:[22370]>|UDP",
        "<UDPv6:[22391]>|UDP",
        "<TCPv6:[[::1]:1->[::1]:2]>|TCP",
        "<UNIX-STREAM:[1->2,\"/run/a) = 0 >\"]>|UNIX",
        "<NETLINK:[ROUTE:4711]>|NETLINK",
        "<pipe:[22394]>|PIPE",
        "<anon_inode:[eventfd]>|EVENTFD",
        "<anon_inode:[eventpoll]>|EPOLL",
        "<anon_inode:[timerfd]>|TIMERFD",
        "<anon_inode:[io_uring]>|IO_URING",
        "<anon_inode:kvm-vcpu:0>|KVM_VCPU",
        "<anon_inode:kvm-vm>|KVM_VM",
        "<anon_inode:[pidfd]>|OTHER",
        "</dev/net/tun<char 10:200>>|TUN",
        "</dev/null<char 1:3>>|OTHER",
        "</dev/sda<block 8:0>>|FILE",
        "</tmp/a) = 5, (b>|FILE",
        "</tmp/x\\74unfinished ...\\76>|FILE",
        "<RAW:[1]>|OTHER",
      })
  void theObjectIsReadFromTheDecoration(String decoration, ObjectKind kind) {
    Tally tally = read("7<p> write(3" + decoration + ", \"\"..., 64) = 5 <0.000001>\n" + EXIT);
    assertThat(only(tally).getKey().object()).isEqualTo(kind);
    assertThat(only(tally).getValue().bytes()).isEqualTo(5);
  }

  @Test
  void aDescriptorThatIsNotOpenHasNoObject() {
    Map.Entry<Key, Count> entry =
        only(read("7<p> read(106, 0x7f, 1) = -1 EBADF (Bad file descriptor) <0.1>\n" + EXIT));
    assertThat(entry.getKey().object()).isNull();
    assertThat(entry.getValue().errors()).containsExactly(Map.entry("EBADF", 1L));
    assertThat(entry.getValue().bytes()).isZero();
    assertThat(entry.getValue().wallNanos()).isEqualTo(100_000_000);
  }

  @Test
  void aDescriptorBehindOtherArgumentsIsFound() {
    Tally tally =
        read("7<p> mmap(NULL, 832, PROT_READ, MAP_PRIVATE, 17</lib/a,b>, 0) = 0x7f <0.1>\n" + EXIT);
    assertThat(only(tally).getKey().object()).isEqualTo(ObjectKind.FILE);
  }

  @Test
  void aDescriptorThatIsReturnedTellsTheObject() {
    Tally tally =
        read(
            "7<p> openat(AT_FDCWD</tmp>, \"a\", O_RDONLY) = 3</tmp/a = 7> <0.1>\n"
                + "7<p> openat(AT_FDCWD</tmp>, \"b\", O_RDONLY) = -1 ENOENT (No such file) <0.1>\n"
                + EXIT);
    assertThat(tally.counts().keySet())
        .extracting(Key::object)
        .containsExactly(null, ObjectKind.FILE);
  }

  @Test
  void aSocketThatStraceCannotNameIsKnownByItsCreation() {
    Tally tally =
        read(
            "7<p> socket(AF_VSOCK, SOCK_STREAM, 0) = 12<socket:[385]> <0.1>\n"
                + "7<p> write(12<socket:[385]>, \"\"..., 9) = 9 <0.1>\n"
                + "7<p> accept4(12<socket:[385]>, NULL, NULL, 0) = 13<socket:[386]> <0.1>\n"
                + "7<p> read(13<socket:[386]>, \"\"..., 9) = 9 <0.1>\n"
                + "7<p> read(14<socket:[387]>, \"\"..., 9) = 9 <0.1>\n"
                + EXIT);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.counts().keySet())
        .extracting(key -> key.syscall() + " " + key.object())
        .containsExactly("accept4 VSOCK", "read null", "read VSOCK", "socket VSOCK", "write VSOCK");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "ioctl(4<anon_inode:kvm-vcpu:0>, KVM_RUN, 0)#KVM_RUN",
        "ioctl(1</dev/pts/0<char 136:0>>, TCGETS or SNDCTL_TMR_TIMEBASE, {c=1})#TCGETS",
        "ioctl(1<pipe:[1]>, _IOC(_IOC_READ, 0x45, 0x18, 0x10), 0x7f)"
            + "#_IOC(_IOC_READ, 0x45, 0x18, 0x10)",
        "futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL)#FUTEX_WAIT_PRIVATE",
        "futex(0x7f, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 1, NULL)#FUTEX_WAIT_BITSET",
        "read(3<pipe:[1]>, FUTEX_WAIT, 4)#",
      })
  void theRequestIsNamed(String call, @Nullable String request) {
    assertThat(only(read("7<p> " + call + " = 0 <0.1>\n" + EXIT)).getKey().request())
        .isEqualTo(request);
  }

  @Test
  void aNameOfTheCLibraryBecomesTheKernels() {
    assertThat(only(read("7<p> sendfile64(1, 2, NULL, 5) = 5\n" + EXIT)).getKey().syscall())
        .isEqualTo("sendfile");
  }

  @Test
  void aCallWithoutANameKeepsItsNumber() {
    assertThat(only(read("7<p> syscall_0x1b5(0x1, 0x2) = 0\n" + EXIT)).getKey().syscall())
        .isEqualTo("syscall-437");
  }

  @Test
  void unfinishedCallsAreJoinedPerThread() {
    Tally tally =
        read(
            """
            7<p> futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>
            8<q> recvfrom(3<TCP:[1]>,  <unfinished ...>
            7<p> <... futex resumed>)           = -1 EAGAIN (Resource unavailable) <0.000000005>
            8<q> <... recvfrom resumed>""..., 128, 0, NULL, NULL) = 128 <0.000000007>
            7<p> +++ exited with 0 +++
            8<q> +++ killed by SIGKILL +++
            """);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.counts()).hasSize(2);
    Key futex = tally.counts().firstKey();
    assertThat(futex.request()).isEqualTo("FUTEX_WAIT");
    Count received = tally.counts().lastEntry().getValue();
    assertThat(tally.counts().lastKey().object()).isEqualTo(ObjectKind.TCP);
    assertThat(received.bytes()).isEqualTo(128);
    assertThat(received.wallNanos()).isEqualTo(7);
  }

  @Test
  void threadsBelongToTheProcessOfTheirClone() {
    Tally tally =
        read(
            """
            7<p> clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} <unfinished ...>
            8<p> getppid() = 1 <0.1>
            7<p> <... clone3 resumed> => {parent_tid=[8<p>]}, 88) = 8<p> <0.1>
            8<worker> getppid() = 1 <0.1>
            8<worker> +++ exited with 0 +++
            7<p> clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 9<p> <0.1>
            9<p> getppid() = 7<p> <0.1>
            9<p> +++ exited with 0 +++
            7<p> +++ exited with 0 +++
            """);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.counts().keySet())
        .extracting(Key::thread)
        .containsOnly(
            new ThreadKey(7, "p", 7, "p"),
            new ThreadKey(7, "p", 8, "worker"),
            new ThreadKey(9, "p", 9, "p"));
  }

  @Test
  void aThreadThatEndsBeforeItsCloneReturnsStillBelongsToIt() {
    Tally tally =
        read(
            """
            7<p> clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD <unfinished ...>
            8<p> getppid() = 1
            8<p> +++ exited with 0 +++
            7<p> <... clone resumed>, parent_tid=[8]) = 8<p>
            7<p> +++ exited with 0 +++
            """);
    assertThat(tally.counts().keySet())
        .extracting(key -> key.thread().pid() + "/" + key.thread().tid())
        .containsExactly("7/7", "7/8");
  }

  @Test
  void anExecBeginsANewProgramAndIsCountedToIt() {
    Tally tally =
        read(
            """
            7<sh> getppid() = 1
            7<sh> execve("/bin/no", ["no"], 0x7f /* 35 vars */) = -1 ENOENT (No such file)
            7<sh> execve("/usr/bin/a-program-with-a-long-name", [...], 0x7f /* 35 vars */) = 0
            7<a-program-with-> getppid() = 1
            7<a-program-with-> exit_group(0)               = ?
            7<a-program-with-> +++ exited with 0 +++
            """);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.counts().keySet())
        .extracting(key -> key.thread().process() + " " + key.syscall())
        .containsExactly(
            "a-program-with- execve",
            "a-program-with- exit_group",
            "a-program-with- getppid",
            "sh execve",
            "sh getppid");
  }

  @Test
  void withoutNamesTheProgramExecutedGivesTheName() {
    Tally tally =
        read(
            """
            7 execve("/usr/bin/true", [...], 0x7f /* 35 vars */ <unfinished ...>
            7 <... execve resumed>) = 0
            7 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD, parent_tid=[8]) = 8
            8 getppid() = 1
            8 +++ exited with 0 +++
            7 +++ exited with 0 +++
            """);
    assertThat(tally.counts().keySet())
        .extracting(Key::thread)
        .containsOnly(new ThreadKey(7, "true", 7, "true"), new ThreadKey(7, "true", 8, "true"));
  }

  @Test
  void anExecByASecondThreadGoesOnUnderTheFirstsNumber() {
    Tally tally =
        read(
            """
            7<ex> clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[8<ex>]}, 88) = 8<ex> <0.1>
            7<ex> pause( <unfinished ...>
            8<ex> execve("/bin/true", [...], 0x7f /* 35 vars */ <unfinished ...>
            7<ex> <... pause resumed>)          = ?
            7<ex> +++ superseded by execve in pid 8 +++
            7<true> <... execve resumed>)       = 0 <0.000682518>
            7<true> getppid() = 1 <0.1>
            7<true> +++ exited with 0 +++
            """);
    assertThat(tally.completeness().notes()).isEmpty();
    assertThat(tally.completeness().cutShortByExit()).isOne();
    assertThat(tally.counts().keySet())
        .extracting(key -> key.thread().process() + " " + key.thread().tid() + " " + key.syscall())
        .containsExactlyInAnyOrder("ex 7 clone3", "true 7 execve", "true 7 getppid");
  }

  @Test
  void restartedCallsAreErrorsByTheirName() {
    Tally tally =
        read(
            """
            7<p> pause() = ? ERESTARTNOHAND (To be restarted if no handler) <1.000109244>
            7<p> restart_syscall(<... resuming interrupted read ...>) = 5 <0.1>
            7<p> +++ exited with 0 +++
            """);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.counts().firstEntry().getValue().errors())
        .containsExactly(Map.entry("ERESTARTNOHAND", 1L));
    assertThat(tally.calls()).isEqualTo(2);
  }

  @Test
  void aCallCutShortByTheEndOfItsThreadIsNotCounted() {
    Tally tally =
        read(
            """
            7<p> read(0<pipe:[1]>,  <unfinished ...>
            8<p> read(0<pipe:[1]>,  <unfinished ...>
            7<p> <... read resumed> <unfinished ...>) = ?
            7<p> +++ killed by SIGKILL +++
            8<p> +++ killed by SIGKILL +++
            9<p> exit(0) = ?
            9<p> +++ exited with 0 +++
            """);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.completeness().cutShortByExit()).isEqualTo(2);
    assertThat(tally.calls()).isOne();
  }

  @Test
  void callsInFlightWhenTheTracerLetsGoAreTold() {
    Tally tally =
        read(
            """
            7<p> read(0<pipe:[1]>,  <unfinished ...>
            8<p> getppid() = 1
            8<p> restart_syscall(<... resuming interrupted read ...> <detached ...>
            """,
            Ending.MAY_BE_CUT);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.completeness().inFlightAtEnd()).isEqualTo(2);
  }

  @Test
  void theBeginOfACallAtTheEndIsInFlightIfTheTracerWasEnded() {
    String log = "7<p> getppid() = 1\n7<p> clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=3}, ";
    Tally tally = read(log, Ending.MAY_BE_CUT);
    assertThat(tally.completeness().isComplete()).isTrue();
    assertThat(tally.completeness().inFlightAtEnd()).isOne();
    assertThat(tally.calls()).isOne();
  }

  @Test
  void aCutLogIsTold() {
    Tally tally = read("7<p> getppid() = 1\n7<p> clock_nanosl");
    assertThat(tally.completeness().notes())
        .containsExactly(
            "the log is cut: the last line (2) is cut: 7<p> clock_nanosl; it does not tell the end of"
                + " 1 thread, as if a disk was full or strace was killed");
  }

  @Test
  void linesNotUnderstoodAreCountedAndTheFirstShown() {
    StringBuilder log = new StringBuilder("7<p> getppid() = 1\n");
    for (int line = 0; line < 5; line++) {
      log.append("what\u0007 is this ").append(line).append('\n');
    }
    Tally tally = read(log + EXIT);
    assertThat(tally.calls()).isOne();
    assertThat(tally.completeness().notes())
        .containsExactly(
            "5 lines of the log not understood; first: the log:2: what. is this 0 | the log:3: what."
                + " is this 1 | the log:4: what. is this 2 | the log:5: what. is this 3 | the log:6:"
                + " what. is this 4");
  }

  @Test
  void signalsAndMessagesAreNoCalls() {
    Tally tally =
        read(
            """
            strace: Process 8 attached
            7<p> --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_status=0} ---
            7<p> --- stopped by SIGSTOP ---

            7<p> +++ exited with 0 +++
            """);
    assertThat(tally).isEqualTo(Tally.EMPTY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "getppid() = 1 <0.000002>",
        "7 getppid() = 1 <0.000002>",
        "[pid     7] getppid() = 1 <0.000002>",
        "[pid 7<p>] getppid() = 1 <0.000002>",
        "7 06:10:41 getppid() = 1 <0.000002>",
        "7 06:10:41.123456 getppid() = 1 <0.000002>",
        "7 1795413936.209320 getppid() = 1 <0.000002>",
        "1795413936.209320 getppid() = 1 <0.000002>",
        "1795413936 getppid() = 1 <0.000002>",
        "     0.000012 getppid() = 1 <0.000002>",
        "7      0.000012 getppid()              = 1 <0.000002>",
        "7 getppid() = 1 <0.000002>\r",
      })
  void threadAndTimeBeforeTheCallAreOptional(String line) {
    Count count = only(read(line + "\n", Ending.MAY_BE_CUT)).getValue();
    assertThat(count.wallNanos()).isEqualTo(2_000);
  }

  @Test
  void threadsThatWereThereBeforeAreKnown() throws IOException {
    ThreadKey known = new ThreadKey(7, "server", 8, "worker");
    Tally tally =
        new StraceLogReader(Ending.MAY_BE_CUT, List.of(known))
            .read(new ByteArrayInputStream("8 getppid() = 1\n".getBytes(StandardCharsets.UTF_8)))
            .reading()
            .tally("the log");
    assertThat(only(tally).getKey().thread()).isEqualTo(known);
  }

  @Test
  void linesAcrossTheEndOfTheBufferAreWhole() throws IOException {
    // Half a million bytes, given out a few at a time, and one line longer than the buffer.
    String line = "7<p> write(3</tmp/" + "x".repeat(300_000) + ">, \"\"..., 5) = 5\n";
    String log = "7<p> getppid() = 1\n".repeat(10_000) + line + EXIT;
    byte[] bytes = log.getBytes(StandardCharsets.UTF_8);
    Random random = new Random(7);
    InputStream drop =
        new InputStream() {
          private int at;

          @Override
          public int read() {
            return at == bytes.length ? -1 : bytes[at++];
          }

          @Override
          public int read(byte[] buffer, int offset, int length) {
            if (at == bytes.length) {
              return -1;
            }
            int count = Math.min(Math.min(length, bytes.length - at), 1 + random.nextInt(100_000));
            System.arraycopy(bytes, at, buffer, offset, count);
            at += count;
            return count;
          }
        };
    Tally tally = new StraceLogReader(Ending.WHOLE).read(drop).reading().tally("the log");
    assertThat(tally.completeness().isComplete()).isTrue();
    SortedMap<String, Count> bySyscall = tally.groupedBy(Key::syscall);
    assertThat(bySyscall).containsOnlyKeys("getppid", "write");
    assertThat(tally.calls()).isEqualTo(10_001);
  }

  @Test
  void whateverIsInALogItIsReadOrTold() {
    String[] lines = {
      "7<p> read(3<TCP:[1->2]>, \"\"..., 64) = 5 <0.000012345>\n",
      "7<p> openat(AT_FDCWD</tmp>, \"a\\\"\", O_RDONLY) = 3</tmp/a = 7> <0.1>\n",
      "7<p> clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[8<ex>]}, 88) = 8<ex> <0.1>\n",
      "8<q> <... futex resumed>)           = -1 EAGAIN (Resource unavailable) <0.000000005>\n",
      "7<ex> +++ superseded by execve in pid 8 +++\n",
      "7<p> ioctl(1<pipe:[1]>, _IOC(_IOC_READ, 0x45, 0x18, 0x10), 0x7f) = 0\n",
      "7<p> execve(\"/usr/bin/true\", [...], 0x7f /* 35 vars */) = 0\n",
      "9<p> futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>\n",
    };
    Random random = new Random(4711);
    String odd = "<>()[]{}\"\\,=? -+.0129aE\n\u0000\u00ff";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder log = new StringBuilder();
      for (int line = 0; line < 3; line++) {
        log.append(lines[random.nextInt(lines.length)]);
      }
      for (int change = random.nextInt(6); change > 0 && log.length() > 1; change--) {
        int at = random.nextInt(log.length());
        switch (random.nextInt(3)) {
          case 0 -> log.setCharAt(at, odd.charAt(random.nextInt(odd.length())));
          case 1 -> log.deleteCharAt(at);
          default -> log.setLength(Math.max(at, 1));
        }
      }
      String text = log.toString();
      Tally tally = read(text);
      // Each begun thread is without an end here, so a log with any call in it is not whole.
      if (tally.calls() > 0 && !text.contains("+++ exited") && !text.contains("+++ superseded")) {
        assertThat(tally.completeness().notes()).as(text).isNotEmpty();
      }
    }
  }
}
