// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.DescriptorArgument;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.Optional;

/// What the kernel program must know of each syscall, from the catalogue; and the way back from a
/// number to a name.
final class SyscallTraits {
  private final Architecture architecture;
  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();

  SyscallTraits(Architecture architecture) {
    this.architecture = architecture;
  }

  /// One word of bits per number, 0 for a number that the catalogue lacks.
  short[] table() {
    short[] table = new short[EbpfLayout.SYSCALL_NUMBERS];
    for (Syscall syscall : catalogue.all()) {
      syscall
          .number(architecture)
          .ifPresent(number -> {
            if (number < table.length) {
              table[number] = (short) traitsOf(syscall);
            }
          });
    }
    return table;
  }

  private static int traitsOf(Syscall syscall) {
    int traits =
        syscall.descriptorArgument() == DescriptorArgument.RETURN_VALUE
            ? EbpfLayout.DESCRIPTOR_IS_RESULT
            : syscall.descriptorArgument().index().orElse(-1) + 1;
    if (syscall.returnsBytes()) {
      traits |= EbpfLayout.RETURNS_BYTES;
    }
    if (syscall.requestArgument() != RequestArgument.NONE) {
      traits |= EbpfLayout.HAS_REQUEST;
    }
    if (syscall.neverReturns()) {
      traits |= EbpfLayout.NEVER_RETURNS;
    }
    return traits
        | switch (syscall.name()) {
          case "execve", "execveat" -> EbpfLayout.REPLACES_PROGRAM;
          case "fork", "vfork", "clone", "clone3" -> EbpfLayout.STARTS_TASK;
          case "close" -> EbpfLayout.CLOSES_DESCRIPTOR;
          default -> 0;
        };
  }

  /// The syscall behind a number of the 64-bit entry.
  Optional<Syscall> byNumber(int number) {
    return catalogue.byNumber(architecture, number);
  }
}
