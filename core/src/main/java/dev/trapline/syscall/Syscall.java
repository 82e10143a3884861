// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.List;
import java.util.OptionalInt;

/// What the catalogue knows about one syscall.
///
/// A description, not a measurement, and of the kernel's interface, not of the C library's:
/// `select` of the library may well be `pselect6` here.
///
/// @param name the kernel's name, as in `__NR_name`
/// @param x86Number number on x86-64, or nothing where that architecture does not have it
/// @param arm64Number number on arm64, or nothing where that architecture does not have it
/// @param since first kernel release with it (on any architecture), as `syscalls(2)` tells; `1.0`
///   and `2.0` stand for everything older too
/// @param category one of the ten categories
/// @param subCategory finer kind within the category, such as `positioned`
/// @param blocking whether it can wait
/// @param networkRelevance its part in a network workload
/// @param returnsBytes whether a positive return value counts bytes; `sendmmsg` and `recvmmsg`
///   count messages and are not among them
/// @param vdso whether the kernel offers it in the vDSO too, so that most calls never enter the
///   kernel and are not counted
/// @param neverReturns whether a call has an entry and no exit (`exit`, `exit_group`)
/// @param descriptorArgument where the descriptor is that tells what a call works on
/// @param aliases other names of the same syscall: tracepoints (`newfstat`) and C library functions
///   (`recv`)
/// @param alternatives names of syscalls that may do the same job better
/// @param signature C prototype as the kernel takes it, which can differ from the library's
/// @param purpose what it does, in one or two sentences
/// @param costNote what makes it dear or cheap, in one or two sentences; may be empty
public record Syscall(
    String name,
    OptionalInt x86Number,
    OptionalInt arm64Number,
    String since,
    Category category,
    String subCategory,
    Blocking blocking,
    NetworkRelevance networkRelevance,
    boolean returnsBytes,
    boolean vdso,
    boolean neverReturns,
    DescriptorArgument descriptorArgument,
    List<String> aliases,
    List<String> alternatives,
    String signature,
    String purpose,
    String costNote) {

  /// The syscall's number on an architecture.
  public OptionalInt number(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> x86Number;
      case ARM64 -> arm64Number;
    };
  }

  /// Category and sub-category as one path: `core-io/vectored`.
  public String categoryPath() {
    return category.slug() + "/" + subCategory;
  }

  /// Which request its second argument chooses.
  public RequestArgument requestArgument() {
    return switch (name) {
      case "ioctl" -> RequestArgument.IOCTL_REQUEST;
      case "futex" -> RequestArgument.FUTEX_OPERATION;
      default -> RequestArgument.NONE;
    };
  }

  /// How many arguments the kernel takes, 0 to 6.
  public int argumentCount() {
    int open = signature.indexOf('(');
    if (signature.startsWith("void)", open + 1)) {
      return 0;
    }
    int count = 1;
    for (int at = open; at < signature.length(); at++) {
      if (signature.charAt(at) == ',') {
        count++;
      }
    }
    return count;
  }
}
