// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import dev.trapline.syscall.DescriptorArgument;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.Optional;

/// What the reader must know of a syscall, looked up once per name.
///
/// @param index a small number, unique in one reader
/// @param name the catalogue's canonical name, or strace's own where the catalogue has none
/// @param descriptorIndex the argument that is the descriptor, from 0; [#NO_DESCRIPTOR] or
///   [#RETURNED_DESCRIPTOR]
record CallTraits(
    int index,
    String name,
    boolean returnsBytes,
    boolean neverReturns,
    int descriptorIndex,
    RequestArgument request,
    boolean startsTask,
    boolean executes,
    boolean makesSocket) {
  static final int NO_DESCRIPTOR = -1;
  static final int RETURNED_DESCRIPTOR = -2;

  private static final String UNKNOWN_PREFIX = "syscall_0x";

  static CallTraits of(String straceName, int index) {
    Optional<Syscall> found = SyscallCatalogue.instance().byName(straceName);
    if (found.isEmpty()) {
      return new CallTraits(
          index,
          canonicalUnknown(straceName),
          false,
          false,
          NO_DESCRIPTOR,
          RequestArgument.NONE,
          false,
          false,
          false);
    }
    Syscall syscall = found.get();
    String name = syscall.name();
    return new CallTraits(
        index,
        name,
        syscall.returnsBytes(),
        syscall.neverReturns(),
        descriptorIndex(syscall.descriptorArgument()),
        syscall.requestArgument(),
        name.equals("clone")
            || name.equals("clone3")
            || name.equals("fork")
            || name.equals("vfork"),
        name.equals("execve") || name.equals("execveat"),
        name.equals("socket"));
  }

  private static int descriptorIndex(DescriptorArgument argument) {
    return argument == DescriptorArgument.RETURN_VALUE
        ? RETURNED_DESCRIPTOR
        : argument.index().orElse(NO_DESCRIPTOR);
  }

  /// strace writes `syscall_0x1b5` for a number that it has no name for.
  private static String canonicalUnknown(String straceName) {
    if (straceName.startsWith(UNKNOWN_PREFIX)) {
      try {
        return "syscall-" + Integer.parseInt(straceName.substring(UNKNOWN_PREFIX.length()), 16);
      } catch (NumberFormatException notANumber) {
        return straceName;
      }
    }
    return straceName;
  }
}
