// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A program in a guest. The guest tells by itself when it listens and when it has ended, so that
/// nothing passes between host and guest meanwhile but the workload's own traffic.
///
/// Every method throws a `TraplineException` if the machine died under it: `VMM-DIED`,
/// `GUEST-PANIC`, or `GUEST-SILENT`.
public interface GuestProgram {
  /// Whether the guest has seen it listen on the port that it was started with.
  boolean isListening();

  /// Whether it runs still, and the machine with it. It throws nothing.
  boolean isAlive();

  /// Waits for its end, for so long at the most.
  Optional<End> await(Duration limit) throws InterruptedException;

  /// Sends it a signal, by number; nothing happens if it has ended.
  void signal(int number) throws InterruptedException;

  /// Writes what it printed, byte for byte, into files of the host. To be called after its end.
  void deliver(Path standardOutput, Path standardError) throws InterruptedException;

  /// How it ended.
  ///
  /// @param exitCode as a shell gives it: 128 + signal if a signal ended it
  /// @param cpuNanos user and system time by the guest's clock, which is emulated where the guest
  ///   is; null if the guest did not tell
  record End(int exitCode, @org.jspecify.annotations.Nullable Long cpuNanos) {}
}
