// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

/// A thread of the host that carries a guest.
///
/// @param name as in /proc/TID/comm; untrusted text
public record HostThread(Kind kind, String name, int tid) {
  /// What it is for.
  public enum Kind {
    /// The event loop of the virtual machine monitor.
    MAIN_LOOP,
    /// Runs a guest's CPU; under emulation, is it.
    VCPU,
    /// Serves a device, or the monitor's control socket.
    IO,
    /// Moves packets in the kernel.
    VHOST_WORKER,
    /// Any other thread of the monitor.
    OTHER
  }
}
