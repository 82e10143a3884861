// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.environment.Node;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.run.RoleUse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A program on another machine. That machine counts it, waits for it and keeps what it prints
/// until it is fetched.
final class RemoteSide implements Side {
  private static final int SIGINT = 2;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /// A killed program is gone at once; the machine may be slow to say so.
  private static final Duration KILLED_WITHIN = Duration.ofSeconds(10);

  private final String name;
  private final String role;
  private final Node.Remote node;
  private final List<String> command;
  private final RemoteHalves halves;
  private final TrialFiles files;
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
    this.name = name;
    this.role = role;
    this.node = node;
    this.command = command;
    this.halves = halves;
    this.files = files;
  }

  @Override
  public String name() {
    return name;
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
    program = halves.start(node, name, role, command, at);
  }

  private RemoteProgram started() {
    RemoteProgram known = program;
    if (known == null) {
      throw new IllegalStateException(name + " was never told to go");
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
  public void interrupt() throws InterruptedException {
    started().signal(SIGINT);
  }

  @Override
  public void end() throws InterruptedException {
    started().signal(SIGTERM);
    if (!await(grace())) {
      started().signal(SIGKILL);
      await(KILLED_WITHIN);
    }
  }

  @Override
  public int exitCode() {
    // 137 is what a killed program has, and this one was told to be.
    return end == null ? 128 + SIGKILL : end.exitCode();
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
        ? new RoleUse(node.name(), command, null, null, null, null)
        : new RoleUse(
            node.name(),
            command,
            known.exitCode(),
            known.cpuNanos(),
            known.voluntarySwitches(),
            known.involuntarySwitches());
  }

  @Override
  public void collect() throws InterruptedException {
    started().deliver(files.output(name), files.error(name));
  }
}
