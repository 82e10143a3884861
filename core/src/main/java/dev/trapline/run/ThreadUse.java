// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What one thread that carries a guest took from the host during a trial, from /proc.
///
/// @param kind what the thread is for
/// @param name as in /proc/TID/comm; untrusted text
/// @param tid on the host
/// @param cpuNanos on a CPU, guest time included, from /proc/TID/schedstat
/// @param runDelayNanos ready, waiting for a CPU, from the same
/// @param voluntarySwitches times that it slept
/// @param involuntarySwitches times that it was preempted
public record ThreadUse(
    Kind kind,
    String name,
    int tid,
    @Nullable Long cpuNanos,
    @Nullable Long runDelayNanos,
    @Nullable Long voluntarySwitches,
    @Nullable Long involuntarySwitches) {
  /// What a thread is for.
  public enum Kind {
    /// The event loop of the virtual machine monitor.
    MAIN_LOOP,
    /// Runs a guest's CPU; under emulation, is it.
    VCPU,
    /// Serves a device, or the monitor's control socket.
    IO,
    /// Moves packets in the kernel: a kernel thread up to Linux 6.3, a thread of the monitor's
    /// process from 6.4 on.
    VHOST_WORKER,
    /// Any other thread of the monitor.
    OTHER;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /// The word of tables and files: `main-loop`, `vcpu`, `vhost-worker`.
    public String label() {
      return label;
    }

    /// The reverse of [#label].
    ///
    /// @throws IllegalArgumentException if no kind has this label
    public static Kind ofLabel(String label) {
      for (Kind kind : values()) {
        if (kind.label.equals(label)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of thread is called '" + label + "'");
    }
  }
}
