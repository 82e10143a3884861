// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// A virtual machine that stands, as the runner of a workload sees it: programs can be started in
/// it, and its monitor's threads on the host are known. What it is made with is not told here.
public interface GuestMachine {
  /// The monitor's argument list, as started.
  List<String> command();

  /// Of the monitor on the host; another one after the machine was started again.
  int pid();

  /// The threads that carry it now, vhost workers included, wherever the kernel keeps them.
  List<HostThread> threads();

  /// What the monitor counted of the guest's network card since it was started, by its own names;
  /// null if it does not count, or does not answer.
  default @Nullable SortedMap<String, Long> networkCounters() {
    return null;
  }

  /// Makes a program ready to run in the guest, which then waits for [GuestProgram#go] and does
  /// nothing else. Several may be armed at once.
  ///
  /// @param command program and arguments; no shell is asked
  /// @param listening the port that the guest is to watch until the program listens there
  /// @throws dev.trapline.TraplineException if the machine died, or does not answer
  GuestProgram arm(List<String> command, Listening listening) throws InterruptedException;

  /// A port to be listened on.
  ///
  /// @param transport `tcp` or `udp`
  /// @param port 0 if the program is not to listen at all
  record Listening(String transport, int port) {
    /// A program that does not listen.
    public static final Listening NOT = new Listening("tcp", 0);
  }
}
