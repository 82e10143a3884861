// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A program on another machine. That machine tells by itself when it has ended; nothing passes
/// meanwhile but heartbeats.
///
/// Every method that is not said to throw nothing throws a `TraplineException` with the code
/// `NODE-LOST` if the machine cannot be reached any more.
public interface RemoteProgram {
  /// Whether it, and nobody else there, listens on this port now.
  ///
  /// @param transport `tcp` or `udp`
  boolean isListening(String transport, int port) throws InterruptedException;

  /// Whether it runs still and its machine can be reached. It throws nothing.
  boolean isAlive();

  /// Waits for its end, for so long at the most.
  Optional<End> await(Duration limit) throws InterruptedException;

  /// Sends it a signal, by number; nothing happens if it has ended.
  void signal(int number) throws InterruptedException;

  /// Brings home what it printed, byte for byte. To be called after its end.
  void deliver(Path standardOutput, Path standardError) throws InterruptedException;

  /// How it ended, by wait4(2) there.
  ///
  /// @param startedAt by that machine's wall clock; null if it was never started
  /// @param exitCode as a shell gives it: 128 + signal if a signal ended it, 127 if it could not be
  ///   executed
  record End(
      @Nullable Instant startedAt,
      int exitCode,
      @Nullable Long cpuNanos,
      @Nullable Long voluntarySwitches,
      @Nullable Long involuntarySwitches) {}
}
