// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.vmm;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One virtual machine to be.
///
/// @param name short, of letters, digits and `-`: for the monitor's `-name` and the names of files
/// @param kernel what `-kernel` takes
/// @param initrd the initial file system; null if the root file system of the disk is used
/// @param disk a root file system of the user's, read-only; null without
/// @param kernelArguments the whole command line but for what the driver itself must add
/// @param tap name of a tap that stands in the namespace, made for as many queues
/// @param macAddress of the guest's network card
/// @param vcpus virtual CPUs
/// @param memoryMebibytes of the guest
/// @param queues pairs of virtqueues of the network card; 1 is no multi-queue
/// @param networkNamespace path of the namespace that the tap is in, for `Launch`
/// @param cpus of the host that the monitor may run on; empty for any
/// @param leaseId for `Launch.background`
/// @param scratch an existing folder of its own with a short path, for sockets and configuration;
///   removed by the caller after the machine
/// @param kept an existing folder for what is to be kept: files in it begin with [#name]
public record MachinePlan(
    String name,
    Path kernel,
    @Nullable Path initrd,
    @Nullable Path disk,
    String kernelArguments,
    String tap,
    String macAddress,
    int vcpus,
    int memoryMebibytes,
    int queues,
    String networkNamespace,
    List<Integer> cpus,
    String leaseId,
    Path scratch,
    Path kept) {
  /// Keeps a copy.
  public MachinePlan {
    cpus = List.copyOf(cpus);
  }
}
