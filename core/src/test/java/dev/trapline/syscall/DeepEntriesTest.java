// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeepEntriesTest {
  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();

  /// Every syscall that the study of network benchmarks names, whose taxonomy the catalogue keeps.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "read",
        "write",
        "readv",
        "writev",
        "recvfrom",
        "sendto",
        "pread64",
        "pwrite64",
        "preadv",
        "pwritev",
        "pselect6",
        "epoll_pwait",
        "ppoll",
        "epoll_ctl",
        "ioctl",
        "socket",
        "bind",
        "listen",
        "accept",
        "accept4",
        "setsockopt",
        "getsockopt",
        "getsockname",
        "getpeername",
        "mmap",
        "munmap",
        "madvise",
        "mprotect",
        "clone3",
        "clone",
        "fork",
        "exit",
        "exit_group",
        "set_robust_list",
        "rseq",
        "futex",
        "rt_sigprocmask",
        "rt_sigaction",
        "rt_sigreturn",
        "openat",
        "close",
        "lseek",
        "fdatasync",
        "ftruncate",
        "unlink",
        "clock_gettime",
        "clock_nanosleep",
        "getrusage",
        "setitimer",
        "newfstat",
        "getpid",
        "gettid",
        "tgkill",
        "select",
        "poll",
        "fcntl",
        "splice",
        "sendfile"
      })
  void everySyscallOfTheStudyHasADeepEntry(String name) {
    assertComplete(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sendmsg",
        "recvmsg",
        "sendmmsg",
        "recvmmsg",
        "poll",
        "select",
        "epoll_wait",
        "epoll_pwait2",
        "splice",
        "sendfile",
        "tee",
        "vmsplice",
        "shutdown",
        "socketpair",
        "connect",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "eventfd2",
        "timerfd_create",
        "timerfd_settime",
        "timerfd_gettime"
      })
  void everySyscallOfTheNetworkFamilyHasADeepEntry(String name) {
    assertComplete(name);
  }

  private void assertComplete(String name) {
    Syscall syscall = catalogue.byName(name).orElseThrow();
    assertThat(catalogue.hasDeepEntry(syscall)).isTrue();
    DeepEntry deep = catalogue.deepEntry(syscall).orElseThrow();
    assertThat(deep.pattern()).isNotBlank();
    assertThat(deep.efficient()).isNotBlank();
    assertThat(deep.costs()).isNotBlank();
    assertThat(deep.instead()).isNotBlank();
  }

  @Test
  void everyDeepEntryParses() {
    int count = 0;
    for (Syscall syscall : catalogue.all()) {
      boolean there = catalogue.deepEntry(syscall).isPresent();
      assertThat(catalogue.hasDeepEntry(syscall)).isEqualTo(there);
      if (there) {
        assertComplete(syscall.name());
        count++;
      }
    }
    assertThat(count).isGreaterThanOrEqualTo(89);
  }

  @Test
  void sectionsAreFoundWhateverTheirOrder() {
    DeepEntry deep =
        DeepEntry.parse(
            "# c\n@costs\nc1\n\nc2\n@pattern\np mail@host\n@caution\n@efficient\ne\n@instead\ni\n");
    assertThat(deep).isEqualTo(new DeepEntry("p mail@host", "e", "c1\n\nc2", "i", ""));
  }

  @Test
  void anUnknownSectionIsAnError() {
    assertThatThrownBy(() -> DeepEntry.parse("@patern\nx\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown section @patern");
  }

  @Test
  void mistakesOfTheStudyAreNotRepeated() {
    DeepEntry getpid = catalogue.deepEntry(catalogue.byName("getpid").orElseThrow()).orElseThrow();
    assertThat(getpid.toString()).contains("vDSO").doesNotContain("VDSO-accelerated");
    DeepEntry select = catalogue.deepEntry(catalogue.byName("select").orElseThrow()).orElseThrow();
    assertThat(select.toString()).contains("FD_SETSIZE");
  }
}
