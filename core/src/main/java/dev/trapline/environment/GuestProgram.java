// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A program in a guest. From the word to go until its end nothing passes between host and guest
/// but the workload's own traffic, one byte that starts it and one that says that it has ended:
/// each byte more would cost the monitor calls that are counted. How it ended is told when it is
/// asked.
///
/// Every method that is not said to throw nothing throws a `TraplineException` if the machine died
/// under it: `VMM-DIED`, `GUEST-PANIC`, or `GUEST-SILENT`.
public interface GuestProgram {
  /// Starts it, and with the same byte everything else that is armed in its machine; nothing
  /// happens if that has been done. It does not wait for an answer.
  void go() throws InterruptedException;

  /// Whether the guest has seen it listen on the port that it was armed with.
  boolean isListening();

  /// Whether it has not ended yet, and the machine lives too. It throws nothing.
  boolean isAlive();

  /// Waits for its end, for so long at the most.
  ///
  /// @return whether it has ended
  boolean await(Duration limit) throws InterruptedException;

  /// How it ended. To be called after its end.
  End end() throws InterruptedException;

  /// Sends it a signal, by number; nothing happens if it has ended. One that was never told to go
  /// ends by any signal.
  void signal(int number) throws InterruptedException;

  /// Writes what it printed, byte for byte, into files of the host. To be called after its end.
  void deliver(Path standardOutput, Path standardError) throws InterruptedException;

  /// How it ended.
  ///
  /// @param exitCode as a shell gives it: 128 + signal if a signal ended it
  /// @param cpuNanos user and system time by the guest's clock, which is emulated where the guest
  ///   is; null if the guest did not tell
  record End(int exitCode, @Nullable Long cpuNanos) {}
}
