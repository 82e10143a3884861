// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.environment.Node;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.run.RoleUse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A program on another machine. That machine counts it, waits for it and keeps what it prints
/// until it is fetched.
final class RemoteSide extends DistantSide {
  private final String role;
  private final Node.Remote node;
  private final RemoteHalves halves;
  private @Nullable RemoteProgram program;
  private RemoteProgram.@Nullable End end;

  /// @param halves of the trial; begun before this side is told to go
  RemoteSide(
      String name,
      String role,
      Node.Remote node,
      List<String> command,
      RemoteHalves halves,
      TrialFiles files) {
    super(name, command, files);
    this.role = role;
    this.node = node;
    this.halves = halves;
  }

  @Override
  public boolean isCarried() {
    return false;
  }

  /// The machine is ready since its half of the trial was begun.
  @Override
  public void arm() {}

  @Override
  public void go(@Nullable Instant at) throws InterruptedException {
    program = halves.start(node, name(), role, command(), at);
  }

  private RemoteProgram started() {
    RemoteProgram known = program;
    if (known == null) {
      throw new IllegalStateException(name() + " was never told to go");
    }
    return known;
  }

  /// Its own use is accounted to it by its machine's kernel.
  @Override
  public void measureFrom() {}

  @Override
  public void measureTo() {}

  @Override
  public boolean isListening(String transport, int port) throws InterruptedException {
    return started().isListening(transport, port);
  }

  @Override
  public boolean isAlive() {
    return program != null && end == null && program.isAlive();
  }

  @Override
  public boolean await(Duration limit) throws InterruptedException {
    if (end == null) {
      Optional<RemoteProgram.End> ended = started().await(limit);
      ended.ifPresent(value -> end = value);
    }
    return end != null;
  }

  @Override
  public Duration grace() {
    return Duration.ofSeconds(5);
  }

  @Override
  Duration killedWithin() {
    return Duration.ofSeconds(10);
  }

  @Override
  void signal(int number) throws InterruptedException {
    started().signal(number);
  }

  @Override
  public int exitCode() {
    // 137 is what a killed program has, and this one was told to be.
    return end == null ? KILLED : end.exitCode();
  }

  @Override
  public @Nullable Started startedAt() {
    RemoteProgram.End known = end;
    return known == null || known.startedAt() == null
        ? null
        : halves.started(node, known.startedAt());
  }

  @Override
  public RoleUse use() {
    RemoteProgram.End known = end;
    return known == null
        ? new RoleUse(node.name(), command(), null, null, null, null)
        : new RoleUse(
            node.name(),
            command(),
            known.exitCode(),
            known.cpuNanos(),
            known.voluntarySwitches(),
            known.involuntarySwitches());
  }

  @Override
  void deliver(Path standardOutput, Path standardError) throws InterruptedException {
    started().deliver(standardOutput, standardError);
  }
}
