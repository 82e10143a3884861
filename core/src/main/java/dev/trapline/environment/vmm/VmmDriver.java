// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.vmm;

import java.util.Optional;
import java.util.SortedMap;

/// Starts virtual machines with one kind of monitor, in one way. It knows nothing of what runs in a
/// guest, nor how the network between two of them is made: it is given a tap that stands.
///
/// Implementations hold settings only; each [#start] is a machine of its own.
public interface VmmDriver {
  /// Of the program, for words: `QEMU`, `Firecracker`.
  String name();

  /// Why it cannot start machines here, with the remedy; found by looking, not by booting.
  Optional<Missing> missing();

  /// What its machines are made of, by name, such as `accelerator`, `machine`, `vhost`.
  SortedMap<String, String> settings();

  /// Words for the kernel's command line that this kind of machine needs, the console among them.
  String kernelArguments();

  /// Starts the monitor and the guest's CPUs. It returns as soon as the monitor runs and its
  /// control socket answers; whether the guest boots is seen at the serial port.
  ///
  /// The process must be started through [dev.trapline.host.ChildProcess] with the plan's lease
  /// mark, network namespace and CPUs; whatever else is made lies in the plan's scratch folder.
  ///
  /// @throws dev.trapline.TraplineException `VMM-NOT-STARTED` with the monitor's own words
  /// @throws InterruptedException after the monitor was ended
  RunningVmm start(MachinePlan plan) throws InterruptedException;

  /// Why not, and what to do.
  ///
  /// @param code such as `FIRECRACKER-MISSING`
  record Missing(String code, String reason, String remedy) {}
}
