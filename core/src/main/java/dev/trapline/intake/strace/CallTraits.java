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
/// @param written the name as strace writes it, which may be an alias of the canonical one
/// @param isKnown whether the catalogue has it
/// @param descriptorIndex the argument that is the descriptor, from 0; [#NO_DESCRIPTOR] or
///   [#RETURNED_DESCRIPTOR]
record CallTraits(
    int index,
    String name,
    String written,
    boolean isKnown,
    boolean returnsBytes,
    boolean neverReturns,
    int descriptorIndex,
    RequestArgument request,
    boolean startsTask,
    boolean executes,
    boolean makesSocket,
    boolean accepts) {
  static final int NO_DESCRIPTOR = -1;
  static final int RETURNED_DESCRIPTOR = -2;

  private static final String UNKNOWN_PREFIX = "syscall_0x";
  private static final String CANONICAL_PREFIX = "syscall-";

  static CallTraits of(String straceName, int index) {
    Optional<Syscall> found = SyscallCatalogue.instance().byName(straceName);
    if (found.isEmpty()) {
      return new CallTraits(
          index,
          canonicalUnknown(straceName),
          straceName,
          false,
          false,
          false,
          NO_DESCRIPTOR,
          RequestArgument.NONE,
          false,
          false,
          false,
          false);
    }
    Syscall syscall = found.get();
    String name = syscall.name();
    return new CallTraits(
        index,
        name,
        straceName,
        true,
        syscall.returnsBytes(),
        syscall.neverReturns(),
        descriptorIndex(syscall.descriptorArgument()),
        syscall.requestArgument(),
        name.equals("clone")
            || name.equals("clone3")
            || name.equals("fork")
            || name.equals("vfork"),
        name.equals("execve") || name.equals("execveat"),
        name.equals("socket"),
        name.equals("accept") || name.equals("accept4"));
  }

  /// The name under another personality than the machine's own: `i386#mmap2`, `x32#ioctl`, and the
  /// number where strace knew no name, `i386#999`. The catalogue's names and numbers are of another
  /// table and would be wrong here.
  String nameAs(String personality) {
    boolean isNumber = written.startsWith(UNKNOWN_PREFIX) && name.startsWith(CANONICAL_PREFIX);
    return personality + "#" + (isNumber ? name.substring(CANONICAL_PREFIX.length()) : written);
  }

  /// Whether a socket that it returns gets the kind that it was made as.
  boolean returnsNewSocket() {
    return makesSocket || accepts;
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
        return CANONICAL_PREFIX
            + Integer.parseInt(straceName.substring(UNKNOWN_PREFIX.length()), 16);
      } catch (NumberFormatException notANumber) {
        return straceName;
      }
    }
    return straceName;
  }
}
