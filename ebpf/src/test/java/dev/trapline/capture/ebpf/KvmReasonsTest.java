// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The names of KVM's reasons, against the headers of the kernel on this machine.
class KvmReasonsTest {
  private static final Path VMX = Path.of("/usr/include/x86_64-linux-gnu/asm/vmx.h");
  private static final Path SVM = Path.of("/usr/include/x86_64-linux-gnu/asm/svm.h");
  private static final Path KVM = Path.of("/usr/include/linux/kvm.h");

  /// Not numbers of reasons, though they begin like one.
  private static final Set<String> OTHERS =
      Set.of(
          "EXCP_BASE",
          "LAST_EXCP",
          "HYPERV_SYNIC",
          "HYPERV_HCALL",
          "HYPERV_SYNDBG",
          "XEN_HCALL",
          "IO_IN",
          "IO_OUT",
          "XEN_HVM_CONFIG_HYPERCALL_MSR");

  private interface Name {
    String of(int number);
  }

  private static void compare(Path header, String prefix, Name name) throws Exception {
    if (!Files.exists(header)) {
      KnownCalls.skip(header + " is missing; on Debian: apt-get install linux-libc-dev");
    }
    Matcher define =
        Pattern.compile("(?m)^#define\\s+" + prefix + "(\\w+)\\s+(-?(?:0x)?[0-9a-f]+)\\s*$")
            .matcher(Files.readString(header));
    int found = 0;
    while (define.find()) {
      if (!OTHERS.contains(define.group(1))) {
        assertThat(name.of((int) (long) Long.decode(define.group(2)))).isEqualTo(define.group(1));
        found++;
      }
    }
    assertThat(found).isGreaterThan(20);
  }

  @Test
  void exitsOfVmxAreNamedAsTheKernelNamesThem() throws Exception {
    compare(VMX, "EXIT_REASON_", number -> KvmReasons.exit(EbpfLayout.ISA_VMX, number));
  }

  @Test
  void exitsOfSvmAreNamedAsTheKernelNamesThem() throws Exception {
    compare(SVM, "SVM_EXIT_", number -> KvmReasons.exit(EbpfLayout.ISA_SVM, number));
  }

  @Test
  void returnsAreNamedAsTheKernelNamesThem() throws Exception {
    compare(KVM, "KVM_EXIT_", KvmReasons::returned);
  }

  @Test
  void aNumberWithoutANameKeepsItsDigits() {
    assertThat(KvmReasons.exit(EbpfLayout.ISA_VMX, 0xfff0)).isEqualTo("VMX_0xfff0");
    assertThat(KvmReasons.exit(EbpfLayout.ISA_SVM, 0x45)).isEqualTo("EXCP_5");
    assertThat(KvmReasons.exit(7, 1)).isEqualTo("ISA_7_1");
    assertThat(KvmReasons.returned(EbpfLayout.RETURN_FAILED)).isEqualTo("ERROR");
  }
}
