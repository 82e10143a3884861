// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.DescriptorArgument;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What the readers must know of a syscall, found by number or by perf's name for it, as one object
/// per syscall and reader. Not thread-safe.
final class CallTable {
  /// A syscall. Equal only to itself.
  static final class Call {
    /// The catalogue's name, or perf's for one that the catalogue lacks, or `syscall-N`.
    final String name;

    final boolean returnsBytes;
    final boolean neverReturns;

    /// Whether it returns twice: in the caller, and as 0 in the thread or process that it made.
    final boolean startsTask;

    final boolean executes;

    /// Whether the kernel tells its end as that of no call (number -1), since it has restored the
    /// registers of the call that a signal interrupted.
    final boolean endsAsNoCall;

    final RequestArgument request;
    final DescriptorArgument descriptor;

    /// Whether any end of it was seen.
    boolean endSeen;

    /// Whether a thread was seen to go on behind it without an end of it.
    boolean endMissed;

    private Call(String name, Optional<Syscall> known) {
      this.name = name;
      returnsBytes = known.isPresent() && known.get().returnsBytes();
      neverReturns = known.isPresent() && known.get().neverReturns();
      startsTask =
          name.equals("clone")
              || name.equals("clone3")
              || name.equals("fork")
              || name.equals("vfork");
      executes = name.equals("execve") || name.equals("execveat");
      endsAsNoCall = name.equals("rt_sigreturn");
      request = known.map(Syscall::requestArgument).orElse(RequestArgument.NONE);
      descriptor = known.map(Syscall::descriptorArgument).orElse(DescriptorArgument.NONE);
    }
  }

  private final Architecture architecture;
  private final Map<Integer, Call> byNumber = new HashMap<>();
  private final Map<String, Call> byName = new HashMap<>();
  private final Map<String, Call> byCanonicalName = new HashMap<>();

  CallTable(Architecture architecture) {
    this.architecture = architecture;
  }

  Call byNumber(int number) {
    return byNumber.computeIfAbsent(
        number,
        any -> {
          Optional<Syscall> known = SyscallCatalogue.instance().byNumber(architecture, number);
          return canonical(known.map(Syscall::name).orElse("syscall-" + number), known);
        });
  }

  /// By any name that perf has for it, such as `newfstat` and `sendfile64`.
  Call byName(String name) {
    Call call = byName.get(name);
    if (call == null) {
      Optional<Syscall> known = SyscallCatalogue.instance().byName(name);
      call = canonical(known.map(Syscall::name).orElse(name), known);
      byName.put(name, call);
    }
    return call;
  }

  private Call canonical(String name, Optional<Syscall> known) {
    return byCanonicalName.computeIfAbsent(name, any -> new Call(name, known));
  }
}
