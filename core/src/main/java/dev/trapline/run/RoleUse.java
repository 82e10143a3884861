// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.KvmActivity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one side of a trial was, and what it took from the machine, traced or not. Of a program of
/// this machine that is what wait4(2) accounts to it; of one in a guest, what /proc accounts to the
/// threads of its virtual machine monitor and to its vhost workers during the trial.
///
/// @param node where it ran
/// @param command the workload's own argument list, as started
/// @param exitCode null if it was not ours to wait for
/// @param cpuNanos user and system time of the process and the children it waited for; for a guest
///   all CPU time of the monitor's threads, the guest's own included, and of its vhost workers
/// @param voluntarySwitches times that it slept
/// @param involuntarySwitches times that it was preempted
/// @param vmm what carried it; null if it ran without a virtual machine
/// @param kvm what KVM did for it; null if it has no guest, or in a control trial
/// @param rate of its syscalls over time; null in a control trial, or if the source cannot know
public record RoleUse(
    String node,
    List<String> command,
    @Nullable Integer exitCode,
    @Nullable Long cpuNanos,
    @Nullable Long voluntarySwitches,
    @Nullable Long involuntarySwitches,
    @Nullable VmmUse vmm,
    @Nullable KvmActivity kvm,
    @Nullable CallRate rate) {
  /// Keeps a copy.
  public RoleUse {
    command = List.copyOf(command);
  }

  /// A program of this machine.
  public RoleUse(
      String node,
      List<String> command,
      @Nullable Integer exitCode,
      @Nullable Long cpuNanos,
      @Nullable Long voluntarySwitches,
      @Nullable Long involuntarySwitches) {
    this(
        node,
        command,
        exitCode,
        cpuNanos,
        voluntarySwitches,
        involuntarySwitches,
        null,
        null,
        null);
  }

  /// The same with what a capture saw besides the calls.
  public RoleUse observed(@Nullable KvmActivity seenKvm, @Nullable CallRate seenRate) {
    return new RoleUse(
        node,
        command,
        exitCode,
        cpuNanos,
        voluntarySwitches,
        involuntarySwitches,
        vmm,
        seenKvm,
        seenRate);
  }
}
