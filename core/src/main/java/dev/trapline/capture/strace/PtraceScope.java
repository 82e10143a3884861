// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.strace;

import dev.trapline.host.ProcFs;
import java.util.Optional;

/// The restriction on tracing of the Yama security module: `kernel.yama.ptrace_scope`, described in
/// the kernel's Documentation/admin-guide/LSM/Yama.rst.
final class PtraceScope {
  private PtraceScope() {}

  /// The value, empty on a kernel without Yama.
  static Optional<String> read() {
    return ProcFs.read("sys/kernel/yama/ptrace_scope").map(String::strip);
  }

  /// What a value means for one who was refused.
  static String meaning(String scope) {
    return switch (scope) {
      case "0" ->
          "ptrace_scope is 0, so the process is another user's, or has more privileges than ours";
      case "1" -> "ptrace_scope is 1, attaching to other than own children needs CAP_SYS_PTRACE";
      case "2" -> "ptrace_scope is 2, attaching needs CAP_SYS_PTRACE";
      case "3" -> "ptrace_scope is 3, nobody may trace until the next boot";
      default -> "ptrace_scope is " + scope;
    };
  }
}
