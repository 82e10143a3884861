// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How big virtual machines are, and what stands between the two sides, whichever monitor it is.
///
/// @param topology what the two sides are
/// @param vcpus of each guest, 1 to 64
/// @param memoryMebibytes of each guest, 64 to 65536
/// @param queues pairs of virtqueues of each network card, 1 to [#vcpus]
/// @param kernel the user's own; null for Debian's cloud kernel
/// @param initrd the user's own initial file system, to which the agent is added; null for the
///   built one
/// @param rootDisk an image of the user's own root file system, mounted read-only; null without
/// @param readyWithin how long a guest may take from its start to its first word
public record MachineSettings(
    Topology topology,
    int vcpus,
    int memoryMebibytes,
    int queues,
    @Nullable Path kernel,
    @Nullable Path initrd,
    @Nullable Path rootDisk,
    Duration readyWithin) {
  /// What the two sides are.
  public enum Topology {
    /// A guest at each end of a bridge.
    GUEST_GUEST,
    /// The server in a guest, the client on the host behind the guest's tap.
    HOST_GUEST;

    /// The word of `--topology`.
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /// One vCPU and 256 MiB each, a guest at each end.
  public static final MachineSettings DEFAULT =
      new MachineSettings(
          Topology.GUEST_GUEST, 1, 256, 1, null, null, null, Duration.ofSeconds(90));
}
