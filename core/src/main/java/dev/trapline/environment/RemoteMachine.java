// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.capture.CaptureLevel;
import dev.trapline.host.MachineSample;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// Another machine that stands and answers, as the runner of a workload sees it: halves of trials
/// can be run on it, its clock is known against ours, and its facts can be told. How it is reached
/// is not told here.
///
/// Every method that is not said to throw nothing throws a `TraplineException` with the code
/// `NODE-LOST` if the machine cannot be reached any more. It then ends what runs there by itself.
public interface RemoteMachine extends AutoCloseable {
  /// The name that the campaign gives it.
  String name();

  /// What [NodeFacts#machine] reads there, `boot-id` and `uid` among it: two nodes with one boot id
  /// are one machine.
  SortedMap<String, String> facts();

  /// What [NodeFacts#examine] finds there, which takes some seconds.
  ///
  /// @param address the one under test
  /// @param peers numeric addresses that it should reach
  SortedMap<String, String> examine(String address, List<String> peers) throws InterruptedException;

  /// Its wall clock against ours, measured now.
  ClockReading clock() throws InterruptedException;

  /// Counters of that machine now. Its `ownNanos` are of the agent there and of what it has started
  /// that has ended.
  MachineSample sample() throws InterruptedException;

  /// Begins its half of a trial. There is one at a time.
  ///
  /// @param captureSource name of the source that counts what is started there; null for a control
  ///   trial, where nothing is counted
  /// @param level how much is counted; null for a control trial
  /// @throws dev.trapline.TraplineException also with the source's own code, if it does not work
  ///   there
  RemoteTrial begin(@Nullable String captureSource, @Nullable CaptureLevel level)
      throws InterruptedException;

  /// Whether it can be reached still, as far as is known. It throws nothing.
  boolean isReachable();

  /// Ends what runs there for us, and the way to it. It throws nothing.
  @Override
  void close();
}
