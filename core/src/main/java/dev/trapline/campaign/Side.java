// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.run.RoleUse;
import java.time.Duration;
import java.util.Optional;

/// One side of a trial while it runs, wherever that is: the one place that differs between a child
/// process of this machine and a program in a guest or on another machine.
///
/// Every method that is not said to throw nothing throws a `TraplineException` if the place where
/// the side runs has died under it.
interface Side {
  /// Whether it, and nobody else, listens on this port.
  boolean isListening(String transport, int port);

  /// Whether it runs still. It throws nothing.
  boolean isAlive();

  /// Waits for its end, for so long at the most.
  ///
  /// @return its exit code as a shell gives it, 128 + signal if a signal ended it
  Optional<Integer> await(Duration limit) throws InterruptedException;

  /// How long it may take to end when it is asked to.
  Duration grace();

  /// Asks it to end as ^C would.
  void interrupt() throws InterruptedException;

  /// Asks it to end, and ends it if it has not after the time given.
  ///
  /// @return its exit code
  int end(Duration grace) throws InterruptedException;

  /// What it took from the machine; to be asked once, when it has ended.
  RoleUse use();

  /// Puts what it printed where the reader looks for it. To be called after [#use] and after a
  /// capture's end, since fetching may be work of its own.
  void collect() throws InterruptedException;
}
