// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A program that is no child of ours: in a guest, or on another machine. Somebody there starts it,
/// signals it, and keeps what it prints until it is fetched.
abstract class DistantSide implements Side {
  /// What a killed program has: 128 + SIGKILL.
  static final int KILLED = 137;

  private static final int SIGINT = 2;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  private final String name;
  private final List<String> command;
  private final TrialFiles files;

  DistantSide(String name, List<String> command, TrialFiles files) {
    this.name = name;
    this.command = List.copyOf(command);
    this.files = files;
  }

  @Override
  public final String name() {
    return name;
  }

  final List<String> command() {
    return command;
  }

  /// Sends it a signal, by number; nothing happens if it has ended.
  abstract void signal(int number) throws InterruptedException;

  /// Fetches what it printed.
  abstract void deliver(Path standardOutput, Path standardError) throws InterruptedException;

  /// A killed program is gone at once; whoever tells us may be slow to say so.
  abstract Duration killedWithin();

  @Override
  public final void interrupt() throws InterruptedException {
    signal(SIGINT);
  }

  @Override
  public final void end() throws InterruptedException {
    signal(SIGTERM);
    if (!await(grace())) {
      signal(SIGKILL);
      await(killedWithin());
    }
  }

  @Override
  public final void collect() throws InterruptedException {
    deliver(files.output(name), files.error(name));
  }
}
