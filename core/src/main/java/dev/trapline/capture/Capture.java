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
  /// The process returned is the program itself: its exit code, signals and resource usage are its
  /// own.
  ///
  /// @throws dev.trapline.TraplineException `COMMAND-NOT-STARTED`
  ChildProcess launch(Launch launch, String role);

  /// Detaches, then collects. To be called once; programs still running go on unobserved.
  CaptureResult stop();

  @Override
  void close();
}
