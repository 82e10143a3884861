// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyscallCatalogueTest {
  private static final Set<String> IN_THE_VDSO =
      Set.of("clock_gettime", "gettimeofday", "time", "getcpu", "clock_getres", "getrandom");

  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();

  private Syscall syscall(String name) {
    return catalogue.byName(name).orElseThrow(() -> new AssertionError("no entry for " + name));
  }

  @ParameterizedTest
  @CsvSource({
    "newfstat,fstat",
    "fstat64,fstat",
    "newstat,stat",
    "newlstat,lstat",
    "newuname,uname",
    "sendfile64,sendfile",
    "pselect,pselect6",
    "recv,recvfrom",
    "send,sendto",
    "umount,umount2",
    "waitpid,wait4",
    "sigaction,rt_sigaction",
    "pread,pread64",
    "prlimit,prlimit64",
    "_exit,exit_group",
    "sys_enter_newfstat,fstat",
    "sys_exit_readv,readv",
    "sys_read,read",
    "__x64_sys_sendfile64,sendfile",
    "__arm64_sys_ppoll,ppoll"
  })
  void aliasesAndPrefixedNamesResolve(String alias, String name) {
    assertThat(syscall(alias).name()).isEqualTo(name);
  }

  @Test
  void sysfsAndSyslogAreNotTakenForPrefixedNames() {
    assertThat(syscall("sysfs").name()).isEqualTo("sysfs");
    assertThat(syscall("sys_sysinfo").name()).isEqualTo("sysinfo");
    assertThat(catalogue.byName("sys_")).isEmpty();
    assertThat(catalogue.byName("")).isEmpty();
  }

  @Test
  void noNameStandsForTwoSyscalls() {
    Map<String, String> owners = new HashMap<>();
    for (Syscall syscall : catalogue.all()) {
      List<String> names = new ArrayList<>(syscall.aliases());
      names.add(syscall.name());
      for (String name : names) {
        assertThat(owners.put(name, syscall.name())).as(name).isNull();
        assertThat(catalogue.byName(name)).contains(syscall);
      }
    }
  }

  @Test
  void alternativesAreSyscallsOtherThanTheirOwner() {
    for (Syscall syscall : catalogue.all()) {
      for (String alternative : syscall.alternatives()) {
        assertThat(syscall(alternative).name()).isEqualTo(alternative).isNotEqualTo(syscall.name());
      }
    }
  }

  @Test
  void everyEntryIsComplete() {
    assertThat(catalogue.all()).hasSize(383);
    for (Syscall syscall : catalogue.all()) {
      assertThat(syscall.purpose()).as(syscall.name()).endsWith(".").hasSizeGreaterThan(12);
      assertThat(syscall.signature())
          .as(syscall.name())
          .matches("[a-z_0-9 ]+[ *]" + syscall.name() + "\\(.+\\)");
      assertThat(syscall.since()).as(syscall.name()).matches("[1-6](\\.\\d+)+");
      assertThat(syscall.subCategory()).as(syscall.name()).matches("[a-z]+(-[a-z]+)*");
      assertThat(syscall.argumentCount()).isBetween(0, 6);
      assertThat(syscall.x86Number().isPresent() || syscall.arm64Number().isPresent()).isTrue();
      assertThat(syscall.costNote())
          .satisfiesAnyOf(n -> assertThat(n).isEmpty(), n -> assertThat(n).endsWith("."));
    }
  }

  @Test
  void everyCategoryHasSyscallsAndTheyAddUp() {
    int sum = 0;
    for (Category category : Category.values()) {
      List<Syscall> members = catalogue.inCategory(category);
      assertThat(members).as(category.slug()).isNotEmpty();
      assertThat(Category.bySlug(category.slug())).contains(category);
      sum += members.size();
    }
    assertThat(sum).isEqualTo(catalogue.all().size());
    assertThat(Category.values()).hasSize(10);
  }

  @Test
  void getpidIsNotInTheVdso() {
    assertThat(syscall("getpid").vdso()).isFalse();
    assertThat(syscall("gettid").vdso()).isFalse();
    for (Syscall syscall : catalogue.all()) {
      assertThat(syscall.vdso()).as(syscall.name()).isEqualTo(IN_THE_VDSO.contains(syscall.name()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "read",
        "write",
        "readv",
        "writev",
        "pread64",
        "pwrite64",
        "preadv",
        "pwritev",
        "preadv2",
        "pwritev2",
        "sendto",
        "recvfrom",
        "sendmsg",
        "recvmsg",
        "splice",
        "tee",
        "vmsplice",
        "sendfile",
        "getrandom",
        "process_vm_readv",
        "process_vm_writev",
        "copy_file_range"
      })
  void returnValuesThatCountBytesAreKnown(String name) {
    assertThat(syscall(name).returnsBytes()).isTrue();
  }

  @Test
  void messageCountsAreNotBytes() {
    assertThat(syscall("sendmmsg").returnsBytes()).isFalse();
    assertThat(syscall("recvmmsg").returnsBytes()).isFalse();
    assertThat(syscall("io_uring_enter").returnsBytes()).isFalse();
    assertThat(syscall("lseek").returnsBytes()).isFalse();
  }

  @Test
  void onlyExitAndExitGroupNeverReturn() {
    for (Syscall syscall : catalogue.all()) {
      assertThat(syscall.neverReturns())
          .as(syscall.name())
          .isEqualTo(Set.of("exit", "exit_group").contains(syscall.name()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "read,FIRST",
    "sendto,FIRST",
    "mmap,FIFTH",
    "sendfile,FIRST",
    "splice,FIRST",
    "socket,RETURN_VALUE",
    "accept4,RETURN_VALUE",
    "openat,RETURN_VALUE",
    "dup,RETURN_VALUE",
    "epoll_create1,RETURN_VALUE",
    "eventfd2,RETURN_VALUE",
    "epoll_ctl,FIRST",
    "poll,NONE",
    "pselect6,NONE",
    "futex,NONE",
    "getpid,NONE",
    "symlinkat,SECOND",
    "ioctl,FIRST"
  })
  void descriptorArgumentsAreKnown(String name, DescriptorArgument argument) {
    assertThat(syscall(name).descriptorArgument()).isEqualTo(argument);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2",
        "futex", "futex_wait", "nanosleep", "clock_nanosleep", "wait4", "waitid", "rt_sigtimedwait"
      })
  void waitingIsThePurposeOfWaits(String name) {
    assertThat(syscall(name).blocking()).isEqualTo(Blocking.WAITS);
  }

  @Test
  void onlyIoctlAndFutexHaveARequest() {
    assertThat(syscall("ioctl").requestArgument().describe(0xae80)).isEqualTo("KVM_RUN");
    assertThat(syscall("ioctl").requestArgument().describe(0x12345678)).isEqualTo("0x12345678");
    assertThat(syscall("futex").requestArgument().describe(129)).isEqualTo("FUTEX_WAKE_PRIVATE");
    assertThat(syscall("read").requestArgument()).isEqualTo(RequestArgument.NONE);
    assertThat(syscall("fcntl").requestArgument()).isEqualTo(RequestArgument.NONE);
  }

  @Test
  void studyPlacementOfCategoriesIsKept() {
    assertThat(syscall("fstat").category()).isEqualTo(Category.MISCELLANEOUS);
    assertThat(syscall("tgkill").category()).isEqualTo(Category.MISCELLANEOUS);
    assertThat(syscall("rseq").category()).isEqualTo(Category.PROCESS_AND_THREAD);
    assertThat(syscall("rt_sigaction").category()).isEqualTo(Category.SYNCHRONISATION);
    assertThat(syscall("setitimer").category()).isEqualTo(Category.TIME_AND_RESOURCES);
    assertThat(syscall("readv").categoryPath()).isEqualTo("core-io/vectored");
  }

  @Test
  void nearestNamesComeFirst() {
    assertThat(names(catalogue.nearest("redv", 2))).containsExactly("readv", "read");
    assertThat(names(catalogue.nearest("epol_wait", 1))).containsExactly("epoll_wait");
    assertThat(names(catalogue.nearest("sokcet", 1))).containsExactly("socket");
    assertThat(names(catalogue.nearest("io_uring", 3)))
        .containsExactlyInAnyOrder("io_uring_setup", "io_uring_enter", "io_uring_register");
    assertThat(names(catalogue.nearest("sendfle64", 1))).containsExactly("sendfile");
    assertThat(catalogue.nearest("", 5)).hasSize(5);
    assertThat(catalogue.nearest("x", 1000)).hasSize(383);
  }

  private static List<String> names(List<Syscall> syscalls) {
    List<String> names = new ArrayList<>();
    for (Syscall syscall : syscalls) {
      names.add(syscall.name());
    }
    return names;
  }

  @Test
  void architectureOfThisMachineIsFound() {
    assertThat(Architecture.of("amd64")).contains(Architecture.X86_64);
    assertThat(Architecture.of("aarch64")).contains(Architecture.ARM64);
    assertThat(Architecture.of("riscv64")).isEmpty();
    assertThat(Architecture.current()).isEqualTo(Architecture.of(System.getProperty("os.arch")));
  }
}
