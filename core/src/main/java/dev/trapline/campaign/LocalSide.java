// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.host.ChildProcess;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.run.RoleUse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// A child process of ours, whose output goes to its files by itself.
final class LocalSide implements Side {
  private final String node;
  private final List<String> command;
  private final ChildProcess process;

  LocalSide(String node, List<String> command, ChildProcess process) {
    this.node = node;
    this.command = command;
    this.process = process;
  }

  @Override
  public boolean isListening(String transport, int port) {
    return ProcFs.isListening(process.pid(), transport, port);
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public Optional<Integer> await(Duration limit) throws InterruptedException {
    return process.await(limit).map(ChildProcess::exitCode);
  }

  @Override
  public Duration grace() {
    return Duration.ofSeconds(3);
  }

  @Override
  public void interrupt() {
    process.interrupt();
  }

  @Override
  public int end(Duration grace) throws InterruptedException {
    return ChildProcess.exitCode(process.end(grace));
  }

  @Override
  public RoleUse use() {
    LibC.Ended ended =
        process
            .ended()
            .orElseThrow(() -> new IllegalStateException("asked before the side had ended"));
    return new RoleUse(
        node,
        command,
        ChildProcess.exitCode(ended),
        ended.cpuNanos(),
        ended.voluntarySwitches(),
        ended.involuntarySwitches());
  }

  @Override
  public void collect() {}
}
