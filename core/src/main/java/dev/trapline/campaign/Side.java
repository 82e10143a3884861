// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.run.RoleUse;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One program of a trial, wherever it runs: the one place that differs between a child process of
/// this machine and a program in a guest or on another machine.
///
/// It is armed, told to go, awaited, and asked. What is done between [#measureFrom] and
/// [#measureTo] is in the figures, so what can be done before and after is done there.
///
/// Every method that is not said to throw nothing throws a `TraplineException` if the place where
/// the side runs has died under it.
interface Side {
  /// The name of its files, unique in the trial: `client`, and `client-2` of the second.
  String name();

  /// Whether a machine that stands already carries it, and is what is counted. Its server is then
  /// started before a capture begins and ended after it, so that the talk which that takes is in no
  /// figure. Otherwise the program itself is counted, from its start to its end.
  boolean isCarried();

  /// Does all that can be done before the word to go. To be called before a capture if it [is
  /// carried][#isCarried], else in it.
  void arm() throws InterruptedException;

  /// Starts it, with as little as possible left to do.
  ///
  /// @param at moment of this machine's clock before which it does not begin; null for at once. A
  ///   side that can be told beforehand comes back when the word has arrived, any other when it has
  ///   started
  void go(@Nullable Instant at) throws InterruptedException;

  /// For a side that cannot be told beforehand: waits until the moment has come.
  ///
  /// @param at null for at once
  static void awaitMoment(@Nullable Instant at) throws InterruptedException {
    if (at != null) {
      Duration left = Duration.between(Instant.now(), at);
      if (left.isPositive()) {
        Thread.sleep(left);
      }
    }
  }

  /// What it takes from the machine counts from here, if it is [carried][#isCarried].
  void measureFrom();

  /// And up to here.
  void measureTo();

  /// Whether it, and nobody else, listens on this port.
  boolean isListening(String transport, int port) throws InterruptedException;

  /// Whether it has been armed or started, and has not ended, as far as is known. It throws
  /// nothing.
  boolean isAlive();

  /// Waits for its end, for so long at the most.
  ///
  /// @return whether it has ended
  boolean await(Duration limit) throws InterruptedException;

  /// How long it may take to end when it is asked to.
  Duration grace();

  /// Asks it to end as ^C would.
  void interrupt() throws InterruptedException;

  /// Asks it to end, and ends it if it has not after its time of grace.
  void end() throws InterruptedException;

  /// As a shell gives it, 128 + signal if a signal ended it. To be asked when it has ended; outside
  /// of a capture if it is [carried][#isCarried].
  int exitCode() throws InterruptedException;

  /// What it took from the machine; to be asked when it has ended, and after [#exitCode].
  RoleUse use() throws InterruptedException;

  /// When it began; to be asked when it has ended.
  ///
  /// @return null if that is not known
  default @Nullable Started startedAt() {
    return null;
  }

  /// When a program began.
  ///
  /// @param at by this machine's clock
  /// @param errorNanos the most that this can be wrong by, since the program's machine has another
  ///   clock; 0 on this machine
  record Started(Instant at, long errorNanos) {}

  /// Puts what it printed where the reader looks for it. To be called last, and after a capture's
  /// end, since fetching may be work of its own.
  void collect() throws InterruptedException;
}
