// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestNamesTest {
  @ParameterizedTest
  @CsvSource({
    "ae80,KVM_RUN",
    "4020aea5,KVM_SIGNAL_MSI",
    "4008ae61,KVM_IRQ_LINE",
    "c008ae67,KVM_IRQ_LINE_STATUS",
    "4020ae76,KVM_IRQFD",
    "4040ae79,KVM_IOEVENTFD",
    "ae01,KVM_CREATE_VM",
    "ae41,KVM_CREATE_VCPU",
    "4020ae46,KVM_SET_USER_MEMORY_REGION",
    "4020aeae,KVM_ARM_VCPU_INIT",
    "400454ca,TUNSETIFF",
    "4008af30,VHOST_NET_SET_BACKEND",
    "4008af20,VHOST_SET_VRING_KICK",
    "5401,TCGETS",
    "5413,TIOCGWINSZ",
    "541b,FIONREAD|TIOCINQ",
    "5421,FIONBIO",
    "5452,FIOASYNC",
    "8912,SIOCGIFCONF",
    "8946,SIOCETHTOOL",
    "b701,NS_GET_USERNS",
    "80081272,BLKGETSIZE64",
    "2400,PERF_EVENT_IOC_ENABLE",
    "40049409,FICLONE",
    "40088a01,EPIOCSPARAMS",
    "3b71,VFIO_DEVICE_PCI_HOT_RESET|VFIO_IOMMU_MAP_DMA"
  })
  void ioctlRequestsAreNamedByNumber(String hexadecimal, String name) {
    assertThat(IoctlRequest.name(Long.parseLong(hexadecimal, 16))).contains(name);
  }

  @Test
  void anIoctlRequestIsTakenAsThirtyTwoBitsAsTheKernelDoes() {
    assertThat(IoctlRequest.name(0xffffffff_c008ae67L)).contains("KVM_IRQ_LINE_STATUS");
    assertThat(IoctlRequest.name(0)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0,FUTEX_WAIT",
    "1,FUTEX_WAKE",
    "128,FUTEX_WAIT_PRIVATE",
    "129,FUTEX_WAKE_PRIVATE",
    "393,FUTEX_WAIT_BITSET_PRIVATE",
    "265,FUTEX_WAIT_BITSET",
    "13,FUTEX_LOCK_PI2",
    "99,futex-operation-99"
  })
  void futexOperationsAreNamedWithoutTheirFlags(int operation, String name) {
    assertThat(FutexOperation.name(operation)).isEqualTo(name);
  }

  @Test
  void futexWaitsAreWaitingAndWakesAreWork() {
    assertThat(FutexOperation.waits(393)).isTrue();
    assertThat(FutexOperation.waits(128)).isTrue();
    assertThat(FutexOperation.waits(129)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "1,EPERM",
    "4,EINTR",
    "11,EAGAIN",
    "38,ENOSYS",
    "104,ECONNRESET",
    "115,EINPROGRESS",
    "133,EHWPOISON",
    "512,ERESTARTSYS",
    "513,ERESTARTNOINTR",
    "514,ERESTARTNOHAND",
    "515,ENOIOCTLCMD",
    "516,ERESTART_RESTARTBLOCK",
    "999,errno-999",
    "41,errno-41",
    "0,errno-0"
  })
  void errorNumbersAndNamesLeadToEachOther(int number, String name) {
    assertThat(Errno.name(number)).isEqualTo(name);
    assertThat(Errno.number(name)).hasValue(number);
  }

  @Test
  void secondNamesOfErrorsHaveTheSameNumber() {
    assertThat(Errno.number("EWOULDBLOCK")).hasValue(11);
    assertThat(Errno.number("EDEADLOCK")).hasValue(35);
    assertThat(Errno.number("ENOTSUP")).hasValue(95);
    assertThat(Errno.number("")).isEmpty();
    assertThat(Errno.number("EWHATEVER")).isEmpty();
    assertThat(Errno.number("errno-x")).isEmpty();
  }
}
