// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.capture.CaptureResult;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One machine's half of a trial, while it runs there. Closing it ends what still runs there and
/// removes its files; it throws nothing.
public interface RemoteTrial extends AutoCloseable {
  /// Starts a program there.
  ///
  /// @param name unique in the trial, such as `client-2`; part of its files' names
  /// @param role under which its calls are counted
  /// @param command program and arguments; no shell is asked
  /// @param cpus that it is bound to; empty for any
  /// @param at moment of *that machine's* wall clock before which it does not begin; null for at
  ///   once. The call comes back when the order has arrived, not when the moment has
  /// @throws dev.trapline.TraplineException `COMMAND-NOT-STARTED` if it is known at once that it
  ///   cannot be executed
  RemoteProgram start(
      String name, String role, List<String> command, List<Integer> cpus, @Nullable Instant at)
      throws InterruptedException;

  /// Ends the counting, and brings home what was counted. To be called once, and before files are
  /// fetched.
  ///
  /// @return null if this is a control trial
  @Nullable CaptureResult stopCapture() throws InterruptedException;

  @Override
  void close();
}
