// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Numbers and names against the kernel headers of the system. A header may be older than the
/// catalogue, but then only what [#NEWER_THAN_DEBIAN_12] lists may be missing from it.
class SyscallNumbersTest {
  /// Added between 6.1 (the headers of Debian 12) and 6.18.
  private static final Set<String> NEWER_THAN_DEBIAN_12 =
      Set.of(
          "uretprobe",
          "uprobe",
          "cachestat",
          "fchmodat2",
          "map_shadow_stack",
          "futex_wake",
          "futex_wait",
          "futex_requeue",
          "statmount",
          "listmount",
          "lsm_get_self_attr",
          "lsm_set_self_attr",
          "lsm_list_modules",
          "mseal",
          "setxattrat",
          "getxattrat",
          "listxattrat",
          "removexattrat",
          "open_tree_attr",
          "file_getattr",
          "file_setattr");

  private static final int LAST_NUMBER_OF_6_18 = 469;

  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();

  @Test
  void numbersAgreeWithTheKernelHeadersOfX86() {
    assertAgreement(Architecture.X86_64, KernelHeaders.ofX86());
  }

  @Test
  void numbersAgreeWithTheKernelHeadersOfArm64() {
    assertAgreement(Architecture.ARM64, KernelHeaders.ofArm64());
  }

  private void assertAgreement(Architecture architecture, Map<String, Integer> header) {
    assertThat(header).hasSizeGreaterThan(250);
    Map<String, Integer> mine = new TreeMap<>();
    for (Syscall syscall : catalogue.all()) {
      syscall
          .number(architecture)
          .ifPresent(number -> {
            if (header.containsKey(syscall.name())
                || !NEWER_THAN_DEBIAN_12.contains(syscall.name())) {
              mine.put(syscall.name(), number);
            }
          });
    }
    Map<String, Integer> theirs = new TreeMap<>(header);
    theirs.values().removeIf(number -> number > LAST_NUMBER_OF_6_18);
    assertThat(mine).isEqualTo(theirs);
  }

  @Test
  void newerNumbersAreThoseOfThe618Tables() {
    Map<String, Integer> shared = new TreeMap<>();
    for (String name : NEWER_THAN_DEBIAN_12) {
      Syscall syscall = catalogue.byName(name).orElseThrow();
      if (syscall.arm64Number().isPresent()) {
        assertThat(syscall.arm64Number()).isEqualTo(syscall.x86Number());
        shared.put(name, syscall.arm64Number().getAsInt());
      }
    }
    assertThat(new TreeSet<>(shared.values())).hasSize(19).startsWith(451).endsWith(469);
    assertThat(shared)
        .containsEntry("cachestat", 451)
        .containsEntry("mseal", 462)
        .containsEntry("file_setattr", 469);
    assertThat(catalogue.byName("uretprobe").orElseThrow().x86Number()).hasValue(335);
    assertThat(catalogue.byName("uprobe").orElseThrow().x86Number()).hasValue(336);
    assertThat(catalogue.byName("uprobe").orElseThrow().arm64Number()).isEmpty();
  }

  @Test
  void everyNumberLeadsBackToItsSyscall() {
    for (Architecture architecture : Architecture.values()) {
      for (Syscall syscall : catalogue.all()) {
        if (syscall.number(architecture).isPresent()) {
          assertThat(catalogue.byNumber(architecture, syscall.number(architecture).getAsInt()))
              .contains(syscall);
        }
      }
      assertThat(catalogue.byNumber(architecture, -1)).isEmpty();
      assertThat(catalogue.byNumber(architecture, 100_000)).isEmpty();
      assertThat(catalogue.byNumber(architecture, 400)).isEmpty();
    }
  }
}
