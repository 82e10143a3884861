// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.run.RoleUse;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A child process of ours, whose output goes to its files by itself.
final class LocalSide implements Side {
  private final String name;
  private final String node;
  private final Launch launch;
  private final Function<Launch, ChildProcess> launcher;
  private @Nullable ChildProcess process;
  private @Nullable Instant startedAt;

  /// @param launcher starts it, counted if the trial is traced
  LocalSide(String name, String node, Launch launch, Function<Launch, ChildProcess> launcher) {
    this.name = name;
    this.node = node;
    this.launch = launch;
    this.launcher = launcher;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isCarried() {
    return false;
  }

  /// Starting a child is one call; there is nothing to do beforehand.
  @Override
  public void arm() {}

  @Override
  public void go(@Nullable Instant at) throws InterruptedException {
    Side.awaitMoment(at);
    startedAt = Instant.now();
    process = launcher.apply(launch);
  }

  private ChildProcess started() {
    ChildProcess child = process;
    if (child == null) {
      throw new IllegalStateException(name + " was never told to go");
    }
    return child;
  }

  /// Its own use is accounted to it by the kernel.
  @Override
  public void measureFrom() {}

  @Override
  public void measureTo() {}

  @Override
  public boolean isListening(String transport, int port) {
    return ProcFs.isListening(started().pid(), transport, port);
  }

  @Override
  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  @Override
  public boolean await(Duration limit) throws InterruptedException {
    return started().await(limit).isPresent();
  }

  @Override
  public Duration grace() {
    return Duration.ofSeconds(3);
  }

  @Override
  public void interrupt() {
    started().interrupt();
  }

  @Override
  public void end() throws InterruptedException {
    started().end(grace());
  }

  private LibC.Ended ended() {
    return started()
        .ended()
        .orElseThrow(() -> new IllegalStateException(name + " was asked before it had ended"));
  }

  @Override
  public int exitCode() {
    return ChildProcess.exitCode(ended());
  }

  @Override
  public RoleUse use() {
    LibC.Ended ended = ended();
    return new RoleUse(
        node,
        launch.command(),
        ChildProcess.exitCode(ended),
        ended.cpuNanos(),
        ended.voluntarySwitches(),
        ended.involuntarySwitches());
  }

  @Override
  public @Nullable Started startedAt() {
    return startedAt == null ? null : new Started(startedAt, 0);
  }

  @Override
  public void collect() {}
}
