// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;

/// A capture under way. Closing it without [#stop] throws away what was seen and leaves nothing
/// attached.
public interface Capture extends AutoCloseable {
  /// The role of processes that were targets from the start.
  String TARGET_ROLE = "target";

  /// Starts a program and counts it from its exec on, under a role.
  ///
  /// The process returned may be the tracer that wraps the program; its exit code is the program's
  /// in any case.
  ///
  /// @throws dev.trapline.TraplineException `COMMAND-NOT-STARTED`
  ChildProcess launch(Launch launch, String role);

  /// Detaches, then collects. To be called once; programs still running go on unobserved, or, where
  /// the source wraps them, are left to end.
  CaptureResult stop();

  @Override
  void close();
}
